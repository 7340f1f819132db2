"""How a training begins: new, from pretrained weights, or where it was.

prepare      the state that the first step changes
run_info_of  what the run's checkpoints say of themselves
TrainError   the run cannot start or go on
"""

import dataclasses
import random
from collections.abc import Callable, Collection

from inception import dataset as dataset_lib
from inception import image_processing
from inception import inception_model
from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.hardware import mixed_precision
from inception.hardware import replicas as replicas_lib
from inception.jobs import errors
from inception.settings import config
from inception.settings import training_config
from inception.training import train_events
from inception.training import train_state


class TrainError(errors.UserError):
  """The run cannot start or go on; the text says why and what to do."""


def run_info_of(
  data: dataset_lib.Dataset,
  train_config: training_config.TrainConfig,
  input_config: config.InputConfig,
) -> run_info.RunInfo:
  """Returns what is written into each checkpoint of the run."""
  return run_info.RunInfo(
    class_names=data.class_names,
    class_texts=data.class_texts,
    data_name=data.name,
    image_size=input_config.image_size,
    preprocessing=image_processing.EVAL_PREPROCESSING,
    settings=dataclasses.asdict(train_config)
    | dataclasses.asdict(input_config),
  )


def prepare(
  data: dataset_lib.Dataset,
  train_config: training_config.TrainConfig,
  input_config: config.InputConfig,
  replicas: replicas_lib.Replicas,
  on_event: Callable[[train_events.Event], None],
) -> tuple[train_state.TrainState, bool]:
  """Makes the state; restores or resumes it.

  Args:
    data: what is trained on.
    train_config: the run.
    input_config: the batches.
    replicas: where the variables live.
    on_event: called with DamagedCheckpoint, Restored, Resumed.

  Returns:
    (state, whether its weights are random).

  Raises:
    TrainError: the flags do not fit the data or the checkpoint.
    checkpoint.CheckpointError: a checkpoint cannot be used.
  """
  seed = input_config.seed
  if seed is None:
    seed = random.SystemRandom().randrange(2**31)
  state = _new_state(data, train_config, input_config, replicas, seed)
  resumed = checkpoint.restore_newest(
    train_config.train_dir,
    lambda prefix: _resume(state, prefix, data, train_config, input_config),
    on_damaged=lambda prefix, reason: on_event(
      train_events.DamagedCheckpoint(prefix, reason)
    ),
    rename=replicas.is_chief,
  )
  if resumed:
    prefix, changed = resumed
    if input_config.seed is not None:
      state.seed.assign(input_config.seed)
    on_event(
      train_events.Resumed(prefix, int(state.global_step.numpy()), changed)
    )
    return state, False
  pretrained = train_config.pretrained_model_checkpoint_path
  if pretrained:
    on_event(
      train_events.Restored(
        checkpoint.restore_pretrained(
          pretrained,
          state.model.variables,
          exclude=inception_model.CLASSIFIER_PREFIXES
          if train_config.fine_tune
          else (),
        )
      )
    )
    state.start_from_restored()
  return state, not pretrained


def _new_state(data, train_config, input_config, replicas, seed):
  is_adamw = train_config.optimizer == 'adamw'
  try:
    with replicas.strategy.scope():
      model = inception_model.InceptionModel(
        num_classes=data.num_classes,
        seed=seed,
        compute_dtype=mixed_precision.compute_dtype(train_config.precision),
        trained_scopes=train_config.scope_prefixes,
        hyperparameters=inception_model.Hyperparameters(
          # AdamW's decay is no part of the loss.
          weight_decay=0.0 if is_adamw else train_config.weight_decay,
          label_smoothing=train_config.label_smoothing,
          aux_loss_weight=train_config.aux_loss_weight,
          dropout_keep_prob=train_config.dropout_keep_prob,
          class_weights=_class_weights(data, train_config, input_config.subset),
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


def _class_weights(data, train_config, subset) -> tuple[float, ...]:
  """Returns the factor of each label's loss, background's first.

  A class's is inverse to its number of images, and their mean over the
  examples is 1: the learning rate means what it meant.
  """
  if train_config.class_weights == 'none':
    return ()
  counts = data.examples_per_class.get(subset, {})
  if not counts:
    raise TrainError(
      'class_weights=balanced needs the number of images of each class, and '
      f'{dataset_lib.INFO_FILE} in {data.data_dir!r} does not say it: '
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


def _resume(state, prefix, data, train_config, input_config):
  """Reads the whole state; returns what has changed since.

  Checkpoints of 2016, and of earlier versions, lack some of what is ours.
  """
  changed = ()
  text = checkpoint.read_text(prefix, run_info.VARIABLE)
  if text is not None:
    try:
      before = run_info.RunInfo.from_json(text)
      run_info.check_classes(before, data.class_names)
    except ValueError as error:
      raise TrainError(f'{prefix!r}: {error}') from error
    changed = tuple(
      run_info.changes(before, run_info_of(data, train_config, input_config))
    )
  variables = state.checkpoint_variables()
  stored = checkpoint.variable_names(prefix)
  lacking = state.later_variables().keys() - stored
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
      int(state.global_step.numpy()) * input_config.batch_size
    )
  return changed


def _stored_name(stored: Collection[str], name: str) -> str:
  """Returns the name under which the training's own value is stored.

  Recalibrated statistics are in the place of the shadows of statistics.
  """
  running = name + train_state.RUNNING
  return running if running in stored else name
