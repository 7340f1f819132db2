"""CHECKPOINT_DIR/threshold.json: how sure a network has to be.

  {"format_version": 1, "checkpoint": "model.ckpt-2000", "step": 2000,
   "class_names": ["daisy", ...], "subset": "validation", "num_examples": 500,
   "rejection": {"target_precision": 0.98, "temperature": 1.3,
                 "threshold": 0.74, "precision": 0.981,
                 "precision_interval": [0.96, 0.99], "coverage": 0.92},
   "conformal": {"coverage": 0.95, "temperature": 1.3,
                 "least_probability": 0.31, "mean_size": 1.04,
                 "measured_coverage": 0.95}}

write       writes it beside a checkpoint
read        what it says
Threshold   its content

Probabilities are softmax(logits / temperature) over all outputs, the background
class included. The answer is "none of these" where the largest one is less than
rejection.threshold, and where it is the background's. Either of the two parts
may be null; a threshold is for the one checkpoint that it names.
"""

import dataclasses
import json
import os
import pathlib
from typing import Any

from inception.jobs import atomic_files
from inception.jobs import errors

FILE_NAME = 'threshold.json'

_FORMAT_VERSION = 1


class ThresholdError(errors.UserError):
  """The file cannot be used; the text says why and what to do."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Threshold:
  """What threshold.json says.

  Attributes:
    checkpoint: name of the checkpoint's prefix, without its folder.
    step: of the checkpoint.
    class_names: without background, in the order of their labels.
    subset: the examples that it was fitted on.
    num_examples: their number.
    rejection: of rejection.Rejection.to_json, or None.
    conformal: of conformal.Conformal.to_json, or None.
  """

  checkpoint: str
  step: int
  class_names: tuple[str, ...]
  subset: str
  num_examples: int
  rejection: dict[str, Any] | None
  conformal: dict[str, Any] | None


def write(folder: str | os.PathLike, threshold: Threshold) -> pathlib.Path:
  """Writes the file into a checkpoint's folder and returns its path.

  Raises:
    OSError: it cannot be written.
  """
  path = pathlib.Path(folder, FILE_NAME)
  values = {'format_version': _FORMAT_VERSION, **dataclasses.asdict(threshold)}
  atomic_files.write_text(
    path, json.dumps(values, indent=1, ensure_ascii=False) + '\n'
  )
  return path


def read(folder: str | os.PathLike) -> Threshold | None:
  """Returns what a folder's file says; None where there is none.

  Raises:
    ThresholdError: the file cannot be read or is no such file.
  """
  path = pathlib.Path(folder, FILE_NAME)
  remedy = 'evaluate again with --target_precision, or move the file away'
  try:
    found = json.loads(path.read_text(encoding='utf-8'))
    if found['format_version'] != _FORMAT_VERSION:
      raise ThresholdError(
        f'{str(path)!r} has format_version {found["format_version"]}, and '
        f'this program reads {_FORMAT_VERSION}: {remedy}'
      )
    return Threshold(
      checkpoint=str(found['checkpoint']),
      step=int(found['step']),
      class_names=tuple(found['class_names']),
      subset=str(found['subset']),
      num_examples=int(found['num_examples']),
      rejection=found['rejection'],
      conformal=found['conformal'],
    )
  except FileNotFoundError:
    return None
  except ThresholdError:
    raise
  except (OSError, ValueError, TypeError, KeyError) as error:
    raise ThresholdError(
      f'{str(path)!r} is damaged ({error!r}): {remedy}'
    ) from error
