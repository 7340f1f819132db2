"""Trains: from records to checkpoints, until the last step or a stop.

  train        runs a training, and reports what happens as events
  the events   DamagedCheckpoint, Restored, Resumed, Started, StepDone, Saved
  TrainResult  how the run ended
"""

import dataclasses
import math
import pathlib
import random
import time
from collections.abc import Callable, Iterator

import filelock
import tensorflow as tf

from inception import checkpoint
from inception import config
from inception import dataset as dataset_lib
from inception import inception_model
from inception import input_pipeline
from inception import optimizer
from inception import precision
from inception import summaries
from inception import train_step

_LOCK_FILE = '.flowers_train.lock'


class TrainError(ValueError):
  """The run cannot start or go on; the text says why and what to do."""


@dataclasses.dataclass(frozen=True)
class DamagedCheckpoint:
  """A checkpoint of train_dir cannot be read: the one before it is tried.

  Attributes:
    prefix: of the damaged one.
    reason: a sentence without full stop.
  """
  prefix: str
  reason: str


@dataclasses.dataclass(frozen=True)
class Restored:
  """The pretrained checkpoint was read."""
  report: checkpoint.Report


@dataclasses.dataclass(frozen=True)
class Resumed:
  """train_dir's newest checkpoint was read: `step` updates were made."""
  prefix: str
  step: int


@dataclasses.dataclass(frozen=True)
class Started:
  """The first step is about to run.

  Attributes:
    devices: how many share a batch.
    compute_dtype: name of the network's number format.
    num_examples: in the subset.
    num_classes: without background.
    from_scratch: weights are random.
  """
  devices: int
  compute_dtype: str
  num_examples: int
  num_classes: int
  from_scratch: bool


@dataclasses.dataclass(frozen=True)
class StepDone:
  """A step to be logged; the rates are means since the one before.

  Attributes:
    step: 0 for the first of the training.
    loss: total loss of the batch, before the update.
    examples_per_sec: of the whole loop, input included.
    sec_per_batch: likewise.
  """
  step: int
  loss: float
  examples_per_sec: float
  sec_per_batch: float


@dataclasses.dataclass(frozen=True)
class Saved:
  """A checkpoint was written."""
  prefix: str


@dataclasses.dataclass(frozen=True)
class TrainResult:
  """How the run ended.

  Attributes:
    num_updates: of the training's whole life.
    prefix: the newest checkpoint.
    stopped: by stop_requested, before max_steps.
  """
  num_updates: int
  prefix: str
  stopped: bool


Event = (DamagedCheckpoint | Restored | Resumed | Started | StepDone | Saved)


def train(dataset: dataset_lib.Dataset, train_config: config.TrainConfig,
          input_config: config.InputConfig, *,
          on_event: Callable[[Event], None] = lambda event: None,
          stop_requested: Callable[[], bool] = lambda: False) -> TrainResult:
  """Trains until max_steps or until stop_requested says so, and saves.

  A train_dir that holds a checkpoint is resumed. Checkpoint model.ckpt-N is
  the state after step N, that is after N + 1 updates.

  Args:
    dataset: what is trained on.
    train_config: the run.
    input_config: the batches.
    on_event: called with each event, in order.
    stop_requested: asked after each step.

  Raises:
    TrainError: the run cannot start, or the loss is not finite.
    checkpoint.CheckpointError: a checkpoint cannot be read or written.
    dataset.DatasetError: the records cannot be used.
  """
  devices = _devices(train_config, input_config)
  num_examples = dataset.num_examples(input_config.subset)
  dataset.shard_files(input_config.subset)  # Fails early where there is none.
  folder = pathlib.Path(train_config.train_dir)
  folder.mkdir(parents=True, exist_ok=True)
  lock = filelock.FileLock(folder / _LOCK_FILE)
  try:
    lock.acquire(timeout=0)
  except filelock.Timeout as error:
    raise TrainError(f'another training writes into {str(folder)!r}: wait for '
                     'it, stop it, or give another --train_dir') from error
  with lock:
    state, from_scratch = _prepare(dataset, train_config, input_config,
                                   on_event)
    on_event(Started(
        devices=len(devices), compute_dtype=state.model.compute_dtype.name,
        num_examples=num_examples, num_classes=dataset.num_classes,
        from_scratch=from_scratch))
    rates = _schedule(train_config, input_config, num_examples)
    return _Loop(state, dataset, train_config, input_config, devices, rates,
                 on_event, stop_requested).run()


