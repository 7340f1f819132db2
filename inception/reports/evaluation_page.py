"""The report of one evaluation: a self-contained HTML page.

write   writes EVAL_DIR/report.html
html    returns the text of the page

Each photograph is in the page once, as a thumbnail; a cell of the confusion
matrix opens its photographs, a slice or a finding its mistakes. For few classes
the matrix is a table of buttons, for more a picture that can be clicked.
"""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from inception.evaluation import analysis as analysis_lib
from inception.evaluation import calibration
from inception.evaluation import rejection
from inception.jobs import atomic_files
from inception.jobs import display_names
from inception.reports import charts
from inception.reports import evaluation_pictures
from inception.reports import evaluation_sections
from inception.reports import pages

FILE_NAME = 'report.html'
_MOST_CONFUSIONS = 20


def write(
  analysis: analysis_lib.Analysis, folder: str | os.PathLike
) -> pathlib.Path:
  """Writes report.html and returns its path.

  Args:
    analysis: figures of one evaluation.
    folder: existing folder for the page.

  Raises:
    OSError: the page cannot be written.
  """
  path = pathlib.Path(folder, FILE_NAME)
  atomic_files.write_text(path, html(analysis))
  return path


def html(analysis: analysis_lib.Analysis) -> str:
  """Returns the text of the page."""
  predictions, metrics = analysis.predictions, analysis.metrics
  insights = analysis.insights
  pictures, training_pictures = _pictures(analysis)
  return pages.render(
    'evaluation.html',
    analysis=analysis,
    facts=analysis.facts,
    metrics=metrics,
    headline=metrics.to_json()['precision_at_1'],
    recall=metrics.num_in_top_k / metrics.num_examples,
    rows=evaluation_sections.matrix_rows(metrics),
    has_background=bool(metrics.matrix[:, 0].any()),
    confusions=[
      (
        count,
        label,
        predicted,
        predictions.name(label),
        predictions.name(predicted),
      )
      for count, label, predicted in metrics.confusions(_MOST_CONFUSIONS)
    ],
    class_rows=evaluation_sections.class_rows(analysis),
    activations=insights.activations,
    mistakes=evaluation_sections.mistakes(
      analysis, pictures, training_pictures
    ),
    suspects=evaluation_sections.suspects(analysis, pictures),
    slice_groups=evaluation_sections.slice_groups(insights.slices),
    audit=insights.audit,
    audit_rows=evaluation_sections.audit_rows(analysis),
    num_training=sum(insights.num_training.values()),
    num_steps=len(insights.history),
    **_charts(analysis),
    data=_data(analysis, pictures),
  )


def _charts(analysis: analysis_lib.Analysis) -> dict[str, Any]:
  """Returns the charts and their size."""
  predictions, metrics = analysis.predictions, analysis.metrics
  # At the temperature of the smallest loss, like a threshold.
  confidences = calibration.softmax(
    predictions.logits, metrics.temperature
  ).max(axis=1)
  _, accepted, correct = rejection.coverage_curve(
    confidences, predictions.is_correct
  )
  return {
    'history': charts.history(analysis.insights.history),
    'reliability': charts.reliability(metrics.bins),
    'scaled_reliability': charts.reliability(metrics.scaled_bins),
    'coverage': charts.coverage(accepted, correct),
    'width': charts.WIDTH,
    'height': charts.HEIGHT,
  }


def _pictures(
  analysis: analysis_lib.Analysis,
) -> tuple[dict[int, str], dict[str, str]]:
  """Returns the thumbnails of examples, and of their training neighbours.

  Returns:
    {index of an example: URI}, and {key of a training record: URI}.
  """
  predictions, insights = analysis.predictions, analysis.insights
  most = evaluation_sections.MOST_SHOWN
  chosen = evaluation_pictures.choose(predictions)
  wanted = [suspect.index for suspect in (analysis.suspects or [])]
  chosen += [i for i in wanted[:most] if i not in set(chosen)]
  training = {
    neighbour.source.key: neighbour.source
    for i in insights.mistakes[:most]
    for neighbour in insights.neighbours.get(int(i), ())
  }
  uris = evaluation_pictures.load([
    *(predictions.sources[i] for i in chosen),
    *training.values(),
  ])
  return (
    dict(zip(chosen, uris, strict=False)),
    dict(zip(training, uris[len(chosen) :], strict=True)),
  )


def _data(
  analysis: analysis_lib.Analysis, pictures: Mapping[int, str]
) -> dict[str, Any]:
  """Returns the data of the page's script: the photographs of each cell."""
  predictions = analysis.predictions
  numbers = {index: number for number, index in enumerate(pictures)}
  return {
    'classes': [
      display_names.printable(predictions.name(label))
      for label in range(predictions.num_classes + 1)
    ],
    'cells': _cells(analysis, numbers),
    'lists': {
      key: [
        display_names.printable(title),
        len(indices),
        # The most confident mistake first, as in `pictures`.
        sorted(numbers[i] for i in indices.tolist() if i in numbers),
      ]
      for key, (title, indices) in evaluation_sections.lists(analysis).items()
    },
    'pictures': [
      [
        uri,
        display_names.printable(predictions.sources[index].file),
        round(float(predictions.confidence[index]), 4),
        predictions.sources[index].key,
        int(predictions.labels[index]),
        int(predictions.predicted[index]),
      ]
      for index, uri in pictures.items()
    ],
  }


def _cells(
  analysis: analysis_lib.Analysis, numbers: Mapping[int, int]
) -> list[list[Any]]:
  """Returns [label, predicted label, count, photographs] of each cell.

  Args:
    analysis: figures of the evaluation.
    numbers: {index of an example: number of its photograph}.
  """
  predictions, matrix = analysis.predictions, analysis.metrics.matrix
  of_cell: dict[tuple[int, int], list[int]] = {}
  for index, number in numbers.items():
    cell = int(predictions.labels[index]), int(predictions.predicted[index])
    of_cell.setdefault(cell, []).append(number)
  return [
    [
      int(row) + 1,
      int(column),
      int(matrix[row, column]),
      of_cell.get((int(row) + 1, int(column)), []),
    ]
    for row, column in zip(*np.nonzero(matrix), strict=True)
  ]
