"""The network of a checkpoint, with what the checkpoint says of its classes.

load          a checkpoint -> Classifier
Classifier    images -> probabilities
"""

import contextlib
import dataclasses
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from inception import image_processing
from inception.checkpoints import checkpoint_names
from inception.checkpoints import checkpoint_readers
from inception.checkpoints import run_info
from inception.hardware import mixed_precision
from inception.inference import folded_network
from inception.optimization import moving_averages
from inception.prediction import checkpoint_choice

_IMAGE_SIZE_OF_2016 = 299
_AUX_HEAD = 'aux_logits/'


class Classifier:
  """A network and its classes.

  Attributes:
    class_names: in the order of their labels; the first has label 1.
    class_texts: what they are called in full; may be empty.
    image_size: height and width of the network's input.
    compute_dtype: of the network's arithmetic.
    class_weights: float32 [2048, num_classes + 1], of the last layer.
  """

  def __init__(
    self,
    values: dict[str, np.ndarray],
    info: run_info.RunInfo,
    *,
    precision: str,
    starts_fast: bool = False,
  ):
    """Builds the network.

    Args:
      values: {checkpoint name: value}.
      info: of the checkpoint.
      precision: see mixed_precision.compute_dtype.
      starts_fast: begin sooner and classify slower, for a few images.
    """
    self.class_names = info.class_names
    self.class_texts = info.class_texts
    self.image_size = info.image_size
    self.compute_dtype = mixed_precision.compute_dtype(precision)
    self._network = folded_network.FoldedNetwork(
      values,
      image_size=info.image_size,
      compute_dtype=self.compute_dtype,
      as_constants=not starts_fast,
    )
    self.class_weights, _ = self._network.classifier

  def __call__(
    self, images: Sequence[tf.Tensor]
  ) -> tuple[np.ndarray, tf.Tensor]:
    """Classifies images.

    Args:
      images: float32 [any number, image_size, image_size, 3], in [-1, 1], one
        after the other a batch.

    Returns:
      Probabilities, float32 [batch, num_classes + 1]; and the last maps,
      [batch, height, width, 2048].
    """
    results = self._network(tf.concat(images, axis=0))
    return tf.nn.softmax(results.logits).numpy(), results.maps


def load(
  prefix: str,
  *,
  labels: Sequence[str] = (),
  precision: str | None = None,
  starts_fast: bool = False,
) -> Classifier:
  """Returns a checkpoint's network, with its averaged weights if it has them.

  Args:
    prefix: of locate().
    labels: class names in place of the checkpoint's; needed for one of 2016,
      which has none.
    precision: of the network's arithmetic; None is the training's.
    starts_fast: see Classifier.

  Raises:
    checkpoint_readers.CheckpointError: it cannot be read.
    checkpoint_choice.ModelError: it is of another network or of another
      program's version, has no class names, or another number of them.
  """
  with contextlib.closing(checkpoint_readers.open_reader(prefix)) as reader:
    info = _info(reader, labels)
    values = _read(reader)
  chosen = precision or info.settings.get('precision', 'float32')
  return Classifier(values, info, precision=chosen, starts_fast=starts_fast)


def _read(reader) -> dict[str, np.ndarray]:
  """Returns {name: value}: the moving average where there is one."""
  wanted = [
    name
    for name in checkpoint_names.slim_names()
    if not name.startswith(_AUX_HEAD)
  ]
  missing = [name for name in wanted if name not in reader.shapes]
  if missing:
    raise checkpoint_choice.ModelError(
      f'{reader.path!r} lacks {len(missing)} of '
      f'{len(wanted)} variables of Inception v3 ({missing[0]}, ...): give a '
      'checkpoint of a training'
    )
  averages = {name: moving_averages.shadow_name(name) for name in wanted}
  return {
    name: reader.read(average if average in reader.shapes else name)
    for name, average in averages.items()
  }


def _info(reader, labels: Sequence[str]) -> run_info.RunInfo:
  """Returns what the checkpoint says of itself, completed by the labels."""
  place = repr(reader.path)
  text = reader.text(run_info.VARIABLE)
  if text is None:
    info = run_info.RunInfo(
      class_names=(),
      data_name='',
      image_size=_IMAGE_SIZE_OF_2016,
      preprocessing=image_processing.EVAL_PREPROCESSING,
      settings={},
    )
  else:
    try:
      info = run_info.RunInfo.from_json(text)
    except ValueError as error:
      raise checkpoint_choice.ModelError(f'{place}: {error}') from error
  if info.preprocessing != image_processing.EVAL_PREPROCESSING:
    raise checkpoint_choice.ModelError(
      f'{place} wants its images prepared in another way '
      f'({info.preprocessing}): use the program that made it'
    )
  shape = reader.shapes.get('logits/logits/biases', (0,))
  num_classes = shape[0] - 1
  if labels:
    if num_classes >= 1 and len(labels) != num_classes:
      raise checkpoint_choice.ModelError(
        f'{reader.path!r} has {num_classes} classes, and --labels_file names '
        f'{len(labels)}: give the labels file of its training'
      )
    return dataclasses.replace(info, class_names=tuple(labels), class_texts=())
  if not info.class_names:
    raise checkpoint_choice.ModelError(
      f'{place} does not say what its {num_classes} classes are called, as '
      'those of 2016 do not: give --labels_file, with one class name a line '
      'in the order of their labels'
    )
  return info
