"""Tests of locating and downloading the flowers' archive."""

import dataclasses
import hashlib
import pathlib

import pytest

from inception.downloads import download_part
from inception.downloads import downloads
from inception.downloads import flowers_download
from inception.testing import file_server

CONTENT = b'an archive'
SHA256 = hashlib.sha256(CONTENT).hexdigest()
STANDARD = (
  'sha256:4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c'
)


@pytest.fixture(name='server')
def _server(monkeypatch):
  monkeypatch.setenv('no_proxy', '127.0.0.1')
  monkeypatch.setenv('NO_PROXY', '127.0.0.1')
  with file_server.serve({
    '/my%20photos.tgz?x=1': file_server.Answer(body=CONTENT),
    '/': file_server.Answer(body=CONTENT),
  }) as server:
    yield server


def obtain(source, folder):
  lines = []
  path = flowers_download.obtain(
    source, folder, log=lines.append, sleep=lambda seconds: None
  )
  return path, lines


def test_the_flowers_of_the_tutorials_are_the_default():
  source = flowers_download.locate('')
  assert source.identity == STANDARD
  assert source.addresses[0].startswith('https://storage.googleapis.com/')
  assert source.addresses[1].startswith('http://download.tensorflow.org/')
  assert source.expected == downloads.Expected(
    size=228_813_984, sha256=STANDARD.removeprefix('sha256:')
  )
  for address in source.addresses:
    assert flowers_download.locate(address) == source


def test_identity_of_a_path_is_its_content(tmp_path):
  path = tmp_path / 'a b \u00e4.tgz'
  path.write_bytes(CONTENT)
  source = flowers_download.locate(str(path))
  assert source == flowers_download.Source(
    identity=f'sha256:{SHA256}', path=str(path)
  )
  assert obtain(source, tmp_path / 'none') == (str(path), [])


def test_a_file_address_is_a_path(tmp_path):
  path = tmp_path / 'a b \u00e4.tgz'
  path.write_bytes(CONTENT)
  source = flowers_download.locate(path.as_uri())
  assert pathlib.Path(source.path) == path


def test_missing_path_raises_oserror(tmp_path):
  with pytest.raises(FileNotFoundError):
    flowers_download.locate(str(tmp_path / 'none.tgz'))


def test_other_addresses_are_refused():
  with pytest.raises(downloads.DownloadError, match='neither an http'):
    flowers_download.locate('ftp://x/y.tgz')


def test_an_address_is_downloaded_once(server, tmp_path):
  source = flowers_download.locate(f'{server.address}/my%20photos.tgz?x=1')
  assert source.identity == f'{server.address}/my%20photos.tgz?x=1'
  path, lines = obtain(source, tmp_path)
  assert path == str(tmp_path / 'my photos.tgz')
  assert pathlib.Path(path).read_bytes() == CONTENT
  assert lines == [f'Downloading {source.addresses[0]}']
  path, lines = obtain(source, tmp_path)
  assert lines == [f'Skipping download of flower data: {path} is complete.']
  assert len(server.requests) == 1


@pytest.mark.parametrize(
  'name', ['', '..', '%2e%2e', 'a/', 'a%5Cb.tgz', 'c:b.tgz', 'a%00', 'x%3Fy']
)
def test_an_address_without_a_usable_name_gets_one(server, tmp_path, name):
  source = flowers_download.Source(
    identity='x', addresses=(f'{server.address}/{name}', f'{server.address}/')
  )
  path, _ = obtain(source, tmp_path)
  assert path == str(tmp_path / 'flower_photos.tgz')


def test_invalid_address_is_refused():
  with pytest.raises(downloads.DownloadError, match='is not a valid address'):
    flowers_download.locate('http://[x/y.tgz')


def test_download_is_trusted_after_a_kill(server, tmp_path, monkeypatch):
  class Killed(BaseException):
    pass

  def killed(_):
    raise Killed

  source = flowers_download.locate(f'{server.address}/')
  with monkeypatch.context() as patch:
    # The last step of a download.
    patch.setattr(download_part.Part, 'forget', killed)
    with pytest.raises(Killed):
      obtain(source, tmp_path)
  path, lines = obtain(source, tmp_path)
  assert lines == [f'Skipping download of flower data: {path} is complete.']


