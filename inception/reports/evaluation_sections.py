"""Values of the sections of an evaluation's report.

matrix_rows   rows of the confusion matrix
class_rows    rows of the table of classes
mistakes      the most confident mistakes, with similar training pictures
suspects      labels that may be wrong
slice_groups  accuracy by slice, grouped by property
audit_rows    findings of the data's audit
lists         photographs that a click opens

A photograph is an index; `pictures` maps it to the URI of its thumbnail.
"""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from inception.evaluation import analysis as analysis_lib
from inception.evaluation import metrics as metrics_lib
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import proportions
from inception.evaluation import slices as slices_lib
from inception.reports import heat_maps
from inception.reports import pages

MOST_TABLE_CLASSES = 30
MOST_SHOWN = 24


def matrix_rows(metrics: metrics_lib.Metrics) -> list[dict[str, Any]]:
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


def class_rows(analysis: analysis_lib.Analysis) -> list[dict[str, Any]]:
  """Returns a row per class, with its mean activation map."""
  metrics, insights = analysis.metrics, analysis.insights
  intervals = metrics.class_intervals()
  activations = insights.activations
  shares = np.zeros(0) if activations is None else activations.border_share
  wrong = metrics.matrix.copy()
  wrong[np.arange(len(wrong)), np.arange(len(wrong)) + 1] = 0
  most = wrong.argmax(axis=1)
  rows = []
  for i, name in enumerate(metrics.class_names):
    heat, border = '', float('nan')
    if activations is not None and activations.num_examples[i]:
      border = float(shares[i])
      heat = pages.data_uri(
        heat_maps.small_png(activations.maps[i]), 'image/png'
      )
    rows.append({
      'label': i + 1,
      'name': name,
      'support': int(metrics.scores.support[i]),
      'num_correct': int(metrics.scores.num_correct[i]),
      'num_training': insights.num_training.get(name, 0),
      'scores': [
        (getattr(metrics.scores, score)[i], *intervals[score][i])
        for score in ('precision', 'recall', 'f1')
      ],
      'ranks': (metrics.roc_auc[i], metrics.average_precision[i]),
      'heat': heat,
      'border': border,
      # Number, label and name of the most frequent mistake.
      'taken_for': (
        int(wrong[i, most[i]]),
        int(most[i]),
        analysis.predictions.name(int(most[i])),
      ),
    })
  return rows


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


def mistakes(
  analysis: analysis_lib.Analysis,
  pictures: Mapping[int, str],
  training_pictures: Mapping[str, str],
) -> list[dict[str, Any]]:
  """Returns the most confident mistakes.

  Args:
    analysis: figures of the evaluation.
    pictures: {index of an example: URI}.
    training_pictures: {key of a training record: URI}.
  """
  predictions, insights = analysis.predictions, analysis.insights
  return [
    _figure(predictions, pictures, int(i))
    | {
      'heat': ''
      if predictions.maps is None
      else pages.data_uri(heat_maps.png(predictions.maps[i]), 'image/png'),
      'findings': insights.audit.of_example[i] if insights.audit else (),
      'neighbours': [
        {
          'picture': training_pictures.get(neighbour.source.key, ''),
          'file': neighbour.source.file,
          'name': predictions.name(neighbour.label),
          'similarity': neighbour.similarity,
        }
        for neighbour in insights.neighbours.get(int(i), ())
      ],
    }
    for i in insights.mistakes[:MOST_SHOWN]
  ]


def suspects(
  analysis: analysis_lib.Analysis, pictures: Mapping[int, str]
) -> list[dict[str, Any]]:
  """Returns the labels that are most likely wrong."""
  return [
    _figure(analysis.predictions, pictures, suspect.index)
    | {'suggested': analysis.predictions.name(suspect.suggested)}
    for suspect in (analysis.suspects or [])[:MOST_SHOWN]
  ]


def slice_groups(
  slices: list[slices_lib.Slice],
) -> list[tuple[str, list[tuple[int, slices_lib.Slice]]]]:
  """Returns each property with its slices, which are numbered throughout."""
  return [
    (name, list(group))
    for name, group in itertools.groupby(
      enumerate(slices), lambda numbered: numbered[1].property_name
    )
  ]


def audit_rows(analysis: analysis_lib.Analysis) -> list[dict[str, Any]]:
  """Returns a row per finding, the most frequent finding first."""
  audit = analysis.insights.audit
  if audit is None:
    return []
  return [
    {
      'finding': finding,
      'num_examples': examples,
      'num_mistakes': wrong,
      'share': wrong / examples,
      'interval': proportions.wilson_interval(wrong, examples),
    }
    for finding, (examples, wrong) in audit.counts.items()
  ]


def lists(analysis: analysis_lib.Analysis) -> dict[str, tuple[str, np.ndarray]]:
  """Returns {key: (title, indices of photographs)} that a click opens."""
  is_correct = analysis.predictions.is_correct
  clicks = {}
  for number, part in enumerate(analysis.insights.slices):
    clicks[f'slice{number}'] = (
      f'Mistakes: {part.property_name} {part.name}',
      part.members[~is_correct[part.members]],
    )
  audit = analysis.insights.audit
  if audit is not None:
    of_finding: dict[str, list[int]] = {}
    for index, findings in enumerate(audit.of_example):
      for finding in findings if not is_correct[index] else ():
        of_finding.setdefault(finding, []).append(index)
    for number, finding in enumerate(audit.counts):
      clicks[f'finding{number}'] = (
        f'Mistakes: {finding}',
        np.array(of_finding.get(finding, []), np.int64),
      )
  return clicks
