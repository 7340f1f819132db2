"""Trains: from records to checkpoints, until the last step or a stop.

train        runs a training, and reports what happens as train_events
TrainResult  how the run ended
"""

import contextlib
import dataclasses
import math
import pathlib
import time
from collections.abc import Callable, Iterator

import tensorflow as tf

from inception import dataset as dataset_lib
from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.hardware import replicas as replicas_lib
from inception.jobs import locks
from inception.monitoring import step_profiler
from inception.optimization import learning_rate
from inception.settings import config
from inception.settings import training_config
from inception.training import train_events
from inception.training import train_log
from inception.training import train_setup
from inception.training import train_state
from inception.training import train_step
from inception.training import training_data
from inception.training import validation

TrainError = train_setup.TrainError

BEST = 'best'
_LOCK_FILE = '.flowers_train.lock'


@dataclasses.dataclass(frozen=True)
class TrainResult:
  """How the run ended.

  Attributes:
    num_updates: of the training's whole life.
    prefix: the newest checkpoint; None on a host that does not write.
    stopped: by stop_requested, before the last step.
    stopped_early: evaluations found nothing better for too long.
  """

  num_updates: int
  prefix: str | None
  stopped: bool
  stopped_early: bool = False


def train(
  data: dataset_lib.Dataset,
  train_config: training_config.TrainConfig,
  input_config: config.InputConfig,
  *,
  on_event: Callable[[train_events.Event], None] = lambda event: None,
  stop_requested: Callable[[], bool] = lambda: False,
  replicas: replicas_lib.Replicas | None = None,
) -> TrainResult:
  """Trains until the last step or until stop_requested says so, and saves.

  A train_dir that holds a checkpoint is resumed. Checkpoint model.ckpt-N is
  the state after step N, that is after N + 1 updates.

  Args:
    data: what is trained on.
    train_config: the run.
    input_config: the batches.
    on_event: called with each event, in order.
    stop_requested: asked after each step.
    replicas: devices and hosts; None is what train_config and TF_CONFIG say.

  Raises:
    TrainError: the run cannot start or go on, or the loss is not finite.
    checkpoint.CheckpointError: a checkpoint cannot be read or written.
    dataset.DatasetError: the records cannot be used.
    feature_cache.FeatureError: the features of the images cannot be kept.
    replicas.ReplicaError: the devices or hosts cannot be used.
  """
  if train_config.log_device_placement:
    tf.debugging.set_log_device_placement(True)
  replicas = replicas or replicas_lib.make(train_config.num_gpus)
  replicas.check_batch_size(input_config.batch_size)
  data.num_examples(input_config.subset)
  data.shard_files(input_config.subset)  # Fails early where there is none.
  if train_config.eval_interval_steps:
    data.num_examples(train_config.eval_subset)
    data.shard_files(train_config.eval_subset)
  with _only_writer(train_config.train_dir, replicas):
    try:
      return _Run(
        data, train_config, input_config, replicas, on_event, stop_requested
      ).run()
    except replicas_lib.LOST_HOST_ERRORS as error:
      if replicas.hosts == 1:
        raise
      raise TrainError(
        replicas_lib.lost_host(error, checkpoint.latest(train_config.train_dir))
      ) from error


@contextlib.contextmanager
def _only_writer(train_dir: str, replicas) -> Iterator[None]:
  """Keeps other trainings out of the folder."""
  folder = pathlib.Path(train_dir)
  folder.mkdir(parents=True, exist_ok=True)
  if not replicas.is_chief:
    yield
    return
  busy = TrainError(
    f'another training writes into {str(folder)!r}: wait for '
    'it, stop it, or give another --train_dir'
  )
  with locks.hold(folder / _LOCK_FILE, busy=busy):
    yield