def test_interrupted_download_is_resumed(server, tmp_path):
  body = bytes(200_000)
  answer = file_server.Answer(body=body, ranges=True, headers={'ETag': '"one"'})
  server.answers['/'] = [
    dataclasses.replace(answer, sent=100_000, abrupt=False),
    file_server.Answer(status=404),
    answer,
  ]
  source = flowers_download.locate(f'{server.address}/')
  with pytest.raises(downloads.DownloadError, match='404'):
    obtain(source, tmp_path)
  path, _ = obtain(source, tmp_path)
  assert pathlib.Path(path).read_bytes() == body
  assert server.ranges() == ['', 'bytes=65536-', 'bytes=65536-']


@pytest.mark.parametrize('damage', [b'', CONTENT[:-1], b'another one'])
def test_damaged_archive_is_kept_and_downloaded_again(server, tmp_path, damage):
  source = flowers_download.locate(f'{server.address}/')
  path, _ = obtain(source, tmp_path)
  pathlib.Path(path).write_bytes(damage)
  path, lines = obtain(source, tmp_path)
  assert pathlib.Path(path).read_bytes() == CONTENT
  assert pathlib.Path(f'{path}.replaced').read_bytes() == damage
  assert 'it is kept as' in lines[0]


def test_user_file_is_kept_under_another_name(server, tmp_path):
  mine = tmp_path / 'flower_photos.tgz'
  mine.write_bytes(b'mine')
  _, lines = obtain(flowers_download.locate(f'{server.address}/'), tmp_path)
  assert 'its origin is unknown' in lines[0]
  assert (tmp_path / 'flower_photos.tgz.replaced').read_bytes() == b'mine'


def test_the_same_name_from_another_address_is_another_file(server, tmp_path):
  server.answers['/b/'] = file_server.Answer(body=b'other')
  obtain(flowers_download.locate(f'{server.address}/'), tmp_path)
  path, lines = obtain(
    flowers_download.locate(f'{server.address}/b/'), tmp_path
  )
  assert pathlib.Path(path).read_bytes() == b'other'
  assert f'it is from {server.address}/' in lines[0]


def test_a_known_archive_needs_no_note(server, tmp_path):
  source = flowers_download.Source(
    identity='x',
    addresses=(f'{server.address}/',),
    expected=downloads.Expected(len(CONTENT), SHA256),
  )
  (tmp_path / 'flower_photos.tgz').write_bytes(CONTENT)
  _, lines = obtain(source, tmp_path)
  assert lines[0].startswith('Skipping download')
  assert not server.requests


def test_different_file_is_refused(server, tmp_path):
  source = flowers_download.Source(
    identity='x',
    addresses=(f'{server.address}/',),
    expected=downloads.Expected(len(CONTENT), '0' * 64),
  )
  with pytest.raises(downloads.DownloadError, match='a different file'):
    obtain(source, tmp_path)


def test_web_page_in_place_of_the_archive_is_replaced(server, tmp_path):
  source = flowers_download.locate(f'{server.address}/')
  path, _ = obtain(source, tmp_path)
  page = b'<html>Please log in</html>'
  pathlib.Path(path).write_bytes(page)
  note = tmp_path / '.flower_photos.tgz.json'
  note.write_text(
    note.read_text(encoding='utf-8').replace(
      SHA256, hashlib.sha256(page).hexdigest()
    ),
    encoding='utf-8',
  )
  again, lines = obtain(source, tmp_path)
  assert again == path and pathlib.Path(path).read_bytes() == CONTENT
  assert 'it is a web page' in lines[0]
  assert pathlib.Path(f'{path}.replaced').read_bytes() == page


def test_rejected_archive_is_downloaded_again(server, tmp_path):
  source = flowers_download.locate(f'{server.address}/')
  path, _ = obtain(source, tmp_path)
  assert f'{path}.wrong' in flowers_download.reject(source, path)
  assert pathlib.Path(f'{path}.wrong').read_bytes() == CONTENT
  assert obtain(source, tmp_path)[0] == path
  assert server.requests == ['/', '/']


def test_rejected_user_file_is_kept(tmp_path):
  path = tmp_path / 'mine.tgz'
  path.write_bytes(CONTENT)
  source = flowers_download.locate(str(path))
  assert flowers_download.reject(source, path) == ''
  assert path.read_bytes() == CONTENT
