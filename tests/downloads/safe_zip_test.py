"""Tests of unpacking valid, damaged and malicious ZIP files."""

import stat
import struct
import zipfile

import pytest

from inception.downloads import archive_members
from inception.downloads import safe_zip
from inception.testing import image_folders


def make(path, members, compression=zipfile.ZIP_DEFLATED):
  """Writes a file of (name or ZipInfo, content) pairs."""
  with zipfile.ZipFile(path, 'w', compression) as archive:
    for name, content in members:
      archive.writestr(name, content)
  return path


def info(name, *, mode=0, system=3, **attributes):
  member = zipfile.ZipInfo()
  member.filename = name  # As it is: __init__ would change backslashes.
  member.create_system = system
  member.external_attr = mode << 16
  for attribute, value in attributes.items():
    setattr(member, attribute, value)
  return member


@pytest.fixture(name='folder')
def _folder(tmp_path):
  folder = tmp_path / 'inside' / 'deep'
  folder.mkdir(parents=True)
  return folder


@pytest.mark.parametrize(
  'compression',
  [
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
    zipfile.ZIP_BZIP2,
    zipfile.ZIP_LZMA,
  ],
)
def test_files_and_folders_are_unpacked(tmp_path, folder, compression):
  archive = make(
    tmp_path / 'a',
    [
      ('photos/', b''),
      ('photos/a b/\u00e4.jpg', b'one'),
      ('./photos/c.jpg', b'two' * 10**6),
      ('empty', b''),
      ('photos/none/', b''),
    ],
    compression,
  )
  assert safe_zip.is_zip(archive)
  assert safe_zip.unpack(archive, folder) == 3
  assert image_folders.contents(folder) == {
    'photos/a b/\u00e4.jpg': b'one',
    'photos/c.jpg': b'two' * 10**6,
    'empty': b'',
  }
  assert (folder / 'photos' / 'none').is_dir()
  assert safe_zip.file_names(archive) == [
    'photos/a b/\u00e4.jpg',
    'photos/c.jpg',
    'empty',
  ]


def test_backslashes_of_powershell_are_accepted(tmp_path, folder):
  archive = make(
    tmp_path / 'a',
    [
      (info('photos\\none\\', system=0), b''),
      (info('photos\\a.jpg', system=0), b'one'),
    ],
  )
  assert safe_zip.unpack(archive, folder) == 1
  assert image_folders.contents(folder) == {'photos/a.jpg': b'one'}
  assert (folder / 'photos' / 'none').is_dir()


def test_metadata_of_macos_is_skipped(tmp_path, folder):
  archive = make(
    tmp_path / 'a', [('a/1.jpg', b'one'), ('__MACOSX/a/._1.jpg', b'notes')]
  )
  assert safe_zip.unpack(archive, folder) == 1
  assert image_folders.contents(folder) == {'a/1.jpg': b'one'}


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
  archive = make(tmp_path / 'a', [('good', b''), (info(name), b'evil')])
  for call in (safe_zip.unpack, lambda path, _: safe_zip.file_names(path)):
    with pytest.raises(
      archive_members.ArchiveError, match='would leave the folder'
    ):
      call(archive, folder)
  assert image_folders.contents(folder) == {}


@pytest.mark.parametrize(
  'kind', [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO]
)
def test_links_and_devices_are_refused(tmp_path, folder, kind):
  archive = make(
    tmp_path / 'a', [('good', b''), (info('bad', mode=kind | 0o777), b'../x')]
  )
  with pytest.raises(
    archive_members.ArchiveError, match="'bad', which is neither"
  ):
    safe_zip.unpack(archive, folder)
  assert image_folders.contents(folder) == {}


def test_permissions_are_the_users_own(tmp_path, folder):
  member = info('locked', mode=stat.S_IFREG | stat.S_ISUID)
  safe_zip.unpack(make(tmp_path / 'a', [(member, b'')]), folder)
  mode = (folder / 'locked').stat().st_mode
  assert mode & 0o600 == 0o600 and not mode & stat.S_ISUID


