"""Single attempts at a download: what they resume, and what they refuse."""

import collections
import datetime
import email.utils
import io
import shutil
import socket
import sys

import pytest
import requests

from inception.downloads import download_part
from inception.downloads import transfers
from inception.testing import file_server

CONTENT = bytes(range(256)) * 1000
SIZE = len(CONTENT)
HALF = 100_000
ETAG = {'ETag': '"one"'}
DATE = {'Last-Modified': 'Tue, 01 Mar 2016 12:00:00 GMT'}
WHOLE = file_server.Answer(body=CONTENT, ranges=True, headers=ETAG)


@pytest.fixture(name='server')
def _server(monkeypatch):
  for name in ('no_proxy', 'NO_PROXY'):
    monkeypatch.setenv(name, '127.0.0.1')
  with file_server.serve({'/x': WHOLE}) as server:
    yield server


@pytest.fixture(name='part')
def _part(tmp_path):
  return download_part.Part(tmp_path / 'file')


def transfer(address, part, *, size=None, is_checked=False, log=None):
  return transfers.transfer(
    address,
    part,
    size=size,
    is_checked=is_checked,
    log=log or (lambda line: None),
  )


def begin(
  part,
  server,
  content=CONTENT[:HALF],
  *,
  name='x',
  validator='"one"',
  total=SIZE,
):
  part.begin(download_part.Origin(f'{server.address}/{name}', validator, total))
  part.path.write_bytes(content)


@pytest.mark.parametrize(
  ('headers', 'validator'),
  [
    ({}, ''),
    (ETAG, '"one"'),
    (DATE, DATE['Last-Modified']),
    ({**ETAG, **DATE}, '"one"'),
    ({'ETag': 'W/"weak"'}, ''),
    ({'ETag': 'W/"weak"', **DATE}, DATE['Last-Modified']),
  ],
)
def test_new_part_has_a_note(server, part, headers, validator):
  server.answers['/x'] = file_server.Answer(body=CONTENT, headers=headers)
  assert not transfer(f'{server.address}/x', part)
  assert part.path.read_bytes() == CONTENT
  assert part.origin() == download_part.Origin(
    f'{server.address}/x', validator, SIZE
  )
  assert server.ranges() == ['']


def test_rest_is_requested_on_condition_of_the_validator(server, part):
  begin(part, server)
  lines = []
  assert transfer(f'{server.address}/x', part, log=lines.append)
  assert part.path.read_bytes() == CONTENT
  assert server.headers[0]['Range'] == 'bytes=100000-'
  assert server.headers[0]['If-Range'] == '"one"'
  assert lines == ['Resuming after 100,000 existing bytes.']


OTHER = CONTENT[::-1]
OTHER_WHOLE = file_server.Answer(
  body=OTHER, ranges=True, headers={'ETag': '"two"'}
)


@pytest.mark.parametrize(
  ('answer', 'ranges'),
  [
    # The file has changed; no ranges; ranges, but no conditions.
    (OTHER_WHOLE, ['bytes=100000-']),
    (file_server.Answer(body=OTHER), ['bytes=100000-']),
    (
      [
        file_server.Answer(
          status=206,
          body=OTHER[HALF:],
          headers={
            'ETag': '"two"',
            'Content-Range': f'bytes {HALF}-{SIZE - 1}/{SIZE}',
          },
        ),
        OTHER_WHOLE,
      ],
      ['bytes=100000-', ''],
    ),
    # Another position, another total, no position, a malformed one.
    (
      [
        file_server.Answer(
          status=206,
          body=OTHER[9:],
          headers={'Content-Range': f'bytes 9-{SIZE - 1}/{SIZE}'},
        ),
        OTHER_WHOLE,
      ],
      ['bytes=100000-', ''],
    ),
    (
      [
        file_server.Answer(
          status=206,
          body=OTHER[HALF:],
          headers={'Content-Range': f'bytes {HALF}-{SIZE - 1}/{SIZE + 1}'},
        ),
        OTHER_WHOLE,
      ],
      ['bytes=100000-', ''],
    ),
    (
      [file_server.Answer(status=206, body=OTHER[HALF:]), OTHER_WHOLE],
      ['bytes=100000-', ''],
    ),
    (
      [
        file_server.Answer(
          status=206,
          body=OTHER[HALF:],
          headers={'Content-Range': 'lines 1-2/3'},
        ),
        OTHER_WHOLE,
      ],
      ['bytes=100000-', ''],
    ),
    # The file has become shorter.
    (
      [
        file_server.Answer(status=416, headers={'Content-Range': 'bytes */9'}),
        OTHER_WHOLE,
      ],
      ['bytes=100000-', ''],
    ),
    ([file_server.Answer(status=416), OTHER_WHOLE], ['bytes=100000-', '']),
  ],
)
def test_bytes_of_two_files_are_not_mixed(server, part, answer, ranges):
  begin(part, server)
  server.answers['/x'] = answer
  assert not transfer(f'{server.address}/x', part)
  assert part.path.read_bytes() == OTHER
  assert server.ranges() == ranges


