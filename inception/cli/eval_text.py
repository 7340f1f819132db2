"""Lines that an evaluation prints after the original's.

figures   a few lines of the figures that metrics.json holds in full
written   the files of the results
"""

import pathlib
from collections.abc import Sequence

import numpy as np

from inception.evaluation import metrics as metrics_lib
from inception.evaluation import predictions as predictions_lib
from inception.jobs import display_names

# Classes and mistakes that a line names.
_MOST = 3


def figures(metrics: metrics_lib.Metrics) -> list[str]:
  """Returns the lines for one evaluation."""
  lines = [
    f'loss = {metrics.loss:.4f}, balanced accuracy = '
    f'{metrics.scores.balanced_accuracy:.4f}, calibration error = '
    f'{metrics.calibration_error:.4f} ({metrics.scaled_calibration_error:.4f} '
    f'after scaling by temperature {metrics.temperature:.3g})',
    f'lowest recall: {_lowest_recalls(metrics)}',
  ]
  mistakes = metrics.confusions(_MOST)
  if mistakes:
    lines.append(
      'most frequent mistakes: '
      + ', '.join(
        f'{count} of {_name(metrics, label)} taken for '
        f'{_name(metrics, predicted)}'
        for count, label, predicted in mistakes
      )
    )
  return lines


def written(paths: Sequence[pathlib.Path]) -> str:
  """Returns a line that names files of one folder."""
  names = [path.name for path in paths]
  names[0] = str(paths[0])
  return f'wrote {" and ".join(names)}'


def _lowest_recalls(metrics: metrics_lib.Metrics) -> str:
  scores = metrics.scores
  # NaN, of classes without examples, is sorted to the end.
  order = np.argsort(scores.recall, kind='stable')[:_MOST]
  return ', '.join(
    f'{_name(metrics, int(i) + 1)} {scores.recall[i]:.3f} '
    f'({scores.num_correct[i]} of {scores.support[i]})'
    for i in order
    if scores.support[i]
  )


def _name(metrics: metrics_lib.Metrics, label: int) -> str:
  if not label:
    return predictions_lib.BACKGROUND
  return display_names.printable(metrics.class_names[label - 1])
