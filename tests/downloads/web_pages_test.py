"""Tests of recognising web pages by their content."""

import gzip
import io
import tarfile

import pytest

from inception.downloads import web_pages

PAGE = b'<!DOCTYPE html><html><body>Please log in</body></html>'


def tar(mode):
  file = io.BytesIO()
  with tarfile.open(fileobj=file, mode=mode) as archive:
    archive.addfile(tarfile.TarInfo('<html>'))
  return file.getvalue()


@pytest.mark.parametrize(
  'content',
  [
    PAGE,
    b'\xef\xbb\xbf\r\n\t ' + PAGE,
    b'<HTML>',
    b'<!-- a comment --><html>',
    b'<script>location="https://login"</script>',
    b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
    PAGE.decode().encode('utf-16'),
    b'\xfe\xff' + PAGE.decode().encode('utf-16-be'),
    gzip.compress(PAGE),
    gzip.compress(PAGE * 10000)[:512],
    PAGE + b'\xe4' * 10000,
  ],
)
def test_pages_are_recognised(content, tmp_path):
  assert web_pages.is_page(content)
  (tmp_path / 'x').write_bytes(content)
  assert web_pages.is_page_file(tmp_path / 'x')


@pytest.mark.parametrize(
  'content',
  [
    b'',
    b'text',
    b'{"error": 1}',
    b'< 5',
    b'PK\x03\x04<html>',
    b'\x89HDF\r\n\x1a\n<html>',
    b'\x1f\x8b<html>',
    tar('w'),
    tar('w:gz'),
    tar('w:bz2'),
  ],
)
def test_other_files_are_no_pages(content):
  assert not web_pages.is_page(content)
