"""CHECKPOINT_DIR/threshold.json: the least confidence of an accepted answer.

Evaluation writes the file beside the checkpoint; prediction reads it:

  {"format_version": 1, "checkpoint": "model.ckpt-2000", "step": 2000,
   "class_names": ["daisy", ...], "subset": "validation", "num_examples": 500,
   "views": 2,
   "rejection": {"target_precision": 0.98, "temperature": 1.3,
                 "threshold": 0.74, "precision": 0.981,
                 "precision_interval": [0.96, 0.99], "coverage": 0.92},
   "conformal": {"coverage": 0.95, "temperature": 1.3,
                 "least_probability": 0.31, "mean_size": 1.04,
                 "measured_coverage": 0.95}}

write           writes the file beside a checkpoint
read            reads it
Threshold       its content
Rule            the rule for "none of these" that its `rejection` gives
ThresholdError  the file cannot be used

Probabilities are softmax(logits / temperature) over all outputs, the background
class included. The answer is "none of these" where the largest one is less than
rejection.threshold, and where it is the background's. Either of the two parts
may be null; a threshold is for the one checkpoint that it names.

This module imports nothing heavy: commands read the file before TensorFlow.
"""

import dataclasses
import json
import math
import os
import pathlib
from typing import Any

from inception.jobs import atomic_files
from inception.jobs import errors

FILE_NAME = 'threshold.json'

_FORMAT_VERSION = 1
_REMEDY = (
  'evaluate again with --target_precision, or move the file away, or give '
  '--min_probability'
)


class ThresholdError(errors.UserError):
  """The file cannot be used; the text says why and what to do."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rule:
  """A rule for when an answer is "none of these".

  Attributes:
    temperature: positive divisor of the logits.
    threshold: least probability of an accepted answer, in [0, 1].
  """

  temperature: float
  threshold: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Threshold:
  """Content of threshold.json.

  Attributes:
    checkpoint: name of the checkpoint's prefix, without its folder.
    step: training step of the checkpoint.
    class_names: class names without background, in the order of their labels.
    subset: name of the subset that the threshold was fitted on.
    num_examples: number of examples that it was fitted on.
    rejection: result of rejection.Rejection.to_json, or None.
    conformal: result of conformal.Conformal.to_json, or None.
    views: number of views of each image whose probabilities were averaged.
  """

  checkpoint: str
  step: int
  class_names: tuple[str, ...]
  subset: str
  num_examples: int
  rejection: dict[str, Any] | None
  conformal: dict[str, Any] | None
  views: int = 1

  @property
  def rule(self) -> Rule | None:
    """Rule of `rejection`; None where it was not fitted or none was found."""
    if self.rejection is None or self.rejection['threshold'] is None:
      return None
    return Rule(
      temperature=self.rejection['temperature'],
      threshold=self.rejection['threshold'],
    )


def write(folder: str | os.PathLike, threshold: Threshold) -> pathlib.Path:
  """Writes the file into a checkpoint's folder and returns its path.

  Raises:
    OSError: the file cannot be written.
  """
  path = pathlib.Path(folder, FILE_NAME)
  values = {'format_version': _FORMAT_VERSION, **dataclasses.asdict(threshold)}
  atomic_files.write_text(
    path, json.dumps(values, indent=1, ensure_ascii=False) + '\n'
  )
  return path


def read(folder: str | os.PathLike) -> Threshold | None:
  """Returns the content of a folder's file; None if there is no file.

  Raises:
    ThresholdError: the file cannot be read, is damaged, or has another version.
  """
  path = pathlib.Path(folder, FILE_NAME)
  try:
    text = path.read_text(encoding='utf-8')
  except FileNotFoundError:
    return None
  except OSError as error:
    raise ThresholdError(
      f'{str(path)!r} cannot be read ({error.strerror}): check its '
      'permissions, or give --min_probability'
    ) from error
  except ValueError as error:
    raise _damaged(path, 'it is not UTF-8 text') from error
  try:
    values = json.loads(text)
  except (ValueError, RecursionError) as error:
    raise _damaged(path, 'it is not JSON') from error
  if not isinstance(values, dict) or 'format_version' not in values:
    raise _damaged(path, 'it has no format_version')
  if values['format_version'] != _FORMAT_VERSION:
    raise ThresholdError(
      f'{str(path)!r} has format_version {values["format_version"]!r}, and '
      f'this program reads {_FORMAT_VERSION}: {_REMEDY}'
    )
  try:
    return _threshold(values)
  except KeyError as error:
    raise _damaged(path, f'it has no {error}') from error
  except ValueError as error:
    raise _damaged(path, str(error)) from error


def _threshold(values: dict[str, Any]) -> Threshold:
  """Returns the values as a Threshold.

  Raises:
    KeyError: a field is missing.
    ValueError: a field has the wrong type or is out of range.
  """
  # Files of earlier versions have no views.
  values = {'views': 1} | values
  for name, types in (
    ('checkpoint', str),
    ('step', int),
    ('class_names', list),
    ('subset', str),
    ('num_examples', int),
    ('views', int),
    ('rejection', dict | None),
    ('conformal', dict | None),
  ):
    if not isinstance(values[name], types):
      raise ValueError(f'its {name} is {values[name]!r}')
  rejection = values['rejection']
  if rejection is not None:
    temperature, threshold = rejection['temperature'], rejection['threshold']
    if not _is_number(temperature) or temperature <= 0:
      raise ValueError(f'its temperature is {temperature!r}')
    if threshold is not None and not (
      _is_number(threshold) and 0 <= threshold <= 1
    ):
      raise ValueError(
        f'its threshold is {threshold!r}, which is not in [0, 1]'
      )
  return Threshold(
    checkpoint=values['checkpoint'],
    step=values['step'],
    class_names=tuple(values['class_names']),
    subset=values['subset'],
    num_examples=values['num_examples'],
    rejection=rejection,
    conformal=values['conformal'],
    views=values['views'],
  )


def _is_number(value: object) -> bool:
  return (
    isinstance(value, int | float)
    and not isinstance(value, bool)
    and math.isfinite(value)
  )


def _damaged(path: pathlib.Path, reason: str) -> ThresholdError:
  return ThresholdError(f'{str(path)!r} is damaged ({reason}): {_REMEDY}')
