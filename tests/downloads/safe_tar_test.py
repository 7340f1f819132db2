"""Tests of unpacking valid, damaged and malicious tar files."""

import tarfile

import pytest

from inception.downloads import archive_members
from inception.downloads import safe_tar
from inception.testing import image_folders


def member(name, kind, **attributes):
  info = tarfile.TarInfo(name)
  info.type = kind
  for attribute, value in attributes.items():
    setattr(info, attribute, value)
  return info


@pytest.fixture(name='folder')
def _folder(tmp_path):
  folder = tmp_path / 'inside' / 'deep'
  folder.mkdir(parents=True)
  return folder


@pytest.mark.parametrize('mode', ['w', 'w:gz', 'w:bz2', 'w:xz'])
def test_files_and_folders_are_unpacked(tmp_path, folder, mode):
  archive = image_folders.tar(
    tmp_path / 'a',
    [
      member('photos', tarfile.DIRTYPE),
      ('photos/a b/\u00e4.jpg', b'one'),
      ('./photos/c.jpg', b'two' * 10**6),
      ('empty', b''),
      member('photos/none', tarfile.DIRTYPE),
    ],
    mode=mode,
  )
  assert safe_tar.unpack(archive, folder) == 3
  assert image_folders.contents(folder) == {
    'photos/a b/\u00e4.jpg': b'one',
    'photos/c.jpg': b'two' * 10**6,
    'empty': b'',
  }
  assert (folder / 'photos' / 'none').is_dir()


@pytest.mark.parametrize(
  'name',
  [
    '../out.jpg',
    'a/../../out.jpg',
    '/out.jpg',
    '//out.jpg',
    'a/..',
    'C:/out.jpg',
    'C:out.jpg',
    '..\\out.jpg',
    '\\out.jpg',
    'a\\..\\..\\out.jpg',
  ],
)
def test_a_name_that_leaves_the_folder_is_refused(tmp_path, folder, name):
  archive = image_folders.tar(tmp_path / 'a', [('good', b''), (name, b'evil')])
  with pytest.raises(safe_tar.ArchiveError, match='would leave the folder'):
    safe_tar.unpack(archive, folder)
  assert b'evil' not in image_folders.contents(tmp_path).values()


@pytest.mark.parametrize(
  ('kind', 'attributes'),
  [
    (tarfile.SYMTYPE, {'linkname': 'good'}),
    (tarfile.SYMTYPE, {'linkname': '../../..'}),
    (tarfile.LNKTYPE, {'linkname': 'good'}),
    (tarfile.CHRTYPE, {'devmajor': 1, 'devminor': 5}),
    (tarfile.BLKTYPE, {'devmajor': 8}),
    (tarfile.FIFOTYPE, {}),
  ],
)
def test_links_and_devices_are_refused(tmp_path, folder, kind, attributes):
  archive = image_folders.tar(
    tmp_path / 'a', [('good', b''), member('bad', kind, **attributes)]
  )
  with pytest.raises(safe_tar.ArchiveError, match="'bad', which is neither"):
    safe_tar.unpack(archive, folder)
  assert [path.name for path in folder.iterdir()] == ['good']


def test_permissions_are_the_users_own(tmp_path, folder):
  info = member('locked', tarfile.REGTYPE, mode=0o000)
  safe_tar.unpack(image_folders.tar(tmp_path / 'a', [info]), folder)
  assert (folder / 'locked').stat().st_mode & 0o600 == 0o600


@pytest.mark.parametrize('mode', ['w:gz', 'w:bz2', 'w:xz'])
def test_a_truncated_archive_is_refused(tmp_path, folder, mode):
  whole = image_folders.tar(
    tmp_path / 'whole',
    [
      ('a.jpg', image_folders.image_file(1)),
      ('b.jpg', image_folders.image_file(2)),
    ],
    mode=mode,
  ).read_bytes()
  # The last bytes contain only the checksum.
  for length in (0, 5, 20, len(whole) // 2, len(whole) - 9, len(whole) - 1):
    archive = tmp_path / 'cut'
    archive.write_bytes(whole[:length])
    with pytest.raises(safe_tar.ArchiveError, match='damaged'):
      safe_tar.unpack(archive, folder)


def test_a_wrong_checksum_is_refused(tmp_path, folder):
  archive = image_folders.tar(tmp_path / 'a', [('a.jpg', b'content')])
  data = bytearray(archive.read_bytes())
  data[-8] ^= 1  # Of gzip's CRC-32.
  archive.write_bytes(data)
  with pytest.raises(safe_tar.ArchiveError, match='truncated or damaged'):
    safe_tar.unpack(archive, folder)


@pytest.mark.parametrize('content', [b'no archive', b'PK\x03\x04' + bytes(600)])
def test_file_that_is_no_archive_is_refused(tmp_path, folder, content):
  (tmp_path / 'a').write_bytes(content)
  with pytest.raises(safe_tar.ArchiveError, match='is not a tar file'):
    safe_tar.unpack(tmp_path / 'a', folder)


def test_system_error_stays_an_oserror(tmp_path, folder):
  with pytest.raises(FileNotFoundError):
    safe_tar.unpack(tmp_path / 'none', folder)
  archive = image_folders.tar(tmp_path / 'a', [('x', b''), ('x/y', b'')])
  with pytest.raises(OSError, match='x'):
    safe_tar.unpack(archive, folder)


def test_web_page_is_reported(tmp_path, folder):
  (tmp_path / 'a').write_bytes(b'<html>Please log in</html>')
  with pytest.raises(safe_tar.DamagedArchiveError, match='but a web page'):
    safe_tar.unpack(tmp_path / 'a', folder)


@pytest.mark.parametrize(
  'start,name',
  [
    (b'7z\xbc\xaf\x27\x1c', '7-Zip'),
    (b'Rar!\x1a\x07\x01', 'RAR'),
    (b'\x28\xb5\x2f\xfd', 'Zstandard'),
  ],
)
def test_an_archive_of_another_kind_is_named(tmp_path, folder, start, name):
  (tmp_path / 'a').write_bytes(start + bytes(100))
  with pytest.raises(safe_tar.ArchiveError, match=f'is a {name} archive'):
    safe_tar.unpack(tmp_path / 'a', folder)


def test_a_bomb_is_refused(tmp_path, folder, monkeypatch):
  monkeypatch.setattr(archive_members, '_ALWAYS_FINE', 10**6)
  content = bytes(600_000)
  archive = image_folders.tar(tmp_path / 'a', [('a', content), ('b', content)])
  with pytest.raises(safe_tar.ArchiveError, match='far more than its own'):
    safe_tar.unpack(archive, folder)
  assert list(image_folders.contents(folder)) == ['a']


def test_file_names_are_listed(tmp_path):
  archive = image_folders.tar(
    tmp_path / 'a',
    [member('photos', tarfile.DIRTYPE), ('./photos/a.jpg', b''), ('b', b'')],
  )
  assert safe_tar.file_names(archive) == ['photos/a.jpg', 'b']
