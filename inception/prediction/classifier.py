"""The network of a checkpoint, with its classes.

load          loads a checkpoint
read          reads a checkpoint's weights and information
Weights       the result of `read`
Classifier    computes the probabilities of images
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
from inception.inference import openvino_network
from inception.inference import split_network
from inception.optimization import moving_averages
from inception.prediction import checkpoint_choice
from inception.prediction import engines

_IMAGE_SIZE_OF_2016 = 299
_AUX_HEAD = 'aux_logits/'


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Weights:
  """Weights of a checkpoint.

  Attributes:
    values: {checkpoint name: value} of the network without its auxiliary head.
    info: information about the checkpoint, with the class names to print.
    trained_class_names: class names that the checkpoint itself gives; empty if
      it gives none.
  """

  values: dict[str, np.ndarray]
  info: run_info.RunInfo
  trained_class_names: tuple[str, ...]


class Classifier:
  """A checkpoint's network and its classes.

  Attributes:
    class_names: class names in the order of their labels; the first has label
      1.
    class_texts: full names of the classes; may be empty.
    trained_class_names: class names that the checkpoint itself gives; those of
      `class_names` if it gives none.
    image_size: height and width of the network's input, in pixels.
    views: number of views of each image to average, as its training evaluated.
    compute_dtype: dtype of the network's arithmetic.
    class_weights: weights of the last layer, float32 [2048, num_classes + 1].
    input_dtype: preferred dtype of the images; others are cast.
  """

  input_dtype: tf.DType = tf.float32

  def __init__(
    self,
    values: dict[str, np.ndarray],
    info: run_info.RunInfo,
    *,
    precision: str,
    trained_class_names: tuple[str, ...] = (),
    starts_fast: bool = False,
    engine: str = engines.TENSORFLOW,
  ):
    """Builds the network.

    Args:
      values: {checkpoint name: value}.
      info: information about the checkpoint.
      precision: see mixed_precision.compute_dtype.
      trained_class_names: see the attribute; empty takes those of `info`.
      starts_fast: whether to start sooner and classify more slowly, which pays
        for a few images; OpenVINO has no such choice.
      engine: result of engines.choose().

    Raises:
      engines.EngineError: the engine cannot compute in this precision.
    """
    self.class_names = info.class_names
    self.trained_class_names = trained_class_names or info.class_names
    self.class_texts = info.class_texts
    self.image_size = info.image_size
    self.views = info.views
    self.compute_dtype = mixed_precision.compute_dtype(precision)
    self._network: split_network.SplitNetwork | openvino_network.OpenVinoNetwork
    if engine == engines.OPENVINO:
      if self.compute_dtype.name not in openvino_network.PRECISIONS:
        raise engines.EngineError(
          f'OpenVINO does not compute in {self.compute_dtype.name}: give '
          '--engine=tensorflow, or --precision='
          f'{" or ".join(openvino_network.PRECISIONS)}'
        )
      self._network = openvino_network.OpenVinoNetwork(
        values, image_size=info.image_size, compute_dtype=self.compute_dtype
      )
    else:
      self.input_dtype = self.compute_dtype
      self._network = split_network.SplitNetwork(
        folded_network.FoldedNetwork(
          values,
          image_size=info.image_size,
          compute_dtype=self.compute_dtype,
          as_constants=not starts_fast,
        )
      )
    self.class_weights, _ = self._network.classifier

  def __call__(
    self, images: Sequence[tf.Tensor]
  ) -> tuple[np.ndarray, tf.Tensor]:
    """Classifies images.

    Args:
      images: float [any number, image_size, image_size, 3], in [-1, 1];
        concatenated, they are one batch.

    Returns:
      Probabilities, float64 [batch, num_classes + 1]; and the last maps,
      [batch, height, width, 2048].
    """
    results = self._network(tf.concat(images, axis=0))
    # In float64 no probability underflows, so that its logarithm can be scaled.
    logits = tf.cast(results.logits, tf.float64)
    return tf.nn.softmax(logits).numpy(), results.maps


def load(
  prefix: str,
  *,
  labels: Sequence[str] = (),
  precision: str | None = None,
  starts_fast: bool = False,
  engine: str = engines.TENSORFLOW,
) -> Classifier:
  """Returns a checkpoint's network, with its averaged weights if it has them.

  Args:
    prefix: result of checkpoint_choice.locate().
    labels: class names in place of the checkpoint's; required for a checkpoint
      of 2016, which has none.
    precision: precision of the network's arithmetic; None is the training's.
    starts_fast: see Classifier.
    engine: see Classifier.

  Raises:
    checkpoint_readers.CheckpointError: the checkpoint cannot be read.
    checkpoint_choice.ModelError: the checkpoint is of another network or of
      another version of the program, has no class names, or another number of
      them.
    engines.EngineError: the engine cannot compute in this precision.
  """
  weights = read(prefix, labels=labels)
  return Classifier(
    weights.values,
    weights.info,
    precision=precision or weights.info.settings.get('precision', 'float32'),
    trained_class_names=weights.trained_class_names,
    starts_fast=starts_fast,
    engine=engine,
  )


def read(prefix: str, *, labels: Sequence[str] = ()) -> Weights:
  """Returns a checkpoint's weights, averaged ones if it has them.

  Args:
    prefix: see load.
    labels: see load.

  Raises:
    checkpoint_readers.CheckpointError: see load.
    checkpoint_choice.ModelError: see load.
  """
  with contextlib.closing(checkpoint_readers.open_reader(prefix)) as reader:
    info = _info(reader)
    return Weights(
      info=_named(info, labels, reader),
      values=_read(reader),
      trained_class_names=info.class_names,
    )


def _read(reader: checkpoint_readers.Reader) -> dict[str, np.ndarray]:
  """Returns {name: value}, with moving averages where the checkpoint has them.

  Raises:
    checkpoint_choice.ModelError: a variable of the network is missing.
  """
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


def _info(reader: checkpoint_readers.Reader) -> run_info.RunInfo:
  """Returns the checkpoint's run_info, which has no names for one of 2016.

  Raises:
    checkpoint_choice.ModelError: it is damaged, or needs other preprocessing.
  """
  text = reader.text(run_info.VARIABLE)
  if text is None:
    return run_info.RunInfo(
      class_names=(),
      data_name='',
      image_size=_IMAGE_SIZE_OF_2016,
      preprocessing=image_processing.EVAL_PREPROCESSING,
      settings={},
    )
  try:
    info = run_info.RunInfo.from_json(text)
  except ValueError as error:
    raise checkpoint_choice.ModelError(f'{reader.path!r}: {error}') from error
  if info.preprocessing != image_processing.EVAL_PREPROCESSING:
    raise checkpoint_choice.ModelError(
      f'{reader.path!r} needs its images prepared differently '
      f'({info.preprocessing}): use the program that made it'
    )
  return info


def _named(
  info: run_info.RunInfo,
  labels: Sequence[str],
  reader: checkpoint_readers.Reader,
) -> run_info.RunInfo:
  """Returns `info` with the class names to print.

  Raises:
    checkpoint_choice.ModelError: there are none, or another number of them.
  """
  num_classes = reader.shapes.get('logits/logits/biases', (0,))[0] - 1
  if labels:
    if num_classes >= 1 and len(labels) != num_classes:
      raise checkpoint_choice.ModelError(
        f'{reader.path!r} has {num_classes} classes, and --labels_file names '
        f'{len(labels)}: give the labels file of its training'
      )
    return dataclasses.replace(info, class_names=tuple(labels), class_texts=())
  if not info.class_names:
    raise checkpoint_choice.ModelError(
      f'{reader.path!r} does not name its {num_classes} classes, as those of '
      '2016 do not: give --labels_file, with one class name per line in the '
      'order of their labels'
    )
  return info
