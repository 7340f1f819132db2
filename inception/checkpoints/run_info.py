"""Description of the run that made a checkpoint.

It is stored as text in the checkpoint beside the variables, so that it cannot
get lost: the class of each output, the conversion of an image into the
network's input, and the settings of the training. This module does not deal
with tensors and imports nothing heavy.

  RunInfo          the description; to_json, from_json
  check_classes    requires that the data's classes are those of the run
  changes          lists the settings that have changed
  evaluates_alike  compares how two runs evaluate
"""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

# Name of the text in the checkpoint.
VARIABLE = 'run_info'

# To be raised when the meaning of a field changes. A new field needs no new
# version: older programs ignore it.
_VERSION = 1

# Settings that change where the run is and what it reports, not what it learns.
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

# Names of settings before their first release, so that runs that started with
# them can still be compared.
_OLD_NAMES = {
  'train_layers': 'trainable_scopes',
  'feature_augmentations': 'num_feature_views',
  'batch_norm_recalibration': 'batch_norm_recalibration_batches',
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunInfo:
  """Description of the run that made a checkpoint.

  Attributes:
    class_names: names of the classes without background, in the order of their
      labels; the first has label 1.
    class_texts: full names of the classes; may be empty.
    data_name: name of the data in messages.
    image_size: height and width of the network's input in evaluation and
      prediction, in pixels; that of the training is among the settings.
    views: number of views of each image whose probabilities evaluation and
      prediction average.
    preprocessing: steps that prediction applies to an image, plain JSON, such
      as {'crop': 0.875}.
    settings: {field: JSON value} of the run's TrainConfig and InputConfig.
  """

  class_names: tuple[str, ...]
  class_texts: tuple[str, ...] = ()
  data_name: str
  image_size: int
  views: int = 1
  preprocessing: dict[str, Any]
  settings: dict[str, Any]

  def to_json(self) -> str:
    """Returns the text for the checkpoint, in ASCII.

    Raises:
      TypeError, ValueError: a setting cannot be written as JSON.
    """
    return json.dumps(
      {'version': _VERSION, **dataclasses.asdict(self)}, allow_nan=False
    )

  @classmethod
  def from_json(cls, text: str) -> 'RunInfo':
    """Parses the output of to_json, ignoring unknown fields.

    Raises:
      ValueError: the text is damaged, or has another version.
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
        f'its {VARIABLE} has version {version}, and this program reads '
        f'version {_VERSION}: use the program that made the checkpoint'
      )
    if version is None or not _has_valid_types(read):
      raise ValueError(
        f'its {VARIABLE} is damaged (a field is missing or has '
        'another type): give another checkpoint'
      )
    return cls(
      class_names=tuple(read['class_names']),
      class_texts=tuple(read['class_texts']),
      data_name=read['data_name'],
      image_size=read['image_size'],
      views=read.get('views', 1),
      preprocessing=read['preprocessing'],
      settings=_renamed(read['settings']),
    )


def _renamed(settings: dict[str, Any]) -> dict[str, Any]:
  """Returns settings under their current names and values."""
  settings = dict(settings)
  if isinstance(views := settings.get('feature_augmentations'), int):
    # The plain view did not count then.
    settings['feature_augmentations'] = views + 1
  if settings.get('class_weights') == 'auto':
    settings['class_weights'] = 'balanced'
  return {_OLD_NAMES.get(name, name): value for name, value in settings.items()}


def _has_valid_types(read: dict[str, Any]) -> bool:
  def are_strings(name: str) -> bool:
    values = read.get(name)
    return isinstance(values, list) and all(
      isinstance(value, str) for value in values
    )

  def is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)

  return (
    are_strings('class_names')
    and are_strings('class_texts')
    and isinstance(read.get('data_name'), str)
    and is_number(read.get('image_size'))
    and is_number(read.get('views', 1))
    and isinstance(read.get('preprocessing'), dict)
    and isinstance(read.get('settings'), dict)
  )


def check_classes(
  before: RunInfo, class_names: Sequence[str], *, flag: str = 'train_dir'
) -> None:
  """Requires that the data's classes and their order are those of the run.

  Args:
    before: the checkpoint's RunInfo.
    class_names: the data's classes, in the order of their labels.
    flag: name of the flag for the checkpoint's folder, for the error.

  Raises:
    ValueError: the classes differ; the text is one sentence.
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

  Folders and the intervals of saving and logging are ignored, as are settings
  that only one of the two programs has, and a seed that `after` leaves open.

  Args:
    before: the checkpoint's RunInfo.
    after: the RunInfo of the run that resumes from it.

  Returns:
    Lines such as 'batch_size was 32, is 16'.
  """
  # JSON has lists instead of tuples.
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


def evaluates_alike(before: RunInfo, after: RunInfo) -> bool:
  """Returns whether evaluations during two trainings can be compared."""
  subset = after.settings.get('eval_subset')
  return (
    before.class_names == after.class_names
    and before.image_size == after.image_size
    and before.views == after.views
    and before.settings.get('eval_subset', subset) == subset
  )


def _few(names: Sequence[str]) -> str:
  """Returns the first names, and the number of further ones if any."""
  if not names:
    return 'none'
  text = ', '.join(names[:_SHOWN_CLASSES])
  more = len(names) - _SHOWN_CLASSES
  return f'{text} and {more} more' if more > 0 else text


def _shown(value: object) -> str:
  return value if isinstance(value, str) and value else repr(value)
