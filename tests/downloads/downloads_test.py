"""Tests of resuming and abandoning downloads, from a server that misbehaves."""

import collections
import gzip
import hashlib
import shutil
import socket
import sys
import time

import filelock
import pytest

from inception.downloads import download_part
from inception.downloads import downloads
from inception.testing import file_server

CONTENT = bytes(range(256)) * 3000
SIZE = len(CONTENT)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()
WHOLE = downloads.Expected(size=SIZE, sha256=SHA256, md5=MD5)
ANYTHING = downloads.Expected()
ETAG = {'ETag': '"one"'}


def answer(sent=None, *, body=CONTENT, headers=ETAG, **options):
  return file_server.Answer(
    body=body,
    sent=sent,
    headers=headers,
    **{'ranges': True, 'abrupt': False, **options},
  )


@pytest.fixture(name='server')
def _server(monkeypatch):
  # A proxy could not reach this machine's server.
  monkeypatch.setenv('no_proxy', '127.0.0.1')
  monkeypatch.setenv('NO_PROXY', '127.0.0.1')
  with file_server.serve({'/whole': answer()}) as server:
    yield server


def fetch(
  server,
  *names,
  path,
  expected=WHOLE,
  log=lambda line: None,
  waits=None,
  **options,
):
  waits = [] if waits is None else waits
  return downloads.fetch(
    [f'{server.address}/{name}' for name in names],
    path,
    expected=expected,
    log=log,
    sleep=waits.append,
    **options,
  )


def visible(folder):
  return sorted(path.name for path in folder.glob('[!.]*'))


@pytest.mark.parametrize(
  'expected', [WHOLE, ANYTHING, downloads.Expected(md5=MD5)]
)
def test_a_file_is_downloaded(server, tmp_path, expected):
  path = tmp_path / 'file'
  lines = []
  address = fetch(
    server, 'whole', path=path, expected=expected, log=lines.append
  )
  assert path.read_bytes() == CONTENT
  assert address == f'{server.address}/whole'
  assert lines == [f'Downloading {address}']
  assert visible(tmp_path) == ['file']
  assert not list(tmp_path.glob('.*.json'))


def test_existing_file_is_replaced_only_at_the_end(server, tmp_path):
  path = tmp_path / 'file'
  path.write_bytes(b'old')
  seen = []

  def look(whole):
    seen.append((whole.read_bytes(), path.read_bytes()))

  with pytest.raises(downloads.DownloadError):
    fetch(server, 'none', path=path, before_naming=look)
  assert path.read_bytes() == b'old'
  fetch(server, 'whole', path=path, before_naming=look)
  assert seen == [(CONTENT, b'old')]
  assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
  'headers',
  [
    {'Content-Length': ''},
    {'Content-Encoding': 'gzip', 'Content-Type': 'application/x-tar'},
  ],
)
def test_bytes_are_stored_unchanged(server, tmp_path, headers):
  body = gzip.compress(CONTENT)
  server.answers['/tgz'] = file_server.Answer(body=body, headers=headers)
  fetch(server, 'tgz', path=tmp_path / 'file', expected=ANYTHING)
  assert (tmp_path / 'file').read_bytes() == body


def test_a_redirection_is_followed(server, tmp_path):
  server.answers['/moved'] = file_server.Answer(
    status=302, headers={'Location': '/whole'}
  )
  fetch(server, 'moved', path=tmp_path / 'file')
  assert (tmp_path / 'file').read_bytes() == CONTENT


