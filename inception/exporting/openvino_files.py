"""Writes and runs OpenVINO files: model.xml and model.bin.

  write   writes both files
  Runner  loads them

The input is `images`, float32 [batch, size, size, 3] in [-1, 1]: OpenVINO has
no decoder for encoded pictures. The outputs are `probabilities` [batch,
num_classes], without the background's, and `features` [batch, 2048]. The
model's rt_info has the class names and the description of export_model.

OpenVINO is an optional package, which is imported when it is used. It chooses
its arithmetic when it loads a file: it takes bfloat16 on processors that have
it, unless a hint says otherwise.
"""

import importlib
import json
import os
import pathlib
import tempfile
import types

import numpy as np
import tensorflow as tf

from inception.exporting import export_files
from inception.exporting import export_model
from inception.exporting import saved_model_files
from inception.inference import folded_network

FILE = 'model.xml'
PACKAGE = 'openvino'

_HALF = 'bfloat16'
_HINT = 'INFERENCE_PRECISION_HINT'
_HINTS = {'float32': 'f32', _HALF: 'bf16'}


def write(folder: str | os.PathLike, model: export_model.Model) -> None:
  """Writes the files.

  For bfloat16, which OpenVINO's files cannot hold, the weights are stored in
  float16.

  Args:
    folder: folder that does not exist yet.
    model: model to write.

  Raises:
    OSError: a file cannot be written.
  """
  ov = _openvino()
  size = model.info.image_size
  network = folded_network.FoldedNetwork(model.values, image_size=size)

  def predict(images: tf.Tensor) -> dict[str, tf.Tensor]:
    results = network(images)
    return {
      'probabilities': tf.nn.softmax(results.logits)[:, 1:],
      'features': results.features,
    }

  function = tf.function(
    predict,
    input_signature=[
      tf.TensorSpec([None, size, size, 3], tf.float32, name='images')
    ],
    autograph=False,
  )
  target = pathlib.Path(folder)
  target.mkdir()
  # From a folder: given a function, the converter asks Keras whether it is one
  # of its models, and Keras is not loaded here.
  with tempfile.TemporaryDirectory(dir=target) as graph:
    saved_model_files.save(tf.Module(), graph, {'predict': function})
    converted = ov.convert_model(graph)
  description = export_model.description(model)
  for path, value in (
    # Names of OpenVINO's Model API.
    (['model_info', 'model_type'], 'Classification'),
    (['model_info', 'labels'], json.dumps(description['class_names'])),
    (['model_info', 'description'], json.dumps(description)),
  ):
    converted.set_rt_info(value, path)
  ov.save_model(
    converted, str(target / FILE), compress_to_fp16=model.precision == _HALF
  )
  (target / export_files.LABELS).write_text(
    export_files.labels_text(model.info.class_names), encoding='utf-8'
  )


class Runner:
  """Runs OpenVINO files."""

  def __init__(self, folder: str | os.PathLike, *, precision: str = 'float32'):
    """Loads the files.

    Args:
      folder: folder of the files.
      precision: precision of the arithmetic, float32 or bfloat16.
    """
    self._compiled = (
      _openvino()
      .Core()
      .compile_model(
        str(pathlib.Path(folder, FILE)), 'CPU', {_HINT: _HINTS[precision]}
      )
    )

  def __call__(self, images: np.ndarray) -> np.ndarray:
    """Returns probabilities, float32 [batch, num_classes].

    Args:
      images: float32 [batch, size, size, 3] in [-1, 1].
    """
    return self._compiled({'images': images})['probabilities']


def _openvino() -> types.ModuleType:
  return importlib.import_module(PACKAGE)
