"""The probability below which an answer is 'none of these'.

Evaluation writes it beside the checkpoints, prediction reads it. The file is
JSON, one object; fields beside these are for its reader and are left alone:

  {"version": 1, "min_probability": 0.62}

  FILE_NAME        threshold.json
  read, write      the file's min_probability
  ThresholdError   the file is damaged
"""

import json
import math
import os
import pathlib
from collections.abc import Mapping
from typing import Any

from inception.jobs import atomic_files
from inception.jobs import errors

FILE_NAME = 'threshold.json'
_VERSION = 1
_FIELD = 'min_probability'


class ThresholdError(errors.UserError):
  """The file cannot be used; the text says why and what to do."""


def read(folder: str | os.PathLike) -> float | None:
  """Returns the folder's threshold, in [0, 1]; None where it has none.

  Raises:
    ThresholdError: the file cannot be read, or holds no such number.
  """
  path = pathlib.Path(folder, FILE_NAME)
  try:
    facts = json.loads(path.read_bytes())
  except FileNotFoundError:
    return None
  except OSError as error:
    raise ThresholdError(
      f'{str(path)!r} cannot be read ({error.strerror}): check its '
      'permissions, or give --min_probability'
    ) from error
  except ValueError as error:
    raise ThresholdError(_damaged(path, 'it is not JSON')) from error
  if not isinstance(facts, dict) or facts.get('version') != _VERSION:
    raise ThresholdError(_damaged(path, f'its version is not {_VERSION}'))
  value = facts.get(_FIELD)
  if isinstance(value, bool) or not isinstance(value, (int, float)):
    raise ThresholdError(_damaged(path, f'it has no number {_FIELD}'))
  if not (math.isfinite(value) and 0 <= value <= 1):
    raise ThresholdError(
      _damaged(path, f'its {_FIELD} is {value}, which is not in [0, 1]')
    )
  return float(value)


def write(
  folder: str | os.PathLike,
  min_probability: float,
  *,
  facts: Mapping[str, Any] | None = None,
) -> None:
  """Writes the folder's threshold, complete or not at all.

  Args:
    folder: of the checkpoints.
    min_probability: in [0, 1].
    facts: what else to say, such as the share of right answers above it.

  Raises:
    OSError: it cannot be written.
    ValueError: min_probability is not in [0, 1].
  """
  if not 0 <= min_probability <= 1:
    raise ValueError(f'{_FIELD} must be in [0, 1], got {min_probability}')
  content = {'version': _VERSION, _FIELD: min_probability, **(facts or {})}
  atomic_files.write_text(
    pathlib.Path(folder, FILE_NAME), json.dumps(content, indent=1) + '\n'
  )


def _damaged(path: pathlib.Path, reason: str) -> str:
  return (
    f'{str(path)!r} is damaged ({reason}): run the evaluation again, or delete '
    'the file, or give --min_probability'
  )
