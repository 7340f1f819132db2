"""Tests that a file and its record are the same to the network."""

import numpy as np
import pytest
import tensorflow as tf

from inception import image_processing
from inception.images import image_coder
from inception.prediction import pictures
from inception.testing import image_folders

_KINDS = (
  ('plain.jpg', {}, True),
  ('turned.jpg', {'orientation': 6}, False),
  ('grey.jpg', {'mode': 'L'}, False),
  ('ink.jpg', {'mode': 'CMYK'}, False),
  ('clear.png', {'file_format': 'PNG', 'mode': 'RGBA'}, False),
  ('palette.gif', {'file_format': 'GIF', 'mode': 'P'}, False),
  ('grey clear.png', {'file_format': 'PNG', 'mode': 'LA'}, False),
  ('web.webp', {'file_format': 'WEBP'}, False),
  ('scan.tif', {'file_format': 'TIFF'}, False),
  ('old.bmp', {'file_format': 'BMP'}, False),
)


@pytest.fixture(name='read', scope='module')
def _read():
  return pictures.Reader(image_size=75)


@pytest.mark.parametrize('name,options,is_original', _KINDS)
def test_view_equals_that_of_evaluation(
  tmp_path, read, name, options, is_original
):
  path = tmp_path / name
  path.write_bytes(image_folders.image_file(4, height=90, width=70, **options))
  record = image_coder.encode(path.read_bytes())
  assert record.is_original == is_original
  picture = read(str(path))
  assert picture.error == ''
  assert picture.jpeg == record.jpeg
  np.testing.assert_array_equal(
    picture.views, image_processing.eval_image(record.jpeg, size=75)[None]
  )


def test_views_are_those_of_evaluation(tmp_path):
  path = tmp_path / 'a.jpg'
  path.write_bytes(image_folders.image_file(4, height=90, width=70))
  read = pictures.Reader(image_size=75, num_views=10)
  expected = image_processing.eval_views(
    path.read_bytes(), size=75, num_views=10
  )
  np.testing.assert_array_equal(read(str(path)).views, expected)


def test_views_are_rounded_to_the_networks_dtype(tmp_path, read):
  path = tmp_path / 'a.jpg'
  path.write_bytes(image_folders.image_file(4, height=90, width=70))
  rounded = pictures.Reader(image_size=75, dtype=tf.bfloat16)(str(path)).views
  np.testing.assert_array_equal(
    rounded, tf.cast(read(str(path)).views, tf.bfloat16)
  )


def test_unsupported_number_of_views_is_refused():
  with pytest.raises(ValueError, match='num_views must be one of'):
    pictures.Reader(image_size=75, num_views=4)


@pytest.mark.parametrize(
  'content,reason',
  [
    (b'', 'the file is empty'),
    (b'<html>', 'a web page'),
    (image_folders.image_file(4, height=300, width=300)[:900], 'truncated'),
  ],
)
def test_broken_file_is_a_result(tmp_path, read, content, reason):
  path = tmp_path / 'a.jpg'
  path.write_bytes(content)
  picture = read(str(path))
  assert picture.views is None
  assert reason in picture.error


def test_missing_file_and_folder_are_results(tmp_path, read):
  assert read(str(tmp_path / 'no.jpg')).error == 'No such file or directory'
  assert read(str(tmp_path)).error
  assert 'null' in read('a\0b').error


def test_failure_of_the_second_decoder_is_a_result(tmp_path, read, monkeypatch):
  good = image_coder.encode(image_folders.image_file(4))
  bad = image_coder.EncodedImage(
    jpeg=b'\xff\xd8\xff\xd9',
    height=good.height,
    width=good.width,
    source_format='JPEG',
    is_original=True,
  )
  monkeypatch.setattr(image_coder, 'encode', lambda data, **unused: bad)
  (tmp_path / 'a.jpg').write_bytes(b'x')
  picture = read(str(tmp_path / 'a.jpg'))
  assert picture.error == 'its pixels cannot be decoded'