class _Run:
  """One run: its parts, and the loop over its steps."""

  def __init__(
    self, data, train_config, input_config, replicas, on_event, stop_requested
  ):
    self._config = train_config
    self._replicas = replicas
    self._on_event = on_event
    self._stop_requested = stop_requested
    self._state, from_scratch = train_setup.prepare(
      data, train_config, input_config, replicas, on_event
    )
    self._check_hosts_agree()
    # The run's own seed: a resumed run sees the examples that would have come.
    self._input_config = dataclasses.replace(
      input_config, seed=int(self._state.seed.numpy())
    )
    self._run_info = train_setup.run_info_of(
      data, train_config, self._input_config
    ).to_json()
    sizes = dict(
      num_examples=data.num_examples(input_config.subset),
      batch_size=input_config.batch_size,
    )
    self._last_step = learning_rate.last_step(train_config, **sizes)
    self._rates = learning_rate.schedule(
      train_config, **sizes, last_step=self._last_step
    )
    self._saved_step = int(self._state.global_step.numpy()) - 1
    self._saved_at = time.monotonic()
    self._source = self._make_source(data)
    self._validation = self._make_validation(data)
    self._tell_started(data, from_scratch, sizes)

  def _check_hosts_agree(self) -> None:
    """Every host must have read the same checkpoint."""
    state = self._state
    weights = state.model.variables['conv0/weights']
    if not self._replicas.agree([
      float(state.global_step.numpy()),
      float(state.seed.numpy() % 2**20),
      float(tf.reduce_sum(weights)),
    ]):
      raise TrainError(
        f'the hosts do not begin with the same weights: --train_dir='
        f'{self._config.train_dir} and the pretrained checkpoint must be the '
        'same on all of them, as a folder that they share is'
      )

  def _make_source(self, data):
    if not self._config.trains_head_only:
      return training_data.ImageSource(data, self._input_config, self._replicas)
    return training_data.FeatureSource(
      data,
      self._input_config,
      self._replicas,
      self._state.model,
      num_views=self._config.num_feature_views,
      train_dir=self._config.train_dir,
      on_progress=self._on_features,
    )

  def _on_features(self, done, total):
    self._on_event(train_events.CachingFeatures(done, total))

  def _make_validation(self, data):
    """Returns what evaluates and recalibrates, or None."""
    count = self._config.batch_norm_recalibration_batches
    if not self._replicas.is_chief or not (
      self._config.eval_interval_steps or count
    ):
      return None
    settings = dataclasses.replace(
      self._input_config, subset=self._config.eval_subset
    )
    if self._config.trains_head_only:
      return validation.FeatureValidation(
        self._state, *self._source.plain(settings, self._on_features)
      )

    def recalibration():
      batches = self._source.batches(0)
      with contextlib.closing(batches):
        for _ in range(count):
          yield next(batches)[0]

    return validation.Validation(
      self._state,
      data,
      settings,
      recalibration=recalibration if count else None,
      trained_scopes=self._config.scope_prefixes,
    )

  def _tell_started(self, data, from_scratch, sizes):
    trained = self._state.model.trainable_variables
    self._on_event(
      train_events.Started(
        devices=self._replicas.devices,
        hosts=self._replicas.hosts,
        compute_dtype=self._state.model.compute_dtype.name,
        class_names=data.class_names,
        last_step=self._last_step,
        num_trained=len(trained),
        num_weights=sum(v.shape.num_elements() for v in trained.values()),
        schedule=learning_rate.describe(
          self._config, **sizes, last_step=self._last_step
        ),
        from_scratch=from_scratch,
        **sizes,
      )
    )

  def run(self) -> TrainResult:
    """Runs the steps; the newest state is saved whenever it ends well."""
    first = int(self._state.global_step.numpy())
    stopped = False
    step = first - 1
    with contextlib.ExitStack() as stack:
      self._log = stack.enter_context(
        contextlib.closing(
          train_log.TrainLog(
            self._config,
            self._input_config,
            writes=self._replicas.is_chief,
            on_event=self._on_event,
          )
        )
      )
      if first:
        self._log.resumed(first)
      if first < self._last_step and not self._has_waited_enough():
        batches = stack.enter_context(
          contextlib.closing(
            self._source.batches(int(self._state.examples_seen.numpy()))
          )
        )
        step, stopped = self._steps(first, batches)
    prefix = checkpoint.latest(self._config.train_dir)
    return TrainResult(
      num_updates=step + 1,
      prefix=prefix,
      stopped=stopped,
      stopped_early=not stopped and step + 1 < self._last_step,
    )

  def _steps(self, first, batches) -> tuple[int, bool]:
    """Returns (last step made, whether that was by request)."""
    updates = _Updates(self._state, self._config, self._replicas, self._source)
    stop = requested = wanted = told = False
    profiler = step_profiler.StepProfiler(
      self._config.train_dir,
      self._config.profile_range if self._replicas.is_chief else None,
    )
    # Tracing was before the first step, and is no part of it.
    self._log.restart_clock()
    with contextlib.closing(profiler):
      for step in range(first, self._last_step):
        images, labels = self._next(batches, step)
        profiler.before_step(step)
        results = updates.make(step, images, labels, self._rates(step), wanted)
        self._check_finite(step, results)
        profiler.after_step(step)
        if profiler.problem and not told:
          told = True
          self._on_event(train_events.Problem(profiler.problem))
        self._log.step(
          step,
          results,
          images,
          self._rates(step),
          self._state.model.trainable_variables,
        )
        self._evaluate_if_due(step)
        requested = self._stop_requested()
        wanted = requested or self._has_waited_enough()
        # Hosts stop together: after the step that told all of them. Only the
        # chief knows of evaluations.
        stop = wanted if self._replicas.hosts == 1 else results['stop'] > 0
        if stop:
          break
        self._save_if_due(step)
    self._save(step)
    return step, bool(stop) and (requested or not self._has_waited_enough())

  def _next(self, batches, step) -> tuple[tf.Tensor, tf.Tensor]:
    try:
      return next(batches)
    except dataset_lib.DatasetError:
      # The records are bad, the weights are not: keep what was learnt.
      self._save(step - 1)
      raise

  def _check_finite(self, step, results) -> None:
    loss = results['total_loss']
    if math.isfinite(loss):
      return
    kept = checkpoint.latest(self._config.train_dir)
    kept = (
      f'the last good checkpoint is {kept}'
      if kept
      else 'no checkpoint had been saved yet'
    )
    raise TrainError(
      f'the loss is {loss} at step {step}, so the weights are of no use any '
      f'more and were not saved; {kept}. Try an --initial_learning_rate '
      f'lower than {self._config.initial_learning_rate:g} (it was '
      f'{self._rates(step):g} at this step), and start again'
    )

  def _evaluate_if_due(self, step: int) -> None:
    every = self._config.eval_interval_steps
    if (
      not every
      or self._validation is None
      or ((step + 1) % every and step + 1 < self._last_step)
    ):
      return
    result = self._validation.run()
    state = self._state
    is_best = result.precision_at_1 > float(state.best_precision.numpy())
    if is_best:
      state.best_precision.assign(result.precision_at_1)
      state.evaluations_waited.assign(0)
    else:
      state.evaluations_waited.assign(int(state.evaluations_waited.numpy()) + 1)
    event = train_events.Evaluated(
      step=step,
      num_examples=result.num_examples,
      precision_at_1=result.precision_at_1,
      recall_at_k=result.recall_at_k,
      k=result.k,
      is_best=is_best,
    )
    self._log.evaluated(event)
    if is_best:
      self._on_event(
        train_events.Saved(
          self._write(pathlib.Path(self._config.train_dir, BEST), step, keep=1),
          is_best=True,
        )
      )
    self._log.restart_clock()

  def _has_waited_enough(self) -> bool:
    patience = self._config.early_stopping_patience
    return 0 < patience <= int(self._state.evaluations_waited.numpy())

  def _save_if_due(self, step: int) -> None:
    steps = self._config.save_interval_steps
    seconds = time.monotonic() - self._saved_at
    if seconds >= self._config.save_interval_secs or (
      steps and (step + 1) % steps == 0
    ):
      self._save(step)

  def _save(self, step: int) -> None:
    if step == self._saved_step:
      return
    self._saved_step = step
    if not self._replicas.is_chief:
      return
    prefix = self._write(
      self._config.train_dir, step, keep=self._config.max_to_keep
    )
    self._saved_at = time.monotonic()
    self._log.restart_clock()
    self._on_event(train_events.Saved(prefix))

  def _write(self, folder, step: int, *, keep: int) -> str:
    values = dict(self._state.checkpoint_variables())
    if self._validation is not None:
      values |= self._validation.statistics()
    values[run_info.VARIABLE] = self._run_info
    return checkpoint.save(folder, step, values, keep=keep)


