"""Tests that the script beside a file classifies as this program does."""

import io
import runpy
import shutil

import numpy as np
import pytest
from PIL import Image

from inception import image_processing
from inception.exporting import litert_guides
from inception.exporting import litert_runner
from inception.prediction import pictures
from inception.testing import fitted_models
from inception.testing import image_folders
from inception.testing import litert_models
from inception.testing import trained_models

# Red, green and blue in XYZ for D50 (SMPTE EG 432-1).
DISPLAY_P3 = (
  (0.51512, 0.24120, -0.00105),
  (0.29198, 0.69225, 0.04189),
  (0.15710, 0.06657, 0.78407),
)


def written(folder, variant):
  """Returns a copy of a variant's file with its guides beside it."""
  path = folder / 'flowers.tflite'
  shutil.copyfile(litert_models.written(variant), path)
  litert_guides.write(path, image_size=75, num_classes=5, variant=variant)
  return path


@pytest.fixture(name='script', scope='module')
def _script(tmp_path_factory):
  """Returns the functions of classify.py beside a float32 file."""
  path = written(tmp_path_factory.mktemp('model'), 'float32')
  return runpy.run_path(str(path.with_name(litert_guides.SCRIPT)))


@pytest.mark.parametrize(
  ('height', 'width'), [(181, 303), (75, 75), (31, 15), (600, 40)]
)
def test_preparation_is_that_of_evaluation(height, width, script):
  pixels, _ = fitted_models.pictures(1, seed=6, height=height, width=width)
  file = io.BytesIO()
  Image.fromarray(pixels[0]).save(file, 'PNG')
  found = script['prepare'](Image.fromarray(pixels[0]), 75) / 127.5 - 1
  expected = image_processing.eval_image(file.getvalue(), size=75)
  np.testing.assert_allclose(found, expected, atol=1e-5)


def photographs():
  """Returns {file name: content} of one picture, encoded in several ways."""
  pixels, _ = fitted_models.pictures(1, seed=5, height=181, width=303)
  image = Image.fromarray(pixels[0])
  sideways = Image.Exif()
  sideways[0x0112] = 6
  transparent = image.copy()
  transparent.putalpha(128)
  display_p3 = image_folders.matrix_profile(DISPLAY_P3)
  files = {}
  for name, picture, options in [
    ('plain.jpg', image, {'quality': 95}),
    ('sideways.jpg', image, {'quality': 95, 'exif': sideways}),
    ('grey.png', image.convert('L'), {}),
    ('transparent.png', transparent, {}),
    ('profile.jpg', image, {'quality': 95, 'icc_profile': display_p3}),
  ]:
    file = io.BytesIO()
    picture.save(
      file, name.rpartition('.')[2].replace('jpg', 'jpeg'), **options
    )
    files[name] = file.getvalue()
  return files


@pytest.mark.parametrize('name', photographs())
def test_script_answers_as_prediction_does(name, script, tmp_path):
  (tmp_path / name).write_bytes(photographs()[name])
  found = script['Model']()(script['load'](tmp_path / name))
  view = pictures.Reader(image_size=75)(str(tmp_path / name)).views
  expected = litert_runner.Runner(litert_models.written('float32'))(
    view.numpy()
  )
  # Decoders of JPEGs differ by a few levels.
  np.testing.assert_allclose(found, expected[0, 1:], atol=0.02)


@pytest.mark.parametrize('variant', ['float32', 'int8'])
def test_script_prints_the_most_probable_classes(variant, tmp_path, capsys):
  path = written(tmp_path, variant)
  script = runpy.run_path(str(path.with_name('classify.py')))
  (tmp_path / 'plain.jpg').write_bytes(photographs()['plain.jpg'])
  script['main']([str(tmp_path / 'plain.jpg')])
  first, best, *others = capsys.readouterr().out.splitlines()
  assert first == str(tmp_path / 'plain.jpg')
  share, _, name = best.strip().partition('%  ')
  assert name == trained_models.CLASS_NAMES[0]
  assert 50 < float(share) < 100
  assert len(others) == 4


def test_script_without_photographs_shows_its_usage(script):
  with pytest.raises(SystemExit, match='usage: python classify.py photo.jpg'):
    script['main']([])


@pytest.mark.parametrize(
  ('variant', 'facts'),
  [
    (
      'dynamic_int8',
      [
        '`image`, float32, shape [1, 75, 75, 3], RGB',
        '(pixel - 127.5) / 127.5, in [-1, 1]',
        'float32, in [0, 1], shape [1, 5]',
        'writeFloat(FloatArray',
        'readFloat()',
      ],
    ),
    (
      'int8',
      [
        '`image`, uint8, shape [1, 75, 75, 3], RGB',
        'pixels, in [0, 255]',
        'uint8, in units of 1/256, shape [1, 5]',
        'writeInt8(ByteArray',
        'readInt8()',
      ],
    ),
  ],
)
def test_note_for_android_has_the_facts(variant, facts, tmp_path):
  path = tmp_path / 'flowers.tflite'
  litert_guides.write(path, image_size=75, num_classes=5, variant=variant)
  text = path.with_name('ANDROID.md').read_text(encoding='utf-8')
  for fact in ['# flowers.tflite on Android', 'val SIZE = 75', *facts]:
    assert fact in text
  assert '${' not in text