@pytest.mark.parametrize('total', [SIZE, None])
def test_total_is_optional(server, part, total):
  begin(part, server, total=total)
  server.answers['/x'] = file_server.Answer(
    status=206,
    body=CONTENT[HALF:],
    headers={'Content-Range': f'bytes {HALF}-{SIZE - 1}/*'},
  )
  assert transfer(f'{server.address}/x', part)
  assert part.path.read_bytes() == CONTENT


@pytest.mark.parametrize(
  ('name', 'validator', 'is_checked', 'range_'),
  [
    ('x', '', False, ''),
    ('y', '"one"', False, ''),
    ('x', '', True, 'bytes=100000-'),
    ('y', '"other"', True, 'bytes=100000-'),
  ],
)
def test_unidentified_bytes_are_used_only_if_a_hash_is_checked(
  server, part, name, validator, is_checked, range_
):
  begin(part, server, name=name, validator=validator)
  assert (
    transfer(f'{server.address}/x', part, is_checked=is_checked) == is_checked
  )
  assert part.path.read_bytes() == CONTENT
  assert server.ranges() == [range_]
  assert 'If-Range' not in server.headers[0]


def test_bytes_of_two_addresses_are_noted_as_such(server, part):
  begin(part, server, name='y')
  server.answers['/x'] = file_server.Answer(
    body=CONTENT, ranges=True, sent=90_000, abrupt=False
  )
  with pytest.raises(transfers.TransferError):
    transfer(f'{server.address}/x', part, is_checked=True)
  assert part.size() > HALF
  assert part.origin() == download_part.Origin(total=SIZE)
  server.answers['/x'] = WHOLE
  assert not transfer(f'{server.address}/x', part)  # Nobody checks it now.
  assert server.ranges() == ['bytes=100000-', '']


def test_complete_part_is_not_requested_again(server, part):
  begin(part, server, CONTENT)
  assert transfer(f'{server.address}/x', part, size=SIZE, is_checked=True)
  assert not server.requests
  assert transfer(f'{server.address}/x', part)
  assert server.ranges() == [f'bytes={SIZE}-']
  assert part.path.read_bytes() == CONTENT


def test_too_large_part_is_downloaded_again(server, part):
  begin(part, server, CONTENT + b'more', total=SIZE + 4)
  assert not transfer(f'{server.address}/x', part, size=SIZE, is_checked=True)
  assert part.path.read_bytes() == CONTENT


CUT = {'sent': 150_000, 'body': CONTENT, 'abrupt': False}


@pytest.mark.parametrize(
  'answer',
  [
    file_server.Answer(**CUT),
    file_server.Answer(body=CONTENT, headers={'Content-Length': str(SIZE + 5)}),
    # Without a length, the end of the answer counts, unless the size is known.
    file_server.Answer(body=CONTENT[:150_000], headers={'Content-Length': ''}),
  ],
)
def test_downloaded_bytes_are_kept_when_the_connection_breaks(
  server, part, answer
):
  server.answers['/x'] = answer
  with pytest.raises(transfers.TransferError, match='broke off') as caught:
    transfer(f'{server.address}/x', part, size=SIZE)
  assert caught.value.is_passing
  assert part.size() > 0
  assert part.path.read_bytes() == CONTENT[: part.size()]


