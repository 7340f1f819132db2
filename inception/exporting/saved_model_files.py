"""Writes a model as a TensorFlow SavedModel.

  write   writes the folder
  save    saves functions as the signatures of a SavedModel

Signatures:

  serving_default, classify   image_bytes (files) -> answers, features, note
  predict                     images (pixels in [-1, 1]) -> answers, features
  explain                     images -> logits, and the last maps
  describe                    nothing -> description (JSON), class_weights

The input's name ends in _bytes: in TensorFlow Serving's REST interface it takes
{"b64": ...}. `description` is a string in JSON (export_model), which
assets.extra/model.json holds too, for programs that do not load the network.
The maps and class_weights, those of the last layer, give class activation maps
(prediction/activation_maps).

The weights are constants of the graph rather than variables: oneDNN converts a
constant to the layout of its kernels once, a variable at every call. The graph
is about as large as the variables would be, since all signatures call one
function, and its 2 GB limit is far away.
"""

import contextlib
import json
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping

import tensorflow as tf
from absl import logging

from inception.exporting import answer_ops
from inception.exporting import encoded_images
from inception.exporting import export_files
from inception.exporting import export_model
from inception.hardware import mixed_precision
from inception.inference import folded_network

# TensorFlow's own type of the result of tf.function cannot be named.
Function = Callable[..., dict[str, tf.Tensor]]


def write(folder: str | os.PathLike, model: export_model.Model) -> None:
  """Writes a SavedModel.

  Args:
    folder: folder that does not exist yet.
    model: model to write.

  Raises:
    OSError: a file cannot be written.
  """
  module = tf.Module()
  signatures = _signatures(model)
  # A function that no object refers to would be deleted before it is saved.
  for name, function in signatures.items():
    setattr(module, name, function)
  save(module, folder, signatures)
  extra = pathlib.Path(folder, export_files.EXTRA)
  extra.mkdir()
  (extra / export_files.DESCRIPTION).write_text(
    json.dumps(export_model.description(model), indent=1, ensure_ascii=False)
    + '\n',
    encoding='utf-8',
  )
  (extra / export_files.LABELS).write_text(
    export_files.labels_text(model.info.class_names), encoding='utf-8'
  )


def save(
  module: tf.Module,
  folder: str | os.PathLike,
  signatures: Mapping[str, Function],
) -> None:
  """Saves functions as a SavedModel, without TensorFlow's messages.

  Args:
    module: object that holds the functions.
    folder: folder of the SavedModel.
    signatures: {name: function}.
  """
  with _quiet():
    tf.saved_model.save(module, os.fspath(folder), signatures=dict(signatures))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
  """Keeps TensorFlow's progress messages off stderr within the block."""
  verbosity = logging.get_verbosity()
  logging.set_verbosity(logging.WARNING)
  logger = tf.get_logger()
  level = logger.level
  logger.setLevel('WARNING')
  try:
    yield
  finally:
    logger.setLevel(level)
    logging.set_verbosity(verbosity)


def _signatures(model: export_model.Model) -> dict[str, Function]:
  """Returns {name: function} of the signatures."""
  size = model.info.image_size
  network = folded_network.FoldedNetwork(
    model.values,
    image_size=size,
    compute_dtype=mixed_precision.compute_dtype(model.precision),
  )
  description = json.dumps(
    export_model.description(model), ensure_ascii=False
  ).encode('utf-8')

  def predict(images: tf.Tensor) -> dict[str, tf.Tensor]:
    results = network(images)
    return answer_ops.answers(
      results.logits, class_names=model.info.class_names, rule=model.rule
    ) | {'features': results.features}

  def classify(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
    images, note = encoded_images.network_input(image_bytes, size=size)
    return predict(images) | {'note': note}

  def explain(images: tf.Tensor) -> dict[str, tf.Tensor]:
    results = network(images)
    return {'logits': results.logits, 'maps': tf.cast(results.maps, tf.float32)}

  def describe() -> dict[str, tf.Tensor]:
    return {
      'description': tf.constant(description),
      'class_weights': tf.constant(network.classifier[0]),
    }

  encoded = _function(
    classify, tf.TensorSpec([None], tf.string, name='image_bytes')
  )
  pixels = tf.TensorSpec([None, size, size, 3], tf.float32, name='images')
  return {
    'serving_default': encoded,
    'classify': encoded,
    'predict': _function(predict, pixels),
    'explain': _function(explain, pixels),
    'describe': _function(describe),
  }


def _function(
  function: Callable[..., dict[str, tf.Tensor]], *specs: tf.TensorSpec
) -> Function:
  # No Python here depends on a tensor; AutoGraph would cost seconds.
  return tf.function(function, input_signature=specs, autograph=False)
