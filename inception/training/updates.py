"""Makes the updates of a training run, with gradients when they are logged.

Updates  the traced train step, and the one that also returns gradients
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from inception.training import run_spec
from inception.training import train_state
from inception.training import train_step
from inception.training import training_data


class Updates:
  """The train step with and without gradients among its results."""

  def __init__(
    self,
    spec: run_spec.RunSpec,
    state: train_state.TrainState,
    source: training_data.BatchSource,
  ):
    """Traces the step on a single device, so the first step is not slower.

    Args:
      spec: Description of the run.
      state: Variables to update.
      source: Source of the batches.
    """
    config = spec.train_config
    self._replicas = spec.replicas
    self._histogram_steps = config.histogram_interval_steps
    options = train_step.Options(
      from_features=config.trains_head_only,
      batch_norm_decay=config.batch_norm_decay,
      clip_gradient_norm=config.clip_gradient_norm,
      mixup_alpha=config.mixup_alpha,
      cutmix_alpha=config.cutmix_alpha,
    )
    plain, self._with_gradients = (
      train_step.make_train_step(
        state,
        options=options,
        strategy=spec.replicas.strategy,
        with_gradients=with_gradients,
      )
      for with_gradients in (False, True)
    )
    self._plain: Callable[..., Mapping[str, tf.Tensor]] = plain
    if spec.replicas.count == 1:
      scalar = tf.TensorSpec([], tf.float32)
      self._plain = plain.get_concrete_function(
        source.input_spec,
        tf.TensorSpec(source.input_spec.shape[:1], tf.int32),
        scalar,
        scalar,
      )

  def make(
    self,
    step: int,
    inputs: tf.Tensor | np.ndarray,
    labels: tf.Tensor | np.ndarray,
    *,
    rate: float,
    stop: bool,
  ) -> dict[str, Any]:
    """Makes an update.

    Args:
      step: Index of the step.
      inputs: float32 images or features, this host's part of the batch.
      labels: int32 [batch].
      rate: Learning rate.
      stop: Whether this host wants to stop.

    Returns:
      The results of train_step.make_train_step, scalars as Python floats;
      'gradients' only if the step's histograms are due.
    """
    is_due = self._histogram_steps and step % self._histogram_steps == 0
    update = self._with_gradients if is_due else self._plain
    shared_inputs, shared_labels = self._replicas.share(
      tf.convert_to_tensor(inputs), tf.convert_to_tensor(labels)
    )
    results = update(
      shared_inputs,
      shared_labels,
      tf.constant(rate, tf.float32),
      tf.constant(float(stop), tf.float32),
    )
    return {
      name: value if name == 'gradients' else float(value)
      for name, value in results.items()
    }
