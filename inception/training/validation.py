"""Evaluates the averaged weights during training, on the complete subset.

make               makes the validation that a run needs, or None
Validation         evaluates the averaged weights on images
FeatureValidation  evaluates a last layer on cached features

Recalibrated statistics are also stored in the checkpoints: see
Validation.statistics.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Generator, Iterable

import numpy as np
import tensorflow as tf

from inception import dataset as dataset_lib
from inception import inception_model
from inception.evaluation import evaluator
from inception.evaluation import views as views_lib
from inception.optimization import batch_norm_recalibration
from inception.optimization import moving_averages
from inception.settings import config
from inception.training import run_spec
from inception.training import train_state
from inception.training import training_cost
from inception.training import training_data


class Validation:
  """Evaluates the averaged weights of a training run in a separate network."""

  def __init__(
    self,
    state: train_state.TrainState,
    data: dataset_lib.Dataset,
    settings: config.InputConfig,
    *,
    views: int = 1,
    recalibration: Callable[[], Iterable[tf.Tensor]] | None = None,
    trained_scopes: tuple[str, ...] = ('',),
    cost: training_cost.Account | None = None,
  ):
    """Makes the network.

    Args:
      state: State of the training run.
      data: Records to evaluate on.
      settings: Settings of the batches, with the subset to evaluate on.
      views: Number of views of each image whose probabilities are averaged.
      recalibration: Function that returns the batches from which batch norm's
        statistics are recomputed; None keeps the averaged statistics.
      trained_scopes: Scopes of variables that the run trains; statistics of
        frozen layers are kept.
      cost: Account to which the evaluations are added.
    """
    self._state = state
    self._model = inception_model.InceptionModel(
      num_classes=data.num_classes,
      trained_scopes=trained_scopes,
      compute_dtype=state.model.compute_dtype,
    )
    self._evaluator = evaluator.Evaluator(
      views_lib.classifier(
        lambda images: self._model.inference(images, is_training=False).logits,
        num_views=views,
      ),
      data,
      settings,
      has_crops=views > 2,
    )
    self._views = views
    self._batches = recalibration
    self._recalibrator = batch_norm_recalibration.Recalibrator(self._model)
    self._prepared_step = -1
    self._cost = cost
    self._image_size = settings.image_size

  def _prepare(self) -> None:
    """Copies the averaged weights into the network, once per step."""
    step = int(self._state.global_step.numpy())
    if step == self._prepared_step:
      return
    shadows = self._state.averages.shadows
    for name, variable in self._model.variables.items():
      variable.assign(shadows[moving_averages.shadow_name(name)])
    if self._batches is not None:
      self._recalibrator.run(self._batches())
    self._prepared_step = step

  def run(self) -> evaluator.Result:
    """Evaluates the current averaged weights.

    Raises:
      dataset.DatasetError: a record is not usable.
    """
    self._prepare()
    result = self._evaluator.run()
    if self._cost is not None:
      self._cost.add_forward(
        result.num_examples * self._views, self._image_size
      )
    return result

  def statistics(self) -> dict[str, tf.Tensor]:
    """Returns the values that checkpoints store for the statistics' shadows.

    The training's own shadows are stored under different names, so that an
    interrupted run resumes as if it had not been interrupted.

    Returns:
      {checkpoint name: value}; empty without recalibration.
    """
    if self._batches is None:
      return {}
    self._prepare()
    shadows = self._state.averages.shadows
    values = {}
    for name, variable in self._model.variables.items():
      if name.rpartition('/')[2].startswith('moving_'):
        shadow = moving_averages.shadow_name(name)
        values[shadow] = variable.read_value()
        values[shadow + train_state.BEFORE_RECALIBRATION] = shadows[
          shadow
        ].read_value()
    return values


class FeatureValidation:
  """Evaluates a last layer that is trained on cached features."""

  def __init__(
    self,
    state: train_state.TrainState,
    features: np.ndarray,
    labels: np.ndarray,
  ):
    """Stores the features.

    Args:
      state: State of the training run.
      features: float32 [examples, 2048] features of the subset to evaluate on.
      labels: int32 [examples], in [1, num_classes].
    """
    self._state = state
    self._features = tf.constant(features)
    self._labels = tf.constant(labels)
    self._k = min(evaluator.MAX_K, state.model.num_classes)

  def run(self) -> evaluator.Result:
    """Evaluates the current averaged weights."""
    shadows = self._state.averages.shadows
    weights, biases = (
      shadows[moving_averages.shadow_name(f'logits/logits/{name}')]
      for name in ('weights', 'biases')
    )
    logits = tf.linalg.matmul(self._features, weights) + biases
    hits = evaluator.count_hits(
      logits, self._labels, tf.ones_like(self._labels, tf.bool), k=self._k
    )
    return evaluator.Result(
      num_examples=len(self._labels),
      num_correct=int(hits[0]),
      num_in_top_k=int(hits[1]),
      k=self._k,
    )

  def statistics(self) -> dict[str, tf.Tensor]:
    """Returns an empty dictionary: a head has no batch norm."""
    return {}


AnyValidation = Validation | FeatureValidation


def make(
  spec: run_spec.RunSpec,
  state: train_state.TrainState,
  source: training_data.BatchSource,
) -> AnyValidation | None:
  """Returns the validation that a run needs.

  Args:
    spec: Description of the run, with its seed.
    state: State of the training run.
    source: Source of the training batches, for their features.

  Returns:
    The validation; None if the run needs neither evaluation nor recalibration,
    and on hosts other than the chief.
  """
  config = spec.train_config
  num_batches = config.batch_norm_recalibration_batches
  if not spec.replicas.is_chief:
    return None
  if not config.eval_interval_steps and not num_batches:
    return None
  settings = dataclasses.replace(
    spec.input_config,
    subset=config.eval_subset,
    image_size=spec.eval_image_size,
  )
  if isinstance(source, training_data.FeatureSource):
    return FeatureValidation(state, *source.plain(settings))

  # The statistics depend on the size of the images: see RESULTS.md.
  images = training_data.ImageSource(
    spec.dataset,
    dataclasses.replace(spec.input_config, image_size=spec.eval_image_size),
    spec.replicas,
  )

  def recalibration() -> Generator[tf.Tensor, None, None]:
    batches = images.batches(0)
    with contextlib.closing(batches):
      for _ in range(num_batches):
        yield next(batches)[0]
        spec.cost.add_forward(
          spec.input_config.batch_size, spec.eval_image_size
        )

  return Validation(
    state,
    spec.dataset,
    settings,
    views=config.eval_views,
    recalibration=recalibration if num_batches else None,
    trained_scopes=config.scope_prefixes,
    cost=spec.cost,
  )
