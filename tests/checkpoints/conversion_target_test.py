"""Tests of inception.checkpoints.conversion_target."""

import pathlib

import pytest

from inception.checkpoints import conversion_target
from inception.testing import checkpoints


@pytest.mark.parametrize(
  ('output', 'to', 'chosen'),
  [
    ('a/flowers.h5', None, 'keras'),
    ('a/FLOWERS.H5', None, 'keras'),
    ('a/inception_v3.ckpt', None, '2016'),
    ('a/inception_v3.ckpt', 'slim', 'slim'),
    ('a/flowers.h5', 'slim', 'slim'),
  ],
)
def test_name_chooses_the_format(output, to, chosen):
  assert conversion_target.choose(output, to) == chosen


@pytest.mark.parametrize(
  ('output', 'to'),
  [('new.h5', 'keras'), ('new.ckpt', 'slim'), ('model.ckpt-7', '2016')],
)
def test_new_output_is_accepted(output, to, tmp_path):
  conversion_target.check(str(tmp_path / output), to)
  conversion_target.check(str(tmp_path / 'new folder' / output), to)


@pytest.mark.parametrize(
  ('output', 'to', 'message'),
  [
    ('', '2016', 'is a folder: give the name of a file in it'),
    ('a.weights.h5', 'keras', r"another layout .*: give '.*a\.h5'"),
    ('a.ckpt', 'keras', r"from files named \.h5: give '.*a\.ckpt\.h5'"),
    ('a.h5', 'slim', "name of Keras' files: give --to=keras, or a name"),
    ('a.keras', '2016', "name of Keras' files"),
    ('a.ckpt.index', '2016', r"give '.*a\.ckpt', without the extension"),
    ('a.data-00000-of-00001', 'slim', r"give '.*a', without the extension"),
  ],
)
def test_wrong_name_is_an_error(output, to, message, tmp_path):
  path = f'{tmp_path}/{output}'
  with pytest.raises(conversion_target.ConversionError, match=message):
    conversion_target.check(path, to)


def test_existing_output_is_an_error(tmp_path):
  checkpoints.fake_v2(tmp_path / 'v2.ckpt')
  checkpoints.fake_v1(tmp_path / 'v1.ckpt')
  (tmp_path / 'flowers.h5').write_bytes(b'mine')
  for name, to in (
    ('v2.ckpt', '2016'),
    ('v1.ckpt', 'slim'),
    ('flowers.h5', 'keras'),
  ):
    with pytest.raises(
      conversion_target.ConversionError,
      match='exists and is never overwritten: give another name',
    ):
      conversion_target.check(str(tmp_path / name), to)


def test_labels_lie_beside_the_output():
  path = conversion_target.labels_path('a/model.ckpt-7')
  assert path == pathlib.Path('a/model.ckpt-7.labels.txt')