def _devices(train_config, input_config) -> list[str]:
  """Returns the devices that share a batch."""
  count = train_config.num_gpus
  if train_config.log_device_placement:
    tf.debugging.set_log_device_placement(True)
  if count == 1:
    return ['']  # TensorFlow's choice: the first GPU, or else the processor.
  found = len(tf.config.list_logical_devices('GPU'))
  if count > found:
    raise TrainError(f'--num_gpus={count}, but TensorFlow sees {found} GPUs '
                     'here: give at most that many (1 also means the '
                     'processor where there is no GPU)')
  if input_config.batch_size % count:
    raise TrainError(f'--batch_size={input_config.batch_size} cannot be split '
                     f'evenly over --num_gpus={count}')
  return [f'/gpu:{i}' for i in range(count)]


def _schedule(train_config, input_config,
              num_examples) -> Callable[[int], float]:
  """Returns step -> learning rate."""
  decayed = _decayed(train_config, input_config, num_examples)
  if not train_config.warmup_steps:
    return decayed
  return lambda step: decayed(step) * optimizer.warm_up(
      step, warmup_steps=train_config.warmup_steps)


def _decayed(train_config, input_config,
             num_examples) -> Callable[[int], float]:
  """Returns step -> learning rate, but for the warm-up."""
  initial = train_config.initial_learning_rate
  match train_config.learning_rate_schedule:
    case 'cosine':
      return lambda step: optimizer.cosine_decay(
          step, initial=initial, max_steps=train_config.max_steps)
    case 'constant':
      return lambda step: initial
  steps_per_decay = optimizer.decay_steps(
      num_examples=num_examples, batch_size=input_config.batch_size,
      num_epochs_per_decay=train_config.num_epochs_per_decay)
  return lambda step: optimizer.exponential_decay(
      step, initial=initial,
      decay_factor=train_config.learning_rate_decay_factor,
      steps_per_decay=steps_per_decay)


def _prepare(dataset, train_config, input_config, on_event):
  """Returns (state, whether its weights are random): new, restored, resumed."""
  seed = input_config.seed
  if seed is None:
    seed = random.SystemRandom().randrange(2**31)
  model = inception_model.InceptionModel(
      num_classes=dataset.num_classes, seed=seed,
      compute_dtype=precision.compute_dtype(train_config.precision))
  state = train_step.TrainState(
      model, seed=seed, optimizer_name=train_config.optimizer,
      moving_average_decay=train_config.moving_average_decay,
      batch_norm_decay=train_config.batch_norm_decay)
  resumed = checkpoint.restore_newest(
      train_config.train_dir, lambda prefix: _resume(state, prefix),
      on_damaged=lambda *event: on_event(DamagedCheckpoint(*event)))
  pretrained = train_config.pretrained_model_checkpoint_path
  if resumed:
    if input_config.seed is not None:
      state.seed.assign(input_config.seed)
    on_event(Resumed(resumed[0], int(state.global_step)))
  elif pretrained:
    report = checkpoint.restore_pretrained(
        pretrained, model.variables,
        exclude=inception_model.CLASSIFIER_PREFIXES if train_config.fine_tune
        else ())
    on_event(Restored(report))
    state.start_from_restored()
  return state, not resumed and not pretrained


def _resume(state: train_step.TrainState, prefix: str) -> None:
  """Reads the whole state; 2016's checkpoints lack what is ours alone."""
  variables = state.checkpoint_variables()
  knows_ours = checkpoint.has_variable(prefix, train_step.STATISTICS_UPDATES)
  if not knows_ours:
    del variables[train_step.STATISTICS_UPDATES], variables[train_step.SEED]
  checkpoint.restore(prefix, variables)
  if not knows_ours:
    state.statistics_updates.assign(train_step.STATISTICS_SETTLED)


