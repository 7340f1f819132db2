"""Tests of running LiteRT files."""

import numpy as np
import pytest

from inception.exporting import litert_runner
from inception.testing import fitted_models
from inception.testing import litert_models


@pytest.fixture(name='images', scope='module')
def _images():
  pixels, _ = fitted_models.pictures(3, seed=4)
  return fitted_models.as_input(pixels)


@pytest.mark.parametrize('variant', ['float32', 'int8'])
def test_any_batch_size_gives_the_same_answers(variant, images):
  runner = litert_runner.Runner(litert_models.written(variant), num_threads=1)
  together = runner(images)
  assert together.shape == (3, fitted_models.NUM_CLASSES + 1)
  assert together.dtype == np.float64
  for index in (2, 0):
    np.testing.assert_allclose(
      runner(images[index : index + 1]), together[[index]], atol=1e-6
    )
  np.testing.assert_allclose(runner(images), together, atol=1e-6)


def test_background_is_the_rest(images):
  probabilities = litert_runner.Runner(litert_models.written('float32'))(images)
  np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
  assert (probabilities[:, 0] > 0).all()


@pytest.mark.parametrize('variant', ['float32', 'int8'])
def test_type_of_the_input_is_detected(variant):
  runner = litert_runner.Runner(litert_models.written(variant))
  assert runner.takes_pixels == (variant == 'int8')


def test_loading_prints_nothing(capfd, recwarn, images):
  litert_runner.Runner(litert_models.written('float32'))(images)
  assert capfd.readouterr() == ('', '')
  assert not list(recwarn)


def test_other_files_are_refused(tmp_path):
  with pytest.raises(OSError, match='missing'):
    litert_runner.Runner(tmp_path / 'missing.tflite')
  (tmp_path / 'a.tflite').write_bytes(b'no model')
  with pytest.raises(ValueError, match='not a valid Flatbuffer'):
    litert_runner.Runner(tmp_path / 'a.tflite')
