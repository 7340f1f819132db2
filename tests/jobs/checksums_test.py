"""Tests of inception.jobs.checksums."""

import hashlib

import google_crc32c
import pytest

from inception.jobs import checksums


def test_sha256_of_a_file(tmp_path):
  content = bytes(range(256)) * 10_000
  (tmp_path / 'file').write_bytes(content)
  assert (
    checksums.sha256(tmp_path / 'file') == hashlib.sha256(content).hexdigest()
  )


@pytest.mark.parametrize(
  ('content', 'checksum'),
  [
    # RFC 3720, appendix B.4.
    (bytes(32), '8a9136aa-32'),
    (b'\xff' * 32, '62a8ab43-32'),
    (bytes(range(32)), '46dd794e-32'),
    (b'123456789', 'e3069283-9'),
    (b'', '00000000-0'),
  ],
)
def test_crc32c_of_a_file(tmp_path, content, checksum):
  (tmp_path / 'file').write_bytes(content)
  assert checksums.crc32c(tmp_path / 'file') == checksum


def test_crc32c_of_a_file_that_is_read_in_parts(tmp_path, monkeypatch):
  monkeypatch.setattr(checksums, '_CHUNK', 7)
  content = bytes(range(256))
  (tmp_path / 'file').write_bytes(content)
  assert checksums.crc32c(tmp_path / 'file') == (
    f'{google_crc32c.value(content):08x}-256'
  )
  with pytest.raises(FileNotFoundError):
    checksums.crc32c(tmp_path / 'none')


def test_a_fingerprint_depends_on_the_facts_and_not_on_their_order():
  first = checksums.fingerprint({'a': 1, 'b': ['x']})
  assert first == checksums.fingerprint({'b': ['x'], 'a': 1})
  assert first != checksums.fingerprint({'a': 1, 'b': ['y']})


def test_other_hashes_of_a_file(tmp_path):
  (tmp_path / 'file').write_bytes(b'abc')
  # RFC 1321, appendix A.5.
  md5 = '900150983cd24fb0d6963f7d28e17f72'
  assert checksums.of_file(tmp_path / 'file', 'MD5') == md5
  with pytest.raises(ValueError, match='unsupported hash'):
    checksums.of_file(tmp_path / 'file', 'no-such-hash')
  with pytest.raises(FileNotFoundError):
    checksums.of_file(tmp_path / 'none', 'MD5')