class _Loop:
  """The steps of one run."""

  def __init__(self, state, dataset, train_config, input_config, devices, rates,
               on_event, stop_requested):
    self._state = state
    self._dataset = dataset
    self._config = train_config
    # The run's own seed: a resumed run sees the examples that would have come.
    self._input_config = dataclasses.replace(input_config,
                                             seed=int(state.seed))
    self._devices = devices
    self._rates = rates
    self._on_event = on_event
    self._stop_requested = stop_requested
    self._saved_step = int(state.global_step) - 1
    self._saved_at = time.monotonic()
    self._summaries = summaries.TrainSummaries(train_config.train_dir)

  def run(self) -> TrainResult:
    """Runs the steps; the newest state is saved whenever it ends well."""
    first = int(self._state.global_step)
    stopped = False
    step = first - 1
    try:
      if first < self._config.max_steps:
        batches = self._batches(first)
        update = self._traced_step()
        clock = _Clock(self._input_config.batch_size)
        for step in range(first, self._config.max_steps):
          images, labels = self._next(batches, step)
          self._one_step(step, update, images, labels, clock)
          stopped = self._stop_requested()
          if stopped:
            break
          if (time.monotonic() - self._saved_at >=
              self._config.save_interval_secs):
            self._save(step)
            clock.restart()
        self._save(step)
    finally:
      self._summaries.close()
    prefix = checkpoint.latest(self._config.train_dir)
    return TrainResult(num_updates=step + 1, prefix=prefix, stopped=stopped)

  def _batches(self, first) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
    return iter(input_pipeline.checked(
        input_pipeline.train_batches(
            self._dataset, self._input_config, start_step=first),
        self._dataset, self._input_config.subset))

  def _next(self, batches, step) -> tuple[tf.Tensor, tf.Tensor]:
    try:
      return next(batches)
    except dataset_lib.DatasetError:
      # The records are bad, the weights are not: keep what was learnt.
      self._save(step - 1)
      raise

  def _traced_step(self):
    """Returns the train step, traced: the first step's time is a step's."""
    size = self._input_config.image_size
    batch = self._input_config.batch_size
    return train_step.make_train_step(
        self._state, devices=self._devices).get_concrete_function(
            tf.TensorSpec([batch, size, size, 3], tf.float32),
            tf.TensorSpec([batch], tf.int32), tf.TensorSpec([], tf.float32))

  def _one_step(self, step, update, images, labels, clock) -> None:
    rate = self._rates(step)
    losses = {name: float(value) for name, value in
              update(images, labels, tf.constant(rate, tf.float32)).items()}
    if not math.isfinite(losses['total_loss']):
      raise TrainError(self._not_finite(step, losses['total_loss'], rate))
    self._summaries.smooth(losses)
    clock.count()
    if step % self._config.log_interval_steps == 0:
      sec_per_batch = clock.lap()
      examples_per_sec = self._input_config.batch_size / sec_per_batch
      self._on_event(StepDone(step, losses['total_loss'], examples_per_sec,
                              sec_per_batch))
    if step % self._config.summary_interval_steps == 0:
      self._summaries.write(step, losses=losses, images=images, scalars={
          'learning_rate': rate, 'examples_per_sec': clock.examples_per_sec})

  def _not_finite(self, step, loss, rate) -> str:
    kept = checkpoint.latest(self._config.train_dir)
    kept = (f'the last good checkpoint is {kept}' if kept
            else 'no checkpoint had been saved yet')
    return (f'the loss is {loss} at step {step}, so the weights are of no use '
            f'any more and were not saved; {kept}. Try an '
            f'--initial_learning_rate lower than '
            f'{self._config.initial_learning_rate:g} (it was {rate:g} at this '
            'step), and start again')

  def _save(self, step: int) -> None:
    if step == self._saved_step:
      return
    self._on_event(Saved(checkpoint.save(
        self._config.train_dir, step, self._state.checkpoint_variables(),
        keep=self._config.keep_checkpoints)))
    self._saved_step = step
    self._saved_at = time.monotonic()


class _Clock:
  """Measures the loop between two of the log's lines."""

  def __init__(self, batch_size: int):
    self._batch_size = batch_size
    self.examples_per_sec = 0.0
    self.restart()

  def restart(self) -> None:
    """Starts a new lap."""
    self._start = time.perf_counter()
    self._steps = 0

  def count(self) -> None:
    """Counts a step."""
    self._steps += 1

  def lap(self) -> float:
    """Returns seconds a batch since the last lap, and starts a new one."""
    elapsed = time.perf_counter() - self._start
    sec_per_batch = elapsed / max(1, self._steps)
    self.examples_per_sec = self._batch_size / sec_per_batch
    self.restart()
    return sec_per_batch
