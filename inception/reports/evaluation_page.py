"""The report of one evaluation: a self-contained HTML page.

write   writes EVAL_DIR/report.html
html    returns the text of the page

Each photograph is in the page once, as a thumbnail; a cell of the confusion
matrix opens its photographs. For up to MOST_TABLE_CLASSES classes the matrix is
a table of buttons, for more a picture that can be clicked.
"""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from inception.evaluation import analysis as analysis_lib
from inception.evaluation import calibration
from inception.evaluation import metrics as metrics_lib
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import rejection
from inception.jobs import atomic_files
from inception.jobs import display_names
from inception.reports import charts
from inception.reports import evaluation_pictures
from inception.reports import heat_maps
from inception.reports import pages

FILE_NAME = 'report.html'
MOST_TABLE_CLASSES = 30

_MOST_SHOWN = 24
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
  chosen = evaluation_pictures.choose(predictions)
  wanted = [suspect.index for suspect in (analysis.suspects or [])]
  chosen += [i for i in wanted[:_MOST_SHOWN] if i not in set(chosen)]
  uris = evaluation_pictures.load([predictions.sources[i] for i in chosen])
  pictures = dict(zip(chosen, uris, strict=True))
  # At the temperature of the smallest loss, like a threshold.
  confidences = calibration.softmax(
    predictions.logits, metrics.temperature
  ).max(axis=1)
  _, accepted, correct = rejection.coverage_curve(
    confidences, predictions.is_correct
  )
  return pages.render(
    'evaluation.html',
    analysis=analysis,
    facts=analysis.facts,
    metrics=metrics,
    headline=metrics.to_json()['precision_at_1'],
    recall=metrics.num_in_top_k / metrics.num_examples,
    rows=_matrix_rows(metrics),
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
    class_rows=_class_rows(metrics),
    mistakes=_mistakes(predictions, pictures),
    suspects=_suspects(analysis, pictures),
    reliability=charts.reliability(metrics.bins),
    scaled_reliability=charts.reliability(metrics.scaled_bins),
    coverage=charts.coverage(accepted, correct),
    width=charts.WIDTH,
    height=charts.HEIGHT,
    data=_data(predictions, pictures, metrics),
  )


def _matrix_rows(metrics: metrics_lib.Metrics) -> list[dict[str, Any]]:
  """Returns the rows of the table; none if there are too many classes."""
  if len(metrics.class_names) > MOST_TABLE_CLASSES:
    return []
  return [
    {
      'label': i + 1,
      'name': name,
      'support': int(metrics.scores.support[i]),
      # The column of the background is the last one.
      'cells': [
        (column, int(count), count / max(1, metrics.scores.support[i]))
        for column, count in [
          *enumerate(metrics.matrix[i, 1:], start=1),
          (0, metrics.matrix[i, 0]),
        ]
      ],
    }
    for i, name in enumerate(metrics.class_names)
  ]


def _class_rows(metrics: metrics_lib.Metrics) -> list[dict[str, Any]]:
  intervals = metrics.class_intervals()
  return [
    {
      'name': name,
      'support': int(metrics.scores.support[i]),
      'scores': [
        (getattr(metrics.scores, score)[i], *intervals[score][i])
        for score in ('precision', 'recall', 'f1')
      ],
      'ranks': (metrics.roc_auc[i], metrics.average_precision[i]),
    }
    for i, name in enumerate(metrics.class_names)
  ]


def _figure(
  predictions: predictions_lib.Predictions,
  pictures: Mapping[int, str],
  index: int,
) -> dict[str, Any]:
  """Returns the values of one photograph and its caption."""
  label, predicted = predictions.labels[index], predictions.predicted[index]
  return {
    'picture': pictures.get(index, ''),
    'file': predictions.sources[index].file,
    'record': predictions.sources[index].key,
    'label': predictions.name(int(label)),
    'predicted': predictions.name(int(predicted)),
    'probability': predictions.confidence[index],
  }


def _mistakes(
  predictions: predictions_lib.Predictions, pictures: Mapping[int, str]
) -> list[dict[str, Any]]:
  """Returns the most confident mistakes, with their activation maps."""
  wrong = np.flatnonzero(~predictions.is_correct)
  order = wrong[np.argsort(-predictions.confidence[wrong], kind='stable')]
  return [
    _figure(predictions, pictures, int(i))
    | {
      'heat': ''
      if predictions.maps is None
      else pages.data_uri(heat_maps.png(predictions.maps[i]), 'image/png')
    }
    for i in order[:_MOST_SHOWN]
  ]


def _suspects(
  analysis: analysis_lib.Analysis, pictures: Mapping[int, str]
) -> list[dict[str, Any]]:
  return [
    _figure(analysis.predictions, pictures, suspect.index)
    | {'suggested': analysis.predictions.name(suspect.suggested)}
    for suspect in (analysis.suspects or [])[:_MOST_SHOWN]
  ]


def _data(
  predictions: predictions_lib.Predictions,
  pictures: Mapping[int, str],
  metrics: metrics_lib.Metrics,
) -> dict[str, Any]:
  """Returns the data of the page's script: the photographs of each cell."""
  cells: dict[tuple[int, int], list[int]] = {}
  for number, index in enumerate(pictures):
    cell = int(predictions.labels[index]), int(predictions.predicted[index])
    cells.setdefault(cell, []).append(number)
  return {
    'classes': [
      display_names.printable(predictions.name(label))
      for label in range(predictions.num_classes + 1)
    ],
    'cells': [
      [
        int(row) + 1,
        int(column),
        int(metrics.matrix[row, column]),
        cells.get((int(row) + 1, int(column)), []),
      ]
      for row, column in zip(*np.nonzero(metrics.matrix), strict=True)
    ],
    'pictures': [
      [
        uri,
        display_names.printable(predictions.sources[index].file),
        round(float(predictions.confidence[index]), 4),
        predictions.sources[index].key,
      ]
      for index, uri in pictures.items()
    ],
  }
