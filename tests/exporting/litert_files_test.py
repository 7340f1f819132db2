"""Tests that each variant of a file answers as the network does."""

import types
import zipfile

import numpy as np
import pytest
import tensorflow as tf

from inception.exporting import litert_files
from inception.exporting import litert_runner
from inception.inference import folded_network
from inception.testing import fitted_models
from inception.testing import litert_models
from inception.testing import trained_models

IMAGE = fitted_models.as_input(np.zeros([1, 75, 75, 3]))


@pytest.fixture(name='images', scope='module')
def _images():
  pixels, _ = fitted_models.pictures(20, seed=2)
  return fitted_models.as_input(pixels)


@pytest.fixture(name='expected', scope='module')
def _expected(images):
  network = folded_network.FoldedNetwork(
    fitted_models.values(), image_size=fitted_models.IMAGE_SIZE
  )
  return tf.nn.softmax(network(images).logits).numpy()


@pytest.mark.parametrize(
  ('variant', 'difference', 'megabytes'),
  [
    ('float32', 1e-4, 87),
    # Weights of 11 bits, and eight times the difference that was measured.
    ('float16', 8e-3, 44),
    # 8 bits for weights, then for activations too: four and three times the
    # measured differences.
    ('dynamic_int8', 0.1, 22),
    ('int8', 0.3, 22),
  ],
)
def test_probabilities_are_those_of_the_network(
  variant, difference, megabytes, images, expected
):
  path = litert_models.written(variant)
  found = litert_runner.Runner(path)(images)
  np.testing.assert_allclose(found, expected, rtol=0, atol=difference)
  agreement = np.mean(found.argmax(axis=1) == expected.argmax(axis=1))
  assert agreement >= (0.9 if 'int8' in variant else 1)
  assert path.stat().st_size == pytest.approx(megabytes * 1e6, rel=0.02)


@pytest.mark.parametrize('variant', ['float32', 'int8'])
def test_labels_match_the_columns(variant):
  path = litert_models.written(variant)
  with zipfile.ZipFile(path) as files:
    labels = files.read('labels.txt').decode('utf-8').splitlines()
  assert tuple(labels) == trained_models.CLASS_NAMES
  interpreter = tf.lite.Interpreter(str(path))
  (output,) = interpreter.get_output_details()
  assert list(output['shape_signature']) == [-1, len(labels)]
  pixels, numbers = fitted_models.pictures(5, seed=2)
  found = litert_runner.Runner(path)(fitted_models.as_input(pixels))
  np.testing.assert_array_equal(found[:, 1:].argmax(axis=1) + 1, numbers)


def test_int8_takes_pixels_and_gives_256ths():
  interpreter = tf.lite.Interpreter(str(litert_models.written('int8')))
  (image,) = interpreter.get_input_details()
  (output,) = interpreter.get_output_details()
  assert list(image['shape_signature']) == [-1, 75, 75, 3]
  assert image['dtype'] == output['dtype'] == np.uint8
  # Half a level is lost, because zero in [-1, 1] is between two pixel values.
  scale, zero_point = image['quantization']
  np.testing.assert_allclose([scale, zero_point], [1 / 127.5, 127.5], rtol=0.01)
  assert output['quantization'] == (1 / 256, 0)


class SmallNetwork:
  """Stands in for the network where its answers do not matter."""

  num_classes = 5

  def __init__(self, values, image_size):
    del values, image_size

  def __call__(self, images):
    means = tf.reduce_mean(images, axis=[1, 2])
    return types.SimpleNamespace(
      logits=tf.matmul(means, np.eye(3, 6, dtype='f'))
    )


@pytest.mark.parametrize('variant', litert_files.VARIANTS)
def test_nothing_is_printed_or_left_behind(
  variant, tmp_path, capfd, monkeypatch
):
  monkeypatch.setattr(folded_network, 'FoldedNetwork', SmallNetwork)
  temporary = tmp_path / 'temporary'
  temporary.mkdir()
  monkeypatch.setattr('tempfile.tempdir', str(temporary))
  litert_files.write(
    tmp_path / 'a.tflite',
    {},
    image_size=75,
    class_names=trained_models.CLASS_NAMES,
    variant=variant,
    calibration_images=[IMAGE] if variant == 'int8' else (),
  )
  assert capfd.readouterr() == ('', '')
  assert not list(temporary.iterdir())
  assert sorted(p.name for p in tmp_path.iterdir()) == ['a.tflite', 'temporary']


@pytest.mark.parametrize(
  ('variant', 'names', 'calibration', 'message'),
  [
    ('int4', 5, (), "one of float32, .*, int8, got 'int4'"),
    ('int8', 5, (), 'takes calibration images .*, got 0 for int8'),
    ('float16', 5, [IMAGE], 'got 1 for float16'),
    ('float32', 4, (), 'network has 5 classes, got 4 names'),
  ],
)
def test_unfitting_arguments_are_refused(
  variant, names, calibration, message, tmp_path
):
  with pytest.raises(ValueError, match=message):
    litert_files.write(
      tmp_path / 'a.tflite',
      fitted_models.values(),
      image_size=75,
      class_names=list('abcde'[:names]),
      variant=variant,
      calibration_images=calibration,
    )
  assert not list(tmp_path.iterdir())
