"""Makes the updates of a training run, with gradients when they are logged.

Updates  the traced train step, the one that also returns gradients, and the one
         that makes several updates of a head
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from inception.training import joined_updates
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
    self._config = config = spec.train_config
    self._replicas = spec.replicas
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
    self._joined: joined_updates.JoinedUpdates | None = None
    if spec.replicas.count == 1 and config.trains_head_only:
      self._joined = joined_updates.JoinedUpdates(plain, source.input_spec)
    elif spec.replicas.count == 1:
      scalar = tf.TensorSpec([], tf.float32)
      self._plain = plain.get_concrete_function(
        source.input_spec,
        tf.TensorSpec(source.input_spec.shape[:1], tf.int32),
        scalar,
        scalar,
      )

  def num_joined(self, step: int, *, num_steps: int, log_interval: int) -> int:
    """Returns the number of updates from `step` on that `make` may make.

    Args:
      step: Index of the first step.
      num_steps: Number of updates of the complete run; more than `step`.
      log_interval: Steps between those that are logged.
    """
    if self._joined is None:
      return 1
    return joined_updates.num_joined(
      step, self._config, num_steps=num_steps, log_interval=log_interval
    )

  def make(
    self,
    step: int,
    batches: Sequence[tuple[Any, Any]],
    *,
    rates: Sequence[float],
    stop: bool,
  ) -> list[dict[str, Any]]:
    """Makes an update for each batch.

    Args:
      step: Index of the first step.
      batches: (float32 images or features, int32 labels [batch]), this host's
        parts; at most num_joined.
      rates: Learning rate of each update.
      stop: Whether this host wants to stop.

    Returns:
      The results of train_step.make_train_step for each update, scalars as
      Python floats; 'gradients' only if the step's histograms are due.
    """
    interval = self._config.histogram_interval_steps
    is_due = bool(interval) and step % interval == 0
    if self._joined and not is_due:
      return self._joined.make(batches, rates, stop=stop)
    update = self._with_gradients if is_due else self._plain
    ((inputs, labels),), (rate,) = batches, rates
    shared_inputs, shared_labels = self._replicas.share(
      tf.convert_to_tensor(inputs), tf.convert_to_tensor(labels)
    )
    results = update(
      shared_inputs,
      shared_labels,
      tf.constant(rate, tf.float32),
      tf.constant(float(stop), tf.float32),
    )
    return [
      {
        name: value if name == 'gradients' else float(value)
        for name, value in results.items()
      }
    ]
