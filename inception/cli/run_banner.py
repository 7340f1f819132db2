"""Summary that a training prints when it starts.

lines  returns the summary: a sentence, and lines 'name: value'
"""

import dataclasses
import pathlib
import textwrap
from collections.abc import Sequence

from inception.monitoring import metrics_log
from inception.settings import config
from inception.settings import training_config
from inception.training import train_events

_CLASSES_SHOWN = 10
_WIDTH = 79

# Settings with lines of their own. Others are listed under 'settings' if they
# differ from their defaults.
_TRAIN_SHOWN = frozenset((
  'train_dir',
  'max_steps',
  'num_epochs',
  'min_steps',
  'minutes',
  'num_gpus',
  'log_device_placement',
  'pretrained_model_checkpoint_path',
  'trainable_scopes',
  'initial_learning_rate',
  'num_epochs_per_decay',
  'learning_rate_decay_factor',
  'learning_rate_schedule',
  'warmup_steps',
  'warmup_share',
  'precision',
))
_INPUT_SHOWN = frozenset(('data_dir', 'subset', 'batch_size'))


def lines(
  event: train_events.Started,
  train_config: training_config.TrainConfig,
  input_config: config.InputConfig,
  *,
  first_step: int = 0,
  start: str = '',
) -> list[str]:
  """Returns the summary: a sentence, then lines 'name: value'.

  Args:
    event: the start of the training.
    train_config: the settings of the run.
    input_config: the settings of its batches.
    first_step: number of updates made before.
    start: origin of the weights; '' to derive it from the event and
      train_config.
  """
  scratch = ', from random weights' if event.from_scratch else ''
  summary = [
    f'Training on {event.num_examples} images of '
    f'{len(event.class_names)} classes in {event.compute_dtype}'
    f'{scratch}; checkpoints go to {train_config.train_dir}.'
  ]
  facts = {
    'device': _devices(event),
    'precision': _precision(event),
    'data': f'{input_config.data_dir} ({input_config.subset}, '
    f'{event.num_examples:,} images)',
    'classes': _classes(event.class_names),
    'batch size': _batch_size(event),
    'trained': f'{_layers(train_config)} ({event.num_trained:,} variables, '
    f'{event.num_weights:,} weights)',
    'start': 'random weights'
    if event.from_scratch
    else start or train_config.pretrained_model_checkpoint_path,
    'steps': _steps(event, train_config, first_step),
    'learning rate': event.schedule,
    'settings': _settings(train_config, input_config),
    **_outputs(train_config),
  }
  facts = {name: value for name, value in facts.items() if value}
  width = max(map(len, facts)) + len(': ')
  for name, value in facts.items():
    # Paths are not wrapped, so that they can be copied and searched for.
    parts = (
      textwrap.wrap(
        value,
        _WIDTH - width - 2,
        break_long_words=False,
        break_on_hyphens=False,
      )
      if name in ('classes', 'settings')
      else [value]
    )
    summary.append(f'  {name + ":":{width}}{parts[0]}')
    summary += [f'  {"":{width}}{part}' for part in parts[1:]]
  return summary


def _devices(event: train_events.Started) -> str:
  text = ', '.join(event.devices)
  return f'{text} on each of {event.hosts} hosts' if event.hosts > 1 else text


def _precision(event: train_events.Started) -> str:
  if event.compute_dtype == 'float32':
    if not event.instructions:
      return 'float32'
    return (
      f'float32; the processor has {event.instructions}, which '
      '--precision=bfloat16 uses'
    )
  on = ''
  if event.compute_dtype == 'bfloat16' and event.instructions:
    on = f' on {event.instructions}'
  return f'{event.compute_dtype}{on}, variables in float32'


def _classes(names: Sequence[str]) -> str:
  shown = ', '.join(names[:_CLASSES_SHOWN])
  more = len(names) - _CLASSES_SHOWN
  return f'{len(names)}: {shown}{f" and {more:,} more" if more > 0 else ""}'


def _batch_size(event: train_events.Started) -> str:
  count = len(event.devices) * event.hosts
  if count == 1:
    return str(event.batch_size)
  return f'{event.batch_size} ({event.batch_size // count} per device)'


def _layers(train_config: training_config.TrainConfig) -> str:
  match train_config.trainable_scopes:
    case training_config.ALL_LAYERS:
      return 'all layers'
    case training_config.HEAD:
      return 'the last layer alone'
  return train_config.trainable_scopes


def _steps(
  event: train_events.Started,
  train_config: training_config.TrainConfig,
  first_step: int,
) -> str:
  epochs = event.num_steps * event.batch_size / max(1, event.num_examples)
  done = f', {first_step:,} of them done' if first_step else ''
  if train_config.minutes:
    return f'as many as fit into {train_config.minutes:g} min{done}'
  return f'{event.num_steps:,} ({epochs:,.1f} epochs){done}'


def _settings(
  train_config: training_config.TrainConfig, input_config: config.InputConfig
) -> str:
  """Returns 'name=value, ...' of the settings that differ from the defaults."""
  changed = [
    f'{field.name}={getattr(settings, field.name)}'
    for settings, shown in (
      (train_config, _TRAIN_SHOWN),
      (input_config, _INPUT_SHOWN),
    )
    for field in dataclasses.fields(settings)
    if field.name not in shown
    and getattr(settings, field.name) != field.default
  ]
  return ', '.join(changed) or 'the defaults'


def _outputs(train_config: training_config.TrainConfig) -> dict[str, str]:
  folder = pathlib.Path(train_config.train_dir)
  models = {'checkpoints': str(folder)}
  if train_config.eval_interval_steps:
    models['best model'] = str(folder / 'best')
  return {
    **models,
    'metrics': str(folder / metrics_log.FILE_NAME),
    'TensorBoard': f'--logdir={folder}',
  }
