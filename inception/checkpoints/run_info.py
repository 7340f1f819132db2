"""What a checkpoint says of the run that made it.

It is text in the checkpoint beside the variables, so that it cannot be lost on
the way: which class each output means, how an image becomes the network's
input, and the settings of the training. This module knows no tensors and
imports nothing heavy.

  RunInfo          the information; to_json, from_json
  check_classes    whether the data's classes are those of the run
  changes          which settings are not what they were
"""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

# The text's name in the checkpoint.
VARIABLE = 'run_info'

# Another number means that the fields below mean something else. A field that
# is added needs none: versions before it do not look at it.
_VERSION = 1

# They change where the run is and what it tells, not what is learnt.
_UNIMPORTANT = frozenset((
  'train_dir',
  'data_dir',
  'pretrained_model_checkpoint_path',
  'fine_tune',
  'log_device_placement',
  'num_preprocess_threads',
  'save_interval_secs',
  'save_interval_steps',
  'max_to_keep',
  'eval_interval_steps',
  'log_interval_steps',
  'summary_interval_steps',
  'histogram_interval_steps',
  'profile_steps',
))
_SHOWN_CLASSES = 5

# Settings were called differently before they were first released; a run that
# began with the old names can still be compared.
_OLD_NAMES = {
  'train_layers': 'trainable_scopes',
  'feature_augmentations': 'num_feature_views',
  'batch_norm_recalibration': 'batch_norm_recalibration_batches',
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunInfo:
  """What a checkpoint says of the run that made it.

  Attributes:
    class_names: without background, in the order of their labels; the first
      has label 1.
    class_texts: what the classes are called in full; may be empty.
    data_name: what the data is called in messages.
    image_size: height and width of the network's input, in pixels.
    preprocessing: what prediction does to an image, plain JSON, such as
      {'crop': 0.875}.
    settings: {field: JSON value} of the run's TrainConfig and InputConfig.
  """

  class_names: tuple[str, ...]
  class_texts: tuple[str, ...] = ()
  data_name: str
  image_size: int
  preprocessing: dict[str, Any]
  settings: dict[str, Any]

  def to_json(self) -> str:
    """Returns the text for the checkpoint, in ASCII.

    Raises:
      TypeError, ValueError: a setting is not JSON.
    """
    return json.dumps(
      {'version': _VERSION, **dataclasses.asdict(self)}, allow_nan=False
    )

  @classmethod
  def from_json(cls, text: str) -> 'RunInfo':
    """Returns what to_json wrote; fields of later versions are left out.

    Raises:
      ValueError: the text is damaged, or of another version.
    """
    try:
      read = json.loads(text)
    except (ValueError, RecursionError) as error:
      raise ValueError(
        f'its {VARIABLE} is damaged ({error}): give another checkpoint'
      ) from error
    version = read.get('version') if isinstance(read, dict) else None
    if isinstance(version, int) and version != _VERSION:
      raise ValueError(
        f'its {VARIABLE} is of version {version}, and this program reads '
        f'version {_VERSION}: use the program that made the checkpoint'
      )
    if version is None or not _has_the_types(read):
      raise ValueError(
        f'its {VARIABLE} is damaged (a field is missing or of '
        'another type): give another checkpoint'
      )
    return cls(
      class_names=tuple(read['class_names']),
      class_texts=tuple(read['class_texts']),
      data_name=read['data_name'],
      image_size=read['image_size'],
      preprocessing=read['preprocessing'],
      settings=_renamed(read['settings']),
    )


def _renamed(settings: dict[str, Any]) -> dict[str, Any]:
  """Returns settings under the names and values of today."""
  settings = dict(settings)
  if isinstance(views := settings.get('feature_augmentations'), int):
    settings['feature_augmentations'] = views + 1  # The plain view counts now.
  if settings.get('class_weights') == 'auto':
    settings['class_weights'] = 'balanced'
  return {_OLD_NAMES.get(name, name): value for name, value in settings.items()}


def _has_the_types(read: dict[str, Any]) -> bool:
  def are_strings(name):
    values = read.get(name)
    return isinstance(values, list) and all(
      isinstance(value, str) for value in values
    )

  size = read.get('image_size')
  return (
    are_strings('class_names')
    and are_strings('class_texts')
    and isinstance(read.get('data_name'), str)
    and isinstance(size, int)
    and not isinstance(size, bool)
    and isinstance(read.get('preprocessing'), dict)
    and isinstance(read.get('settings'), dict)
  )


def check_classes(
  before: RunInfo, class_names: Sequence[str], *, flag: str = 'train_dir'
) -> None:
  """Requires that the data's classes and their order are those of the run.

  Args:
    before: of the checkpoint.
    class_names: of the data, in the order of their labels.
    flag: names the folder of the checkpoint, in the error.

  Raises:
    ValueError: they are not; the text is one sentence.
  """
  ours, theirs = tuple(class_names), before.class_names
  if ours == theirs:
    return
  label = next(
    (
      label
      for label, (mine, other) in enumerate(zip(ours, theirs), start=1)
      if mine != other
    ),
    min(len(ours), len(theirs)) + 1,
  )
  if label > len(theirs):
    first = f'class {label}, {ours[label - 1]!r}, is new'
  elif label > len(ours):
    first = f'class {label}, {theirs[label - 1]!r}, is gone'
  else:
    first = (
      f'class {label} was {theirs[label - 1]!r} and is {ours[label - 1]!r}'
    )
  raise ValueError(
    f'this checkpoint was trained on the classes {_few(theirs)}; the data '
    f'has {_few(ours)} ({first}): give the data it was trained on, or '
    f'another --{flag}'
  )


def changes(before: RunInfo, after: RunInfo) -> list[str]:
  """Returns a line for each setting that differs, in the order of `after`.

  Folders, and how often something is saved or told, do not count; nor does
  what only one of the two programs can set, nor a seed that `after` leaves to
  the run.

  Args:
    before: of the checkpoint.
    after: of the run that goes on from it.

  Returns:
    Such as ['batch_size was 32, is 16'].
  """
  # What was read has lists in the place of tuples.
  old = json.loads(before.to_json())['settings']
  new = json.loads(after.to_json())['settings']
  return [
    f'{name} was {_shown(old[name])}, is {_shown(value)}'
    for name, value in new.items()
    if name in old
    and old[name] != value
    and name not in _UNIMPORTANT
    and value is not None
  ]


def _few(names: Sequence[str]) -> str:
  """Returns the first names, and how many there are if that is not all."""
  if not names:
    return 'none'
  text = ', '.join(names[:_SHOWN_CLASSES])
  more = len(names) - _SHOWN_CLASSES
  return f'{text} and {more} more' if more > 0 else text


def _shown(value: object) -> str:
  return value if isinstance(value, str) and value else repr(value)
