"""Files that an evaluation writes into its folder.

write_metrics      writes metrics.json
read_metrics       reads it
write_predictions  writes predictions.csv, with one row per example
read_predictions   reads its rows
write_text         writes text with names of files
"""

import csv
import dataclasses
import io
import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from inception.evaluation import predictions as predictions_lib
from inception.jobs import atomic_files
from inception.jobs import csv_lines
from inception.jobs import display_names
from inception.jobs import errors

METRICS_FILE = 'metrics.json'
PREDICTIONS_FILE = 'predictions.csv'
TOP = 5

_FORMAT_VERSION = 1
_FIRST_COLUMNS = ('record', 'file', 'class', 'predicted')


class ResultFileError(errors.UserError):
  """A file cannot be read; the text says which, why, and what to do."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
  """One row of predictions.csv.

  Attributes:
    record: 'SHARD:NUMBER', the number counted from 0.
    file: name of the image file.
    class_name: name of the true class.
    predicted: name of the predicted class.
  """

  record: str
  file: str
  class_name: str
  predicted: str

  @property
  def is_correct(self) -> bool:
    """True if the predicted class is the true one."""
    return self.predicted == self.class_name


def write_metrics(
  folder: str | os.PathLike, values: Mapping[str, Any]
) -> pathlib.Path:
  """Writes metrics.json and returns its path.

  Args:
    folder: existing folder.
    values: plain JSON values.
  """
  lines = ',\n'.join(
    f' {json.dumps(name)}: {_json_lines(value)}'
    for name, value in {'format_version': _FORMAT_VERSION, **values}.items()
  )
  path = pathlib.Path(folder, METRICS_FILE)
  write_text(path, f'{{\n{lines}\n}}\n')
  return path


def _json_lines(value: object) -> str:
  """Returns JSON with one line per row of a table."""
  if isinstance(value, list) and value and isinstance(value[0], dict | list):
    rows = ',\n  '.join(map(_json, value))
    return f'[\n  {rows}\n ]'
  return _json(value)


def _json(value: object) -> str:
  text = json.dumps(value, ensure_ascii=False)
  # The name of a file need not be Unicode, but JSON must be.
  return text if display_names.is_unicode(text) else json.dumps(value)


def read_metrics(path: str | os.PathLike) -> dict[str, Any]:
  """Returns the values that write_metrics wrote.

  Raises:
    ResultFileError: the file cannot be read, or is not of this kind.
  """
  try:
    values = json.loads(pathlib.Path(path).read_text(encoding='utf-8'))
    version = values['format_version']
  except OSError as error:
    raise _unreadable(path, error) from error
  except (ValueError, TypeError, KeyError) as error:
    raise ResultFileError(
      f'{os.fspath(path)!r} is not a {METRICS_FILE} of an evaluation: '
      'evaluate again to write one'
    ) from error
  if version != _FORMAT_VERSION:
    raise ResultFileError(
      f'{os.fspath(path)!r} has format_version {version}, and this program '
      f'reads {_FORMAT_VERSION}: evaluate again to write one'
    )
  return values


def write_predictions(
  folder: str | os.PathLike, predictions: predictions_lib.Predictions
) -> pathlib.Path:
  """Writes predictions.csv and returns its path.

  Columns: record, file, class (the true one), predicted, then class_1,
  probability_1 and so on for the five most probable classes, and margin, the
  difference of the first two probabilities. Probabilities are softmax(logits),
  like those of predict.
  """
  count = min(TOP, predictions.num_classes)
  top = predictions.top(max(2, count))
  chosen = np.take_along_axis(predictions.probabilities, top, axis=1)
  numbered = [
    f'{name}_{number}'
    for number in range(1, count + 1)
    for name in ('class', 'probability')
  ]
  rows = [csv_lines.line((*_FIRST_COLUMNS, *numbered, 'margin'))]
  for i, source in enumerate(predictions.sources):
    answers = []
    for label, probability in zip(top[i, :count], chosen[i], strict=False):
      answers += [predictions.name(int(label)), f'{probability:.6f}']
    cells = (
      source.key,
      source.file,
      predictions.name(int(predictions.labels[i])),
      predictions.name(int(predictions.predicted[i])),
      *answers,
      f'{chosen[i, 0] - chosen[i, 1]:.6f}',
    )
    rows.append(csv_lines.line(cells))
  path = pathlib.Path(folder, PREDICTIONS_FILE)
  write_text(path, ''.join(rows))
  return path


def read_predictions(path: str | os.PathLike) -> list[Row]:
  """Returns the rows of predictions.csv, in its order.

  Raises:
    ResultFileError: the file cannot be read, or is not of this kind.
  """
  try:
    text = pathlib.Path(path).read_bytes().decode('utf-8', 'surrogateescape')
  except OSError as error:
    raise _unreadable(path, error) from error
  reader = csv.DictReader(io.StringIO(text, newline=''))
  try:
    missing = set(_FIRST_COLUMNS) - set(reader.fieldnames or ())
    rows = [] if missing else list(reader)
  except csv.Error as error:
    raise ResultFileError(
      f'{os.fspath(path)!r} is not a {PREDICTIONS_FILE} of an evaluation: '
      f'{error}'
    ) from error
  if missing:
    raise ResultFileError(
      f'{os.fspath(path)!r} is not a {PREDICTIONS_FILE} of an evaluation: it '
      f'lacks the columns {", ".join(sorted(missing))}'
    )
  return [
    Row(
      record=row['record'],
      file=row['file'],
      class_name=row['class'],
      predicted=row['predicted'],
    )
    for row in rows
  ]


def _unreadable(path: str | os.PathLike, error: OSError) -> ResultFileError:
  return ResultFileError(
    f'cannot read {os.fspath(path)!r} ({error.strerror}): give the file that '
    'an evaluation has written'
  )


def write_text(path: pathlib.Path, text: str) -> None:
  """Writes text in UTF-8.

  On Linux a file name need not be Unicode; its bytes are kept.

  Raises:
    OSError: the file cannot be written.
  """
  atomic_files.write_bytes(path, text.encode('utf-8', 'surrogateescape'))
