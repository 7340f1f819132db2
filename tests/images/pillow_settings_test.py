"""Tests of Pillow's limits and warnings."""

import logging
import warnings

import pytest
from PIL import PngImagePlugin

from inception.images import pillow_settings


@pytest.fixture(autouse=True)
def as_pillow_comes(monkeypatch):
  monkeypatch.setattr(PngImagePlugin, 'MAX_TEXT_CHUNK', 2**20)
  monkeypatch.setattr(PngImagePlugin, 'MAX_TEXT_MEMORY', 2**26)
  level = logging.getLogger('PIL').level
  logging.getLogger('PIL').setLevel(logging.NOTSET)
  with warnings.catch_warnings():
    yield
  logging.getLogger('PIL').setLevel(level)


def test_metadata_of_some_megabytes_is_allowed():
  pillow_settings.apply()
  assert PngImagePlugin.MAX_TEXT_CHUNK == 64 * 2**20
  assert PngImagePlugin.MAX_TEXT_MEMORY == 128 * 2**20


def test_higher_limits_of_the_program_are_kept(monkeypatch):
  monkeypatch.setattr(PngImagePlugin, 'MAX_TEXT_CHUNK', 2**30)
  pillow_settings.apply()
  assert PngImagePlugin.MAX_TEXT_CHUNK == 2**30


def test_pillow_is_silent_and_others_are_not():
  pillow_settings.apply()
  count = len(warnings.filters)
  pillow_settings.apply()
  assert len(warnings.filters) == count
  assert not logging.getLogger('PIL.TiffImagePlugin').isEnabledFor(
    logging.ERROR
  )
  with warnings.catch_warnings(record=True) as caught:
    warnings.warn('ours', stacklevel=1)
    warnings.warn_explicit('theirs', UserWarning, 'f.py', 1, 'PIL.PngPlugin')
  assert [str(warning.message) for warning in caught] == ['ours']


@pytest.mark.parametrize(
  ('text', 'expected'),
  [
    (
      'Decompressed data too large for PngImagePlugin.MAX_TEXT_CHUNK',
      'the metadata of the PNG: a chunk unpacks to more than 1 MiB',
    ),
    (
      'Too much memory used in text chunks: 9>MAX_TEXT_MEMORY',
      'the metadata of the PNG: its text takes more than 64 MiB',
    ),
    ('something else', ''),
  ],
)
def test_the_limit_is_named(text, expected):
  assert pillow_settings.excess_of_metadata(ValueError(text)) == expected