@pytest.mark.parametrize(
  'headers',
  [
    {'Content-Length': ''},
    {'Content-Length': 'x'},
    {'Content-Encoding': 'gzip'},
  ],
)
def test_bytes_are_stored_unchanged(server, part, headers):
  body = b'\x1f\x8b no gzip'
  server.answers['/x'] = file_server.Answer(body=body, headers=headers)
  transfer(f'{server.address}/x', part)
  assert part.path.read_bytes() == body


def later(seconds):
  when = datetime.datetime.now(datetime.timezone.utc)
  return email.utils.format_datetime(
    when + datetime.timedelta(seconds=seconds), usegmt=True
  )


@pytest.mark.parametrize(
  ('status', 'retry_after', 'is_passing', 'seconds'),
  [
    (400, '', False, 0),
    (401, '', False, 0),
    (403, '7', False, 7),
    (404, '', False, 0),
    (410, '', False, 0),
    (204, '', False, 0),
    (416, '', False, 0),
    (304, '', False, 0),
    (408, '', True, 0),
    (429, '30', True, 30),
    (500, '', True, 0),
    (502, 'soon', True, 0),
    (503, 50, True, 50),  # A date, so many seconds from now.
    (503, -50, True, 0),
    (504, '-1', True, 0),
  ],
)
def test_error_statuses_are_reported(
  server, part, status, retry_after, is_passing, seconds
):
  if isinstance(retry_after, int):
    retry_after = later(retry_after)
  server.answers['/x'] = file_server.Answer(
    status=status, headers={'Retry-After': retry_after}
  )
  begin(part, server, b'', name='y')
  with pytest.raises(transfers.TransferError, match=str(status)) as caught:
    transfer(f'{server.address}/x', part)
  assert caught.value.is_passing == is_passing
  assert caught.value.seconds == pytest.approx(seconds, abs=5)


def test_redirections_are_followed(server, part):
  begin(part, server, name='moved')
  server.answers['/moved'] = file_server.Answer(
    status=302, headers={'Location': '/x'}
  )
  assert transfer(f'{server.address}/moved', part)
  assert part.path.read_bytes() == CONTENT
  assert server.ranges() == ['bytes=100000-'] * 2

  server.answers['/x'] = server.answers['/moved']
  with pytest.raises(transfers.TransferError, match='redirects') as caught:
    transfer(f'{server.address}/x', part)
  assert not caught.value.is_passing


@pytest.mark.parametrize(
  'address', ['http://', 'gopher://x/y', 'no address', 'http://[x/']
)
def test_invalid_address_is_an_error(part, address):
  with pytest.raises(transfers.TransferError) as caught:
    transfer(address, part)
  assert not caught.value.is_passing


@pytest.mark.parametrize(
  ('error', 'reason', 'is_passing'),
  [
    (requests.ReadTimeout(), 'no answer in time', True),
    (requests.ConnectTimeout(), 'no answer in time', True),
    (
      requests.exceptions.SSLError('a: bad certificate'),
      'bad certificate',
      False,
    ),
    (requests.ConnectionError('x: no route'), 'no route', True),
  ],
)
def test_other_failures_are_reported(
  part, monkeypatch, error, reason, is_passing
):
  def failing(*_, **__):
    raise error

  monkeypatch.setattr(requests, 'get', failing)
  with pytest.raises(transfers.TransferError, match=reason) as caught:
    transfer('http://x/y', part)
  assert caught.value.is_passing == is_passing


def test_refused_connection_is_temporary(part, monkeypatch):
  for name in ('no_proxy', 'NO_PROXY'):
    monkeypatch.setenv(name, '127.0.0.1')
  with socket.socket() as unused:
    unused.bind(('127.0.0.1', 0))
    with pytest.raises(
      transfers.TransferError, match='refused|timed out'
    ) as caught:
      transfer(f'http://127.0.0.1:{unused.getsockname()[1]}/x', part)
  assert caught.value.is_passing


