"""Tests of OpenVINO's files, which need the optional package."""

import importlib
import importlib.util
import json

import numpy as np
import pytest
import tensorflow as tf

from inception.exporting import openvino_files
from inception.inference import folded_network
from inception.testing import exported_models


@pytest.mark.skipif(
  not importlib.util.find_spec(openvino_files.PACKAGE),
  reason='OpenVINO is not installed',
)
@pytest.mark.parametrize(
  'precision, tolerance', [('float32', 1e-5), ('bfloat16', 0.02)]
)
def test_probabilities_are_those_of_the_network(tmp_path, precision, tolerance):
  model = exported_models.model(precision=precision)
  folder = tmp_path / 'an öutput'
  openvino_files.write(folder, model)
  size = exported_models.IMAGE_SIZE
  images = np.random.default_rng(0).uniform(-1, 1, [3, size, size, 3])
  images = images.astype(np.float32)
  network = folded_network.FoldedNetwork(model.values, image_size=size)
  expected = tf.nn.softmax(network(images).logits)[:, 1:]
  runner = openvino_files.Runner(folder, precision=precision)
  np.testing.assert_allclose(runner(images), expected, atol=tolerance)
  read = (
    importlib
    .import_module('openvino')
    .Core()
    .read_model(str(folder / openvino_files.FILE))
  )
  labels = read.get_rt_info(['model_info', 'labels']).value
  assert json.loads(labels) == list(model.info.class_names)
  assert sorted(path.name for path in folder.iterdir()) == [
    'labels.txt',
    'model.bin',
    'model.xml',
  ]


@pytest.mark.skipif(
  bool(importlib.util.find_spec(openvino_files.PACKAGE)),
  reason='OpenVINO is installed',
)
def test_missing_package_is_an_import_error(tmp_path):
  with pytest.raises(ImportError, match='openvino'):
    openvino_files.Runner(tmp_path)