def test_a_truncated_archive_is_refused(tmp_path, folder):
  whole = make(
    tmp_path / 'whole',
    [
      ('a.jpg', image_folders.image_file(1)),
      ('b.jpg', image_folders.image_file(2)),
    ],
  ).read_bytes()
  for length in (0, 5, 20, len(whole) // 2, len(whole) - 9, len(whole) - 1):
    archive = tmp_path / 'cut'
    archive.write_bytes(whole[:length])
    with pytest.raises(archive_members.DamagedArchiveError, match='damaged'):
      safe_zip.unpack(archive, folder)


def test_a_wrong_checksum_is_refused(tmp_path, folder):
  archive = make(tmp_path / 'a', [('a.jpg', b'content')], zipfile.ZIP_STORED)
  data = archive.read_bytes().replace(b'content', b'cOntent')
  archive.write_bytes(data)
  with pytest.raises(
    archive_members.DamagedArchiveError, match='truncated or damaged.*CRC'
  ):
    safe_zip.unpack(archive, folder)


def patched(path, *, offset, value):
  """Sets two bytes in both headers of the only member."""
  data = bytearray(path.read_bytes())
  central = data.index(b'PK\x01\x02')
  data[offset : offset + 2] = struct.pack('<H', value)
  data[central + offset + 2 : central + offset + 4] = struct.pack('<H', value)
  path.write_bytes(data)
  return path


def test_encrypted_archive_is_reported(tmp_path, folder):
  archive = make(tmp_path / 'a', [('a.jpg', b'content')])
  patched(archive, offset=6, value=1)
  with pytest.raises(archive_members.ArchiveError, match='is encrypted'):
    safe_zip.unpack(archive, folder)


def test_unknown_compression_is_reported(tmp_path, folder):
  archive = make(tmp_path / 'a', [('a.jpg', b'content')])
  patched(archive, offset=8, value=9)  # Deflate64, as Windows' Explorer has it.
  with pytest.raises(archive_members.ArchiveError, match='unsupported method'):
    safe_zip.unpack(archive, folder)


def test_a_bomb_is_refused_before_anything_is_written(tmp_path, folder):
  archive = make(tmp_path / 'a', [('a', b'small'), ('bomb', bytes(100_000))])
  data = archive.read_bytes()
  # The size declared in its directory: 4 GiB - 2.
  size = struct.pack('<I', 100_000)
  central = data.rindex(size)
  data = data[:central] + struct.pack('<I', 2**32 - 2) + data[central + 4 :]
  archive.write_bytes(data)
  with pytest.raises(archive_members.ArchiveError, match='far more than its'):
    safe_zip.unpack(archive, folder)
  assert image_folders.contents(folder) == {}


def test_full_disk_is_reported_before_anything_is_written(
  tmp_path, folder, monkeypatch
):
  monkeypatch.setattr(
    archive_members.shutil,
    'disk_usage',
    lambda path: type('Usage', (), {'free': 10}),
  )
  archive = make(tmp_path / 'a', [('a', b'content'), ('b', b'content')])
  with pytest.raises(archive_members.ArchiveError, match='14 bytes and 10 are'):
    safe_zip.unpack(archive, folder)
  assert image_folders.contents(folder) == {}


@pytest.mark.parametrize('content', [b'', b'no archive', b'PK\x03\x04'])
def test_file_that_is_no_archive_is_refused(tmp_path, folder, content):
  (tmp_path / 'a').write_bytes(content)
  assert safe_zip.is_zip(tmp_path / 'a') == content.startswith(b'PK')
  with pytest.raises(archive_members.DamagedArchiveError, match='damaged'):
    safe_zip.unpack(tmp_path / 'a', folder)


def test_system_error_stays_an_oserror(tmp_path, folder):
  with pytest.raises(FileNotFoundError):
    safe_zip.unpack(tmp_path / 'none', folder)
  archive = make(tmp_path / 'a', [('x', b''), ('x/y', b'')])
  with pytest.raises(OSError, match='x'):
    safe_zip.unpack(archive, folder)
