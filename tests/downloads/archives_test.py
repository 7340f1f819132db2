"""Tests that the content of an archive decides how it is unpacked."""

import zipfile

import pytest

from inception.downloads import archives
from inception.testing import image_folders


def make(path, kind):
  if kind == archives.TAR:
    return image_folders.tar(path, [('a/b.jpg', b'content')])
  with zipfile.ZipFile(path, 'w') as archive:
    archive.writestr('a/b.jpg', b'content')
  return path


@pytest.mark.parametrize('kind', [archives.ZIP, archives.TAR])
def test_format_is_detected_from_the_content(tmp_path, kind):
  archive = make(tmp_path / 'archive.7z', kind)
  assert archives.kind(archive) == kind
  assert archives.file_names(archive) == ['a/b.jpg']
  folder = tmp_path / 'folder'
  folder.mkdir()
  assert archives.unpack(archive, folder) == 1
  assert (folder / 'a' / 'b.jpg').read_bytes() == b'content'


@pytest.mark.parametrize('start', [b'', b'PK\x03\x04'])
def test_file_that_is_no_archive_is_damaged(tmp_path, start):
  path = tmp_path / 'x.zip'
  path.write_bytes(start + bytes(100))
  with pytest.raises(archives.DamagedArchiveError, match='damaged'):
    archives.unpack(path, tmp_path)
  with pytest.raises(archives.ArchiveError, match='damaged'):
    archives.file_names(path)


def test_system_error_stays_an_oserror(tmp_path):
  with pytest.raises(FileNotFoundError):
    archives.unpack(tmp_path / 'none', tmp_path)
