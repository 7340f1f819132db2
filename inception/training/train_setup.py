"""Starts a training run: new, from pretrained weights, or resumed.

prepare      makes the state that the first step updates
started      makes the event that describes the run
TrainError   the run cannot start or continue
"""

import random
from collections.abc import Collection

from inception import dataset as dataset_lib
from inception import inception_model
from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.hardware import mixed_precision
from inception.jobs import errors
from inception.training import run_spec
from inception.training import train_events
from inception.training import train_state


class TrainError(errors.UserError):
  """The run cannot start or continue; the text says why and what to do."""


def prepare(spec: run_spec.RunSpec) -> tuple[train_state.TrainState, bool]:
  """Makes the state, and resumes a run or restores pretrained weights.

  Args:
    spec: Description of the run; its on_event is called with
      DamagedCheckpoint, Restored and Resumed.

  Returns:
    (state, whether its weights are random).

  Raises:
    TrainError: the flags do not match the data or the checkpoint.
    checkpoint.CheckpointError: a checkpoint cannot be used.
  """
  seed = spec.input_config.seed
  if seed is None:
    seed = random.SystemRandom().randrange(2**31)
  state = _new_state(spec, seed)
  resumed = checkpoint.restore_newest(
    spec.train_config.train_dir,
    lambda prefix: _resume(state, prefix, spec),
    on_damaged=lambda prefix, reason: spec.on_event(
      train_events.DamagedCheckpoint(prefix, reason)
    ),
    rename=spec.replicas.is_chief,
  )
  if resumed:
    prefix, changed = resumed
    if spec.input_config.seed is not None:
      state.seed.assign(spec.input_config.seed)
    spec.on_event(
      train_events.Resumed(prefix, int(state.global_step.numpy()), changed)
    )
    return state, False
  pretrained = spec.train_config.pretrained_model_checkpoint_path
  if pretrained:
    left_out = (
      state.model.classifier_variables if spec.train_config.fine_tune else ()
    )
    spec.on_event(
      train_events.Restored(
        checkpoint.restore_pretrained(
          pretrained, state.model.variables, exclude=left_out
        )
      )
    )
    state.start_from_restored()
  return state, not pretrained


def started(
  spec: run_spec.RunSpec,
  model: inception_model.InceptionModel,
  *,
  from_scratch: bool,
) -> train_events.Started:
  """Returns the event that describes a run before its first step.

  Args:
    spec: Description of the run.
    model: Network with the weights that the run starts with.
    from_scratch: Whether these weights are random.
  """
  trained = model.trainable_variables
  devices = spec.replicas.devices
  is_cpu = all(device.startswith('CPU') for device in devices)
  return train_events.Started(
    devices=devices,
    hosts=spec.replicas.hosts,
    compute_dtype=model.compute_dtype.name,
    instructions=mixed_precision.cpu_instructions() if is_cpu else '',
    num_examples=spec.num_examples,
    class_names=spec.dataset.class_names,
    batch_size=spec.input_config.batch_size,
    num_steps=spec.num_steps,
    num_trained=len(trained),
    num_weights=sum(v.shape.num_elements() for v in trained.values()),
    schedule=spec.describe_learning_rates(),
    from_scratch=from_scratch,
  )


def _new_state(spec: run_spec.RunSpec, seed: int) -> train_state.TrainState:
  train_config = spec.train_config
  is_adamw = train_config.optimizer == 'adamw'
  try:
    with spec.replicas.strategy.scope():
      model = inception_model.InceptionModel(
        num_classes=spec.dataset.num_classes,
        seed=seed,
        compute_dtype=mixed_precision.compute_dtype(train_config.precision),
        trained_scopes=train_config.scope_prefixes,
        hyperparameters=inception_model.Hyperparameters(
          # AdamW's weight decay is not part of the loss.
          weight_decay=0.0 if is_adamw else train_config.weight_decay,
          label_smoothing=train_config.label_smoothing,
          aux_loss_weight=train_config.aux_loss_weight,
          dropout_keep_prob=train_config.dropout_keep_prob,
          class_weights=_class_weights(spec),
        ),
      )
      return train_state.TrainState(
        model,
        seed=seed,
        optimizer_name=train_config.optimizer,
        adamw_weight_decay=train_config.weight_decay if is_adamw else 0.0,
        rate_multipliers=train_config.rate_multipliers,
        moving_average_decay=train_config.moving_average_decay,
      )
  except dataset_lib.DatasetError:
    raise
  except ValueError as error:
    raise TrainError(f'--{error}') from error


def _class_weights(spec: run_spec.RunSpec) -> tuple[float, ...]:
  """Returns the loss weight of each label, starting with background.

  A class's weight is inversely proportional to its number of images; the mean
  over all examples is 1, so that the learning rate keeps its meaning.
  """
  if spec.train_config.class_weights == 'none':
    return ()
  data = spec.dataset
  counts = data.examples_per_class.get(spec.input_config.subset, {})
  if not counts:
    raise TrainError(
      'class_weights=balanced needs the number of images of each class, and '
      f'{dataset_lib.INFO_FILE} in {data.data_dir!r} does not contain it: '
      'prepare the data again with build_image_data'
    )
  present = [name for name in data.class_names if counts.get(name)]
  total = sum(counts[name] for name in present)
  return (
    0.0,
    *(
      total / (len(present) * counts[name]) if counts.get(name) else 0.0
      for name in data.class_names
    ),
  )


def _resume(
  state: train_state.TrainState, prefix: str, spec: run_spec.RunSpec
) -> tuple[str, ...]:
  """Restores the complete state; returns a line per changed setting.

  Checkpoints of 2016 and of earlier versions lack some variables of this one.
  """
  changed: tuple[str, ...] = ()
  optimizer_before = spec.train_config.optimizer
  keeps_best = True
  text = checkpoint.read_text(prefix, run_info.VARIABLE)
  if text is not None:
    try:
      before = run_info.RunInfo.from_json(text)
      run_info.check_classes(before, spec.dataset.class_names)
    except ValueError as error:
      raise TrainError(f'{prefix!r}: {error}') from error
    changed = tuple(run_info.changes(before, spec.run_info()))
    optimizer_before = before.settings.get('optimizer', optimizer_before)
    keeps_best = run_info.evaluates_alike(before, spec.run_info())
  variables = state.checkpoint_variables()
  stored = checkpoint.variable_names(prefix)
  lacking = state.later_variables().keys() - stored
  missing = variables.keys() - lacking - stored
  if missing and optimizer_before != spec.train_config.optimizer:
    raise TrainError(
      f'{prefix!r} was trained with another optimizer: give '
      f'--optimizer={optimizer_before} to resume it, or another --train_dir to '
      'start anew'
    )
  checkpoint.restore(
    prefix,
    {
      _stored_name(stored, name): variable
      for name, variable in variables.items()
      if name not in lacking
    },
  )
  if train_state.STATISTICS_UPDATES in lacking:
    state.statistics_updates.assign(train_state.STATISTICS_SETTLED)
  if train_state.EXAMPLES_SEEN in lacking:
    state.examples_seen.assign(
      int(state.global_step.numpy()) * spec.input_config.batch_size
    )
  if not keeps_best:
    state.best_precision.assign(train_state.NO_PRECISION)
    state.evaluations_waited.assign(0)
  return changed


def _stored_name(stored: Collection[str], name: str) -> str:
  """Returns the name under which the training's own value is stored.

  Recalibrated statistics, if any, occupy the names of the statistics' shadows.
  """
  running = name + train_state.BEFORE_RECALIBRATION
  return running if running in stored else name