BUSY = file_server.Answer(status=503)
# Progress is counted in pieces of 65,536 bytes.
RECOVERING = {
  'cut off twice': (
    [answer(sent=300_000), answer(sent=300_000), answer()],
    WHOLE,
    ['', 'bytes=262144-', 'bytes=524288-'],
    [1, 1],
  ),
  'cut off, without a hash': (
    [answer(sent=300_000), answer()],
    ANYTHING,
    ['', 'bytes=262144-'],
    [1],
  ),
  'cut off, with nothing to tell the file by': (
    [answer(sent=300_000, headers={}), answer(headers={})],
    ANYTHING,
    ['', ''],
    [1],
  ),
  'cut off, no ranges': (
    [answer(sent=300_000, ranges=False), answer(ranges=False)],
    WHOLE,
    ['', 'bytes=262144-'],
    [1],
  ),
  'too short for its length': (
    [
      answer(
        body=CONTENT[:300_000], headers={**ETAG, 'Content-Length': str(SIZE)}
      ),
      answer(),
    ],
    WHOLE,
    ['', 'bytes=262144-'],
    [1],
  ),
  'reset': (
    [answer(sent=300_000, abrupt=True), answer(ranges=False)],
    WHOLE,
    None,
    [1],
  ),
  'cut off at once': (
    [answer(sent=0)] * 4 + [answer()],
    WHOLE,
    [''] * 5,
    [1, 2, 4, 8],
  ),
  'another file by now': (
    [
      answer(sent=300_000, body=bytes(SIZE), headers={'ETag': '"old"'}),
      answer(),
    ],
    WHOLE,
    ['', 'bytes=262144-'],
    [1],
  ),
  'another file by now, and a server that mixes them': (
    [answer(sent=300_000, body=bytes(SIZE), headers={}), answer(headers={})],
    WHOLE,
    ['', 'bytes=262144-', ''],
    [1],
  ),
  'busy': ([BUSY] * 4 + [answer()], WHOLE, [''] * 5, [1, 2, 4, 8]),
  'busy, and says for how long': (
    [
      file_server.Answer(status=429, headers={'Retry-After': '17'}),
      BUSY,
      answer(),
    ],
    WHOLE,
    [''] * 3,
    [17, 2],
  ),
  'every status that passes': (
    [file_server.Answer(status=408), file_server.Answer(status=500), answer()],
    WHOLE,
    [''] * 3,
    [1, 2],
  ),
  # More than five attempts, as each of them brings some bytes.
  'cut off often': (
    [BUSY] * 3 + [answer(sent=300_000)] + [BUSY] * 3 + [answer()],
    WHOLE,
    [''] * 4 + ['bytes=262144-'] * 4,
    [1, 2, 4, 1, 2, 4, 8],
  ),
}


@pytest.mark.parametrize('case', RECOVERING)
def test_temporary_failures_are_retried(server, tmp_path, case):
  server.answers['/x'], expected, ranges, waits = RECOVERING[case]
  waited, lines = [], []
  fetch(
    server,
    'x',
    path=tmp_path / 'file',
    expected=expected,
    waits=waited,
    log=lines.append,
  )
  assert (tmp_path / 'file').read_bytes() == CONTENT
  assert ranges in (None, server.ranges())
  assert waited == waits
  assert sum('; trying again in ' in line for line in lines) == len(waits)
  assert visible(tmp_path) == ['file']


FAILING = {
  'not there': (file_server.Answer(status=404), '404 Not Found', 1),
  'forbidden': (file_server.Answer(status=403), '403 Forbidden', 1),
  'busy': (BUSY, '503 Service Unavailable', 5),
  'busy for an hour': (
    file_server.Answer(status=503, headers={'Retry-After': '3600'}),
    '503',
    1,
  ),
  'cut off': (answer(sent=100_000, ranges=False), 'connection broke off', 5),
  'too short': (
    answer(headers={'Content-Length': str(SIZE + 5)}),
    'connection broke off',
    9,
  ),
  'in a circle': (
    file_server.Answer(status=302, headers={'Location': '/x'}),
    'redirects',
    31,
  ),
}