def test_timeout_is_an_error(server, part, monkeypatch):
  monkeypatch.setattr(transfers, '_TIMEOUT', (5, 0.05))
  server.answers['/x'] = file_server.Answer(
    body=CONTENT, sent=70_000, stalls=True
  )
  with pytest.raises(transfers.TransferError, match='timed out') as caught:
    transfer(f'{server.address}/x', part)
  assert caught.value.is_passing
  assert part.size() == 65_536


def test_local_file_is_copied(tmp_path, part):
  source = tmp_path / 'a b \u00e4.tgz'
  source.write_bytes(CONTENT)
  address = source.as_uri()
  assert transfers.is_local(address)
  assert not transfers.is_local('http://x/file:')
  assert transfers.local_path(address) == str(source)
  part.begin(download_part.Origin(address))
  part.path.write_bytes(b'old')
  assert not transfer(address, part)
  assert part.path.read_bytes() == CONTENT


@pytest.mark.parametrize('name', ['none.tgz', ''])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path, part, name):
  with pytest.raises(transfers.TransferError) as caught:
    transfer((tmp_path / name).as_uri(), part)
  assert not caught.value.is_passing


def test_a_file_of_another_machine_is_an_error(part):
  with pytest.raises(transfers.TransferError, match='three slashes'):
    transfer('file://server/x', part)


def test_unwritable_part_raises_oserror(server, tmp_path):
  with pytest.raises(FileNotFoundError):
    transfer(
      f'{server.address}/x', download_part.Part(tmp_path / 'none' / 'file')
    )


def test_full_disk_raises_oserror_with_the_file_name(server, part, monkeypatch):
  def full(*_):
    raise OSError(28, 'No space left on device')

  begin(part, server)
  monkeypatch.setattr(transfers.os, 'fsync', full)
  with pytest.raises(OSError, match='No space left') as caught:
    transfer(f'{server.address}/x', part)
  assert caught.value.filename == str(part.path)
  assert part.path.read_bytes() == CONTENT  # For the next run.


class FullDisk(io.FileIO):
  """A file on a disk with 131,072 free bytes."""

  def __init__(self, path, mode):
    super().__init__(path, mode)
    self._room = 131_072

  def write(self, data):
    if len(data) > self._room:
      raise OSError(28, 'No space left on device')
    self._room -= len(data)
    return super().write(data)


def test_downloaded_bytes_are_kept_when_the_disk_fills_up(
  server, part, monkeypatch
):
  begin(part, server, CONTENT[:1000])
  with monkeypatch.context() as patch:
    patch.setattr(transfers, 'open', FullDisk, raising=False)
    with pytest.raises(OSError, match='No space left') as caught:
      transfer(f'{server.address}/x', part)
  assert caught.value.filename == str(part.path)
  assert part.path.read_bytes() == CONTENT[: 1000 + 131_072]
  assert transfer(f'{server.address}/x', part)
  assert part.path.read_bytes() == CONTENT


@pytest.mark.parametrize(('size', 'requests_made'), [(SIZE, 0), (None, 1)])
def test_space_is_checked_first(server, part, monkeypatch, size, requests_made):
  usage = collections.namedtuple('usage', 'free')
  monkeypatch.setattr(shutil, 'disk_usage', lambda folder: usage(1000))
  begin(part, server, validator='')
  with pytest.raises(download_part.NoSpaceError, match='156,000 bytes and '):
    transfer(f'{server.address}/x', part, size=size)
  assert len(server.requests) == requests_made
  assert part.path.read_bytes() == CONTENT[:HALF]


def test_progress_bar_begins_with_the_existing_bytes(server, part, monkeypatch):
  class Terminal(io.StringIO):
    def isatty(self):
      return True

  monkeypatch.setattr(sys, 'stderr', Terminal())
  begin(part, server, CONTENT[: SIZE // 2])
  transfer(f'{server.address}/x', part)
  shown = sys.stderr.getvalue()
  assert 'file:  50%' in shown
  assert '100%' in shown
