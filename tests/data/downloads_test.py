"""Downloads from a server that misbehaves."""

import gzip
import hashlib
import io
import socket
import sys

import pytest
import requests

from inception.data import downloads
from inception.testing import file_server

CONTENT = bytes(range(256)) * 3000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
WHOLE = downloads.Expected(size=len(CONTENT), sha256=SHA256)
ANYTHING = downloads.Expected()


@pytest.fixture(name='server')
def _server(monkeypatch):
  # A proxy would not find this machine.
  monkeypatch.setenv('no_proxy', '127.0.0.1')
  monkeypatch.setenv('NO_PROXY', '127.0.0.1')
  with file_server.serve(
      {'/whole': file_server.Answer(body=CONTENT)}) as server:
    yield server


def fetch(server, *names, path, expected=WHOLE, log=lambda line: None):
  return downloads.fetch([f'{server.address}/{name}' for name in names], path,
                         expected=expected, log=log)


@pytest.mark.parametrize('expected', [WHOLE, ANYTHING])
def test_a_file_is_downloaded(server, tmp_path, expected):
  path = tmp_path / 'file'
  lines = []
  address = fetch(server, 'whole', path=path, expected=expected,
                  log=lines.append)
  assert path.read_bytes() == CONTENT
  assert address == f'{server.address}/whole'
  assert lines == [f'Downloading {address}']
  assert [path.name for path in tmp_path.iterdir()] == ['file']


@pytest.mark.parametrize('headers', [
    {'Content-Length': ''},
    {'Content-Encoding': 'gzip', 'Content-Type': 'application/x-tar'}])
def test_bytes_are_kept_as_they_come(server, tmp_path, headers):
  body = gzip.compress(CONTENT)
  server.answers['/tgz'] = file_server.Answer(body=body, headers=headers)
  fetch(server, 'tgz', path=tmp_path / 'file', expected=ANYTHING)
  assert (tmp_path / 'file').read_bytes() == body


def test_a_redirection_is_followed(server, tmp_path):
  server.answers['/moved'] = file_server.Answer(
      status=302, headers={'Location': '/whole'})
  fetch(server, 'moved', path=tmp_path / 'file')
  assert (tmp_path / 'file').read_bytes() == CONTENT


@pytest.mark.parametrize(('answer', 'reason'), [
    (file_server.Answer(status=404), '404 Not Found'),
    (file_server.Answer(status=503), '503 Service Unavailable'),
    (file_server.Answer(body=CONTENT, sent=100_000),
     'the connection broke off'),
    (file_server.Answer(body=CONTENT, headers={
        'Content-Length': str(len(CONTENT) + 5)}), 'the connection broke off'),
    (file_server.Answer(status=302, headers={'Location': '/bad'}), 'redirects'),
])
def test_what_does_not_come_is_an_error_and_no_file(
    server, tmp_path, answer, reason):
  server.answers['/bad'] = answer
  with pytest.raises(downloads.DownloadError, match=reason) as caught:
    fetch(server, 'bad', path=tmp_path / 'file')
  assert f'cannot download {server.address}/bad' in str(caught.value)
  assert len(str(caught.value)) < 200
  assert not (tmp_path / 'file').exists()


def test_nobody_there_is_an_error(tmp_path, monkeypatch):
  monkeypatch.setenv('NO_PROXY', '127.0.0.1')
  monkeypatch.setenv('no_proxy', '127.0.0.1')
  with socket.socket() as unused:
    unused.bind(('127.0.0.1', 0))
    address = f'http://127.0.0.1:{unused.getsockname()[1]}/x'
    with pytest.raises(downloads.DownloadError, match='refused|timed out'):
      downloads.fetch([address], tmp_path / 'file', expected=ANYTHING,
                      log=lambda line: None)


@pytest.mark.parametrize('address', ['http://', 'gopher://x/y', 'no address'])
def test_what_is_no_address_is_an_error(tmp_path, address):
  with pytest.raises(downloads.DownloadError, match='cannot download'):
    downloads.fetch([address], tmp_path / 'file', expected=ANYTHING,
                    log=lambda line: None)


def test_silence_is_an_error(server, tmp_path, monkeypatch):
  def silent(*_, **__):
    raise requests.ReadTimeout

  monkeypatch.setattr(requests, 'get', silent)
  with pytest.raises(downloads.DownloadError, match='no answer in time'):
    fetch(server, 'whole', path=tmp_path / 'file')


def test_the_next_address_is_tried(server, tmp_path):
  lines = []
  address = fetch(server, 'none', 'whole', path=tmp_path / 'file',
                  log=lines.append)
  assert address == f'{server.address}/whole'
  assert lines == [
      f'Downloading {server.address}/none',
      f'{server.address}/none: 404 Not Found',
      f'Downloading {server.address}/whole']


@pytest.mark.parametrize(('body', 'fault'), [
    (CONTENT[:-1], '767,999 bytes instead of 768,000'),
    (b'x' + CONTENT[1:], f'instead of {SHA256}')])
def test_another_file_is_kept_aside(server, tmp_path, body, fault):
  server.answers['/other'] = file_server.Answer(body=body)
  for name in ('file.wrong', 'file.wrong-2'):
    with pytest.raises(downloads.DownloadError, match=fault) as caught:
      fetch(server, 'other', path=tmp_path / 'file')
    assert repr(str(tmp_path / name)) in str(caught.value)
    assert (tmp_path / name).read_bytes() == body
  assert not (tmp_path / 'file').exists()
  assert hashlib.sha256(body).hexdigest() in str(
      caught.value) or 'bytes' in fault


def test_what_an_interruption_has_left_is_done_anew(server, tmp_path):
  (tmp_path / 'file.part').write_bytes(b'half' * 10**6)
  fetch(server, 'whole', path=tmp_path / 'file')
  assert (tmp_path / 'file').read_bytes() == CONTENT
  assert not (tmp_path / 'file.part').exists()


def test_a_file_that_cannot_be_written_is_the_systems_error(server, tmp_path):
  with pytest.raises(FileNotFoundError):
    fetch(server, 'whole', path=tmp_path / 'none' / 'file')


def test_a_terminal_shows_a_bar(server, tmp_path, monkeypatch):
  class Terminal(io.StringIO):
    def isatty(self):
      return True

  monkeypatch.setattr(sys, 'stderr', Terminal())
  fetch(server, 'whole', path=tmp_path / 'file')
  assert '100%' in sys.stderr.getvalue()
  assert 'file' in sys.stderr.getvalue()


@pytest.mark.parametrize(('expected', 'fault'), [
    (WHOLE, ''), (ANYTHING, ''), (downloads.Expected(sha256=SHA256), ''),
    (downloads.Expected(size=7), '768,000 bytes instead of 7'),
    (downloads.Expected(sha256='0' * 64),
     f'SHA-256 {SHA256} instead of {"0" * 64}')])
def test_verify_tells_what_differs(tmp_path, expected, fault):
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
      'y': b'\0', 'y-2': b'\1', 'y-3': b'\2'}