@pytest.mark.parametrize('case', FAILING)
def test_failed_download_is_an_error_and_leaves_no_file(server, tmp_path, case):
  server.answers['/x'], reason, num_requests = FAILING[case]
  with pytest.raises(downloads.DownloadError, match=reason) as caught:
    fetch(server, 'x', path=tmp_path / 'file', expected=ANYTHING)
  assert f'cannot download {server.address}/x' in str(caught.value)
  assert len(str(caught.value)) < 200
  assert len(server.requests) <= num_requests
  assert not (tmp_path / 'file').exists()


def test_missing_network_is_reported_soon(tmp_path, monkeypatch):
  for name in ('no_proxy', 'NO_PROXY'):
    monkeypatch.setenv(name, '127.0.0.1')
  waits = []
  with socket.socket() as unused:
    unused.bind(('127.0.0.1', 0))
    address = f'http://127.0.0.1:{unused.getsockname()[1]}'
    with pytest.raises(
      downloads.DownloadError, match='check the network connection'
    ):
      downloads.fetch(
        [f'{address}/a', f'{address}/b'],
        tmp_path / 'file',
        expected=WHOLE,
        log=lambda line: None,
        sleep=waits.append,
      )
  assert waits == [1, 1]


def test_the_next_address_is_tried(server, tmp_path):
  server.answers['/other'] = file_server.Answer(body=b'other')
  lines = []
  address = fetch(
    server, 'none', 'other', 'whole', path=tmp_path / 'file', log=lines.append
  )
  assert address == f'{server.address}/whole'
  assert lines[:3] == [
    f'Downloading {server.address}/none',
    f'{server.address}/none: 404 Not Found',
    f'Downloading {server.address}/other',
  ]
  assert 'provided a different file: 5 bytes' in lines[3]
  assert lines[4:] == [f'Downloading {server.address}/whole']
  assert visible(tmp_path) == ['file', 'file.wrong']


def test_next_address_resumes_where_the_first_stopped(server, tmp_path):
  server.answers['/first'] = [
    answer(sent=300_000),
    file_server.Answer(status=404),
  ]
  fetch(server, 'first', 'whole', path=tmp_path / 'file')
  assert server.ranges() == ['', 'bytes=262144-', 'bytes=262144-']
  assert (tmp_path / 'file').read_bytes() == CONTENT


def test_reasons_of_all_addresses_are_reported(server, tmp_path):
  server.answers['/no'] = file_server.Answer(status=403)
  with pytest.raises(
    downloads.DownloadError,
    match=('cannot download .*/none: 404 Not Found; nor .*/no: 403 Forbidden'),
  ):
    fetch(server, 'none', 'no', path=tmp_path / 'file')


@pytest.mark.parametrize(
  ('expected', 'body', 'fault'),
  [
    (WHOLE, CONTENT[:-1], '767,999 bytes instead of 768,000'),
    (WHOLE, b'x' + CONTENT[1:], f'instead of {SHA256}'),
    (downloads.Expected(md5=MD5), b'other', f'MD5 .* instead of {MD5}'),
  ],
)
def test_different_file_is_kept_under_another_name(
  server, tmp_path, expected, body, fault
):
  server.answers['/other'] = file_server.Answer(body=body)
  for name in ('file.wrong', 'file.wrong-2'):
    with pytest.raises(downloads.DownloadError, match=fault) as caught:
      fetch(server, 'other', path=tmp_path / 'file', expected=expected)
    assert repr(str(tmp_path / name)) in str(caught.value)
    assert (tmp_path / name).read_bytes() == body
  assert visible(tmp_path) == ['file.wrong', 'file.wrong-2']
  assert 'bytes' in fault or any(
    hashlib.new(name, body).hexdigest() in str(caught.value)
    for name in ('sha256', 'md5')
  )
  fetch(server, 'whole', path=tmp_path / 'file')
  assert (tmp_path / 'file').read_bytes() == CONTENT


PAGE = b'<!DOCTYPE html><html><body>Please log in</body></html>'


