"""Likely wrong labels, as JSON and as a CSV file.

suspects_json      returns likely wrong labels as JSON
write_relabel_csv  writes them as a CSV file for build_image_data --labels_csv
"""

import os
import pathlib
from collections.abc import Sequence
from typing import Any

from inception.evaluation import mislabels
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import record_sources
from inception.evaluation import result_files
from inception.jobs import csv_lines


def suspects_json(
  predictions: predictions_lib.Predictions,
  suspects: Sequence[mislabels.Suspect] | None,
  *,
  sources: Sequence[record_sources.Source] | None = None,
) -> list[dict[str, Any]] | None:
  """Returns likely wrong labels as plain JSON.

  Args:
    predictions: predictions, which know the names of the classes.
    suspects: likely wrong labels; None if they were not judged.
    sources: records of the suspects' indices; those of the predictions unless
      given.
  """
  if suspects is None:
    return None
  sources = predictions.sources if sources is None else sources
  return [
    {
      'record': sources[suspect.index].key,
      'file': sources[suspect.index].file,
      'class': predictions.name(suspect.label),
      'suggested': predictions.name(suspect.suggested),
      'margin': suspect.margin,
    }
    for suspect in suspects
  ]


def write_relabel_csv(
  path: str | os.PathLike,
  predictions: predictions_lib.Predictions,
  judged: Sequence[
    tuple[Sequence[record_sources.Source], Sequence[mislabels.Suspect]]
  ],
) -> pathlib.Path:
  """Writes likely wrong labels with the suggested ones; returns the path.

  Columns: file, which is its path in the folder of images, such as CLASS/NAME;
  class, the suggested one; and margin. Records without a file name are left
  out.

  Args:
    path: path of the file.
    predictions: predictions, which know the names of the classes.
    judged: records and likely wrong labels of each judged subset; the most
      certain of all come first.
  """
  rows = [csv_lines.line(('file', 'class', 'margin'))]
  suspects = sorted(
    (
      (suspect, sources[suspect.index])
      for sources, likely in judged
      for suspect in likely
    ),
    key=lambda entry: -entry[0].margin,
  )
  for suspect, source in suspects:
    if source.file:
      cells = (
        record_sources.path(source, predictions.name(suspect.label)),
        predictions.name(suspect.suggested),
        f'{suspect.margin:.4f}',
      )
      rows.append(csv_lines.line(cells))
  path = pathlib.Path(path)
  result_files.write_text(path, ''.join(rows))
  return path