class _Updates:
  """The traced train step, and the one that gives gradients too."""

  def __init__(
    self, state: train_state.TrainState, train_config, replicas, source
  ):
    self._replicas = replicas
    self._histogram_steps = train_config.histogram_interval_steps
    options = train_step.Options(
      from_features=train_config.trains_head_only,
      batch_norm_decay=train_config.batch_norm_decay,
      clip_gradient_norm=train_config.clip_gradient_norm,
      mixup_alpha=train_config.mixup_alpha,
      cutmix_alpha=train_config.cutmix_alpha,
    )

    def make(with_gradients):
      return train_step.make_train_step(
        state,
        options=options,
        strategy=replicas.strategy,
        with_gradients=with_gradients,
      )

    self._plain, self._with_gradients = make(False), make(True)
    if replicas.count == 1:
      # Traced now: the first step's time is a step's.
      scalar = tf.TensorSpec([], tf.float32)
      self._plain = self._plain.get_concrete_function(
        source.input_spec,
        tf.TensorSpec(source.input_spec.shape[:1], tf.int32),
        scalar,
        scalar,
      )

  def make(self, step, inputs, labels, rate, stop) -> dict:
    """Makes an update; returns Python numbers, and gradients if it is time."""
    wanted = self._histogram_steps and step % self._histogram_steps == 0
    update = self._with_gradients if wanted else self._plain
    results = update(
      *self._replicas.share(
        tf.convert_to_tensor(inputs), tf.convert_to_tensor(labels)
      ),
      tf.constant(rate, tf.float32),
      tf.constant(float(stop), tf.float32),
    )
    return {
      name: value if name == 'gradients' else float(value)
      for name, value in results.items()
    }
