"""The lines by which a training says what it is about to do.

lines  a sentence, and 'name: value' of what one wants to know
"""

import dataclasses
import pathlib
import textwrap

from inception.monitoring import metrics_log
from inception.settings import config
from inception.settings import training_config
from inception.training import train_events

_CLASSES_SHOWN = 10
_WIDTH = 79

# Told in lines of their own; a change of the others is a setting to be told.
_TRAIN_TOLD = frozenset((
  'train_dir',
  'max_steps',
  'num_epochs',
  'num_gpus',
  'log_device_placement',
  'pretrained_model_checkpoint_path',
  'trainable_scopes',
  'initial_learning_rate',
  'num_epochs_per_decay',
  'learning_rate_decay_factor',
  'learning_rate_schedule',
  'warmup_steps',
  'precision',
))
_INPUT_TOLD = frozenset(('data_dir', 'subset', 'batch_size'))


def lines(
  event: train_events.Started,
  train_config: training_config.TrainConfig,
  input_config: config.InputConfig,
  *,
  first_step: int = 0,
  start: str = '',
) -> list[str]:
  """Returns a sentence, and a line 'name: value' for what one wants to know.

  Args:
    event: the start.
    train_config: the run.
    input_config: its batches.
    first_step: updates that were made before.
    start: where the weights are from; '' where the event says all.
  """
  scratch = ', from random weights' if event.from_scratch else ''
  found = [
    f'Training on {event.num_examples} images of '
    f'{len(event.class_names)} classes in {event.compute_dtype}'
    f'{scratch}; checkpoints go to {train_config.train_dir}.'
  ]
  facts = {
    'device': _devices(event),
    'precision': _precision(event.compute_dtype),
    'data': f'{input_config.data_dir} ({input_config.subset}, '
    f'{event.num_examples:,} images)',
    'classes': _classes(event.class_names),
    'batch size': _batch_size(event),
    'trained': f'{_layers(train_config)} ({event.num_trained:,} variables, '
    f'{event.num_weights:,} weights)',
    'start': 'random weights'
    if event.from_scratch
    else start or train_config.pretrained_model_checkpoint_path,
    'steps': _steps(event, first_step),
    'learning rate': event.schedule,
    'settings': _settings(train_config, input_config),
    **_places(train_config),
  }
  facts = {name: value for name, value in facts.items() if value}
  width = max(map(len, facts)) + len(': ')
  for name, value in facts.items():
    # Paths stay whole, to be copied and searched for.
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
    found.append(f'  {name + ":":{width}}{parts[0]}')
    found += [f'  {"":{width}}{part}' for part in parts[1:]]
  return found


def _devices(event) -> str:
  text = ', '.join(event.devices)
  return f'{text} on each of {event.hosts} hosts' if event.hosts > 1 else text


def _precision(compute_dtype: str) -> str:
  if compute_dtype == 'float32':
    return compute_dtype
  return f'{compute_dtype}, variables in float32'


def _classes(names) -> str:
  shown = ', '.join(names[:_CLASSES_SHOWN])
  more = len(names) - _CLASSES_SHOWN
  return f'{len(names)}: {shown}{f" and {more:,} more" if more > 0 else ""}'


def _batch_size(event) -> str:
  count = len(event.devices) * event.hosts
  if count == 1:
    return str(event.batch_size)
  return f'{event.batch_size} ({event.batch_size // count} a device)'


def _layers(train_config) -> str:
  match train_config.trainable_scopes:
    case training_config.ALL_LAYERS:
      return 'all layers'
    case training_config.HEAD:
      return 'the last layer alone'
  return train_config.trainable_scopes


def _steps(event, first_step: int) -> str:
  epochs = event.num_steps * event.batch_size / max(1, event.num_examples)
  done = f', {first_step:,} of them done' if first_step else ''
  return f'{event.num_steps:,} ({epochs:,.1f} epochs){done}'


def _settings(train_config, input_config) -> str:
  """Returns 'name=value, ...' of what differs from the defaults."""
  found = [
    f'{field.name}={getattr(settings, field.name)}'
    for settings, told in (
      (train_config, _TRAIN_TOLD),
      (input_config, _INPUT_TOLD),
    )
    for field in dataclasses.fields(settings)
    if field.name not in told and getattr(settings, field.name) != field.default
  ]
  return ', '.join(found) or 'the defaults'


def _places(train_config) -> dict[str, str]:
  folder = pathlib.Path(train_config.train_dir)
  places = {'checkpoints': str(folder)}
  if train_config.eval_interval_steps:
    places['best model'] = str(folder / 'best')
  return {
    **places,
    'metrics': str(folder / metrics_log.FILE_NAME),
    'TensorBoard': f'--logdir={folder}',
  }
