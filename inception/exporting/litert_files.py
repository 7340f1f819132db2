"""Writes the network as a LiteRT (TFLite) file, for phones and small machines.

VARIANTS   names of the variants of a file
write      writes one file

A file's input is an RGB image; its output is the probabilities of the classes,
without the background's, because apps pair the output's columns with the lines
of the labels file, which has one class per line. The batch dimension can be
resized.

  float32        the network as it is
  float16        weights rounded to float16: half the size
  dynamic_int8   weights of 8 bits with a scale per channel; activations are
                 quantized while the network runs: a quarter of the size
  int8           activations of 8 bits as well, with ranges that are measured on
                 calibration images; the input is uint8 pixels and the output
                 uint8 in steps of 1/256, for processors without a floating-
                 point unit

TensorFlow's converter writes them (arXiv 1712.05877). Batch norm is folded
first, so that a channel's quantized weights include its factor.
"""

import contextlib
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf
from absl import logging

from inception.exporting import export_files
from inception.exporting import litert_metadata
from inception.exporting import litert_packing
from inception.inference import folded_network
from inception.jobs import atomic_files
from inception.jobs import standard_error

VARIANTS = ('float32', 'float16', 'dynamic_int8', 'int8')
# The variant that takes calibration images, and whose input is uint8 pixels.
INT8 = 'int8'

_TEXTS = {
  'float32': 'float32',
  'float16': 'weights in float16',
  'dynamic_int8': 'weights in 8 bits',
  'int8': 'weights and activations in 8 bits',
}


def write(
  path: str | os.PathLike,
  values: Mapping[str, np.ndarray],
  *,
  image_size: int,
  class_names: Sequence[str],
  variant: str,
  calibration_images: Iterable[np.ndarray] = (),
  name: str = 'Inception v3',
  version: str = '',
) -> None:
  """Writes a LiteRT file.

  Args:
    path: path of the file.
    values: {checkpoint name: value} of the network's variables, as
      FoldedNetwork takes them.
    image_size: height and width of the images in pixels, at least 75.
    class_names: class names in the order of their labels; the first has label
      1.
    variant: one of VARIANTS.
    calibration_images: for int8, batches as the network sees them: float32
      [1, image_size, image_size, 3] in [-1, 1].
    name: name of the model in the metadata.
    version: version of the model in the metadata; may be empty.

  Raises:
    ValueError: there is no such variant; the number of class names is not that
      of the network; calibration images are missing or superfluous.
    OSError: the file cannot be written.
  """
  calibration = list(calibration_images)
  _check(variant, calibration)
  network = folded_network.FoldedNetwork(values, image_size=image_size)
  if network.num_classes != len(class_names):
    raise ValueError(
      f'the network has {network.num_classes} classes, got '
      f'{len(class_names)} names'
    )
  description = (
    f'Classifies an image of {image_size} x {image_size} pixels as one of '
    f'{len(class_names)} classes ({_TEXTS[variant]}).'
  )
  content = litert_packing.pack(
    _convert(network, image_size, variant, calibration),
    description=description,
    metadata=litert_metadata.metadata(
      name=name,
      description=description,
      version=version,
      image_size=image_size,
      takes_pixels=variant == INT8,
    ),
    files={
      litert_metadata.LABELS_FILE: export_files.labels_text(class_names).encode(
        'utf-8'
      )
    },
  )
  atomic_files.write_bytes(path, content)


def _check(variant: str, calibration: Sequence[np.ndarray]) -> None:
  if variant not in VARIANTS:
    raise ValueError(
      f'variant must be one of {", ".join(VARIANTS)}, got {variant!r}'
    )
  if (variant == INT8) != bool(calibration):
    raise ValueError(
      f'{INT8} takes calibration images and the other variants none, got '
      f'{len(calibration)} for {variant}'
    )


def _convert(
  network: folded_network.FoldedNetwork,
  image_size: int,
  variant: str,
  calibration: Sequence[np.ndarray],
) -> bytes:
  """Returns the converter's result."""

  def probabilities(image: tf.Tensor) -> tf.Tensor:
    # A column per line of the labels file: without the background's.
    return tf.nn.softmax(network(image).logits)[:, 1:]

  function = tf.function(
    probabilities,
    input_signature=[
      tf.TensorSpec([None, image_size, image_size, 3], tf.float32)
    ],
    autograph=False,
  )
  with _quiet():
    converter = tf.lite.TFLiteConverter.from_concrete_functions([
      function.get_concrete_function()
    ])
    if variant != 'float32':
      converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if variant == 'float16':
      converter.target_spec.supported_types = [tf.float16]
    if variant == INT8:
      converter.representative_dataset = lambda: ([b] for b in calibration)
      converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS_INT8
      ]
      converter.inference_input_type = tf.uint8
      converter.inference_output_type = tf.uint8
    return converter.convert()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
  """Drops the converter's messages; its errors are exceptions.

  It reports its progress on standard error, in Python and in C++, and advises
  against conversion without a SavedModel, which would need a temporary folder.
  """
  verbosity = logging.get_verbosity()
  logging.set_verbosity(logging.ERROR)
  try:
    with warnings.catch_warnings(), standard_error.silenced():
      warnings.simplefilter('ignore')
      yield
  finally:
    logging.set_verbosity(verbosity)