@pytest.mark.parametrize('expected', [WHOLE, ANYTHING])
@pytest.mark.parametrize('body', [PAGE, gzip.compress(PAGE)])
def test_web_page_is_refused_and_keeps_the_part(
  server, tmp_path, expected, body
):
  path = tmp_path / 'file'
  server.answers['/x'] = [
    answer(2**18),
    answer(body=body, headers={}, ranges=False),
    answer(body=body, headers={}, ranges=False),
    answer(),
  ]
  waits = []
  for number in ('', '-2'):
    with pytest.raises(downloads.DownloadError, match='web page') as caught:
      fetch(server, 'x', path=path, expected=expected, waits=waits)
    kept = tmp_path / f'file.page.html{number}'
    assert f'the page is kept as {str(kept)!r}' in str(caught.value)
    assert kept.read_bytes() == body and not path.exists()
  assert waits == [1]  # After the first answer, which broke off.
  fetch(server, 'x', path=path, expected=expected)
  assert path.read_bytes() == CONTENT
  assert server.ranges()[-1] == f'bytes={2**18}-'


def test_the_next_address_is_tried_after_a_web_page(server, tmp_path):
  server.answers['/page'] = answer(body=PAGE)
  path = tmp_path / 'file'
  address = fetch(server, 'page', 'whole', path=path, expected=ANYTHING)
  assert address.endswith('/whole') and path.read_bytes() == CONTENT


def test_local_web_page_is_refused(tmp_path):
  page = tmp_path / 'page.tgz'
  page.write_bytes(PAGE)
  with pytest.raises(downloads.DownloadError, match='web page'):
    downloads.fetch(
      [page.as_uri()],
      tmp_path / 'file',
      expected=ANYTHING,
      log=lambda line: None,
    )


def test_part_without_a_note_is_kept(server, tmp_path):
  (tmp_path / 'file.part').write_bytes(CONTENT[:9])
  lines = []
  fetch(server, 'whole', path=tmp_path / 'file', log=lines.append)
  assert (tmp_path / 'file').read_bytes() == CONTENT
  assert (tmp_path / 'file.part.kept').read_bytes() == CONTENT[:9]
  assert lines[0].startswith('The origin of ')


@pytest.mark.parametrize('expected', [WHOLE, ANYTHING])
@pytest.mark.parametrize('error', [KeyboardInterrupt, OSError(28, 'full')])
def test_interrupted_download_is_resumed(server, tmp_path, expected, error):
  server.answers['/x'] = [answer(sent=300_000), answer()]

  def interrupted(_):
    raise error

  with pytest.raises((KeyboardInterrupt, OSError)):
    downloads.fetch(
      [f'{server.address}/x'],
      tmp_path / 'file',
      expected=expected,
      log=lambda line: None,
      sleep=interrupted,
    )
  assert visible(tmp_path) == ['file.part']
  fetch(server, 'x', path=tmp_path / 'file', expected=expected)
  assert server.ranges() == ['', 'bytes=262144-']
  assert (tmp_path / 'file').read_bytes() == CONTENT
  assert visible(tmp_path) == ['file']


def test_complete_part_needs_no_request(server, tmp_path):
  part = download_part.Part(tmp_path / 'file')
  part.begin(download_part.Origin())
  part.path.write_bytes(CONTENT)
  fetch(server, 'none', path=tmp_path / 'file')
  assert (tmp_path / 'file').read_bytes() == CONTENT
  assert not server.requests


def test_corrupt_part_is_downloaded_again(server, tmp_path):
  part = download_part.Part(tmp_path / 'file')
  part.begin(download_part.Origin())
  part.path.write_bytes(bytes(SIZE))
  lines = []
  # A failure in between must not restore the corrupt bytes.
  server.answers['/x'] = [BUSY, answer()]
  fetch(server, 'x', path=tmp_path / 'file', log=lines.append)
  assert (tmp_path / 'file').read_bytes() == CONTENT
  assert lines[1].endswith(': starting over.')
  assert visible(tmp_path) == ['file']


def test_only_one_download_of_a_file_at_a_time(server, tmp_path):
  with filelock.FileLock(tmp_path / '.file.lock'):
    with pytest.raises(downloads.DownloadError, match='wait until'):
      fetch(server, 'whole', path=tmp_path / 'file')
    fetch(server, 'whole', path=tmp_path / 'other')
  fetch(server, 'whole', path=tmp_path / 'file')


@pytest.mark.parametrize('expected', [WHOLE, ANYTHING])
def test_full_disk_is_reported_before_the_download(
  server, tmp_path, monkeypatch, expected
):
  usage = collections.namedtuple('usage', 'free')
  monkeypatch.setattr(shutil, 'disk_usage', lambda folder: usage(700_000))
  with pytest.raises(
    downloads.DownloadError, match='needs 768,000 bytes and 700,000 are free'
  ):
    fetch(server, 'whole', 'whole', path=tmp_path / 'file', expected=expected)
  assert visible(tmp_path) == []


def test_a_file_address_is_copied(server, tmp_path):
  (tmp_path / 'a \u00e4').write_bytes(CONTENT)
  downloads.fetch(
    [f'{server.address}/none', (tmp_path / 'a \u00e4').as_uri()],
    tmp_path / 'file',
    expected=WHOLE,
    log=lambda line: None,
  )
  assert (tmp_path / 'file').read_bytes() == CONTENT


def test_unwritable_file_raises_oserror(server, tmp_path):
  with pytest.raises(FileNotFoundError):
    fetch(server, 'whole', path=tmp_path / 'none' / 'file')
  assert visible(tmp_path) == []


def test_a_log_has_few_lines_of_progress(server, tmp_path, monkeypatch):
  times = iter(range(0, 1000, 6))
  monkeypatch.setattr(time, 'monotonic', lambda: next(times))
  monkeypatch.setattr(sys.stderr, 'isatty', lambda: False, raising=False)
  lines = []
  fetch(server, 'whole', path=tmp_path / 'file', log=lines.append)
  assert 'file: 0.1 of 0.8 MB' in lines
  assert len(lines) == 1 + 12 // 2


def test_local_file_accepts_paths_and_addresses(tmp_path):
  path = tmp_path / 'a \u00e4.tgz'
  assert downloads.local_file(str(path)) == str(path)
  assert downloads.local_file(path.as_uri()) == str(path)
  assert downloads.local_file('HTTPS://x/y') is None
  for address, reason in (
    ('ftp://x/y', 'neither an http'),
    ('file://host/y', 'three slashes'),
    ('http://[x/y', 'is not a valid address'),
  ):
    with pytest.raises(downloads.DownloadError, match=reason):
      downloads.local_file(address)


@pytest.mark.parametrize(
  ('expected', 'fault'),
  [
    (WHOLE, ''),
    (ANYTHING, ''),
    (downloads.Expected(sha256=SHA256), ''),
    (downloads.Expected(size=7), '768,000 bytes instead of 7'),
    (
      downloads.Expected(sha256='0' * 64),
      f'SHA-256 {SHA256} instead of {"0" * 64}',
    ),
    (downloads.Expected(md5='0' * 32), f'MD5 {MD5} instead of {"0" * 32}'),
  ],
)
def test_verify_reports_the_difference(tmp_path, expected, fault):
  (tmp_path / 'file').write_bytes(CONTENT)
  assert downloads.verify(tmp_path / 'file', expected) == fault


def test_verify_needs_the_file(tmp_path):
  with pytest.raises(FileNotFoundError):
    downloads.verify(tmp_path / 'none', ANYTHING)


def test_set_aside_replaces_nothing(tmp_path):
  for number in range(3):
    (tmp_path / 'x').write_bytes(bytes([number]))
    downloads.set_aside(tmp_path / 'x', str(tmp_path / 'y'))
  assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
    'y': b'\0',
    'y-2': b'\1',
    'y-3': b'\2',
  }
