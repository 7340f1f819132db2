"""Lines that an evaluation prints.

counts        the original's line, and the intervals of its figures
conclusions   all other lines for one evaluation
figures       lines with a few of the figures in metrics.json
examination   lines on the training pictures
open_set      line on rules for "none of these"
suspects      line on likely wrong labels
rejection     line on the threshold of "none of these", and its coverage
conformal     line on sets of classes
written       line that names the written files
"""

import pathlib
from collections.abc import Sequence

import numpy as np

from inception.evaluation import analysis as analysis_lib
from inception.evaluation import conformal as conformal_lib
from inception.evaluation import evaluator
from inception.evaluation import metrics as metrics_lib
from inception.evaluation import open_set as open_set_lib
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import proportions
from inception.evaluation import rejection as rejection_lib
from inception.jobs import display_names

# Line on an evaluation without --examine_training.
NOT_EXAMINED = (
  'for wrong labels among the training pictures and what more pictures would '
  'give, add --examine_training'
)

# Maximum number of classes or mistakes that a line names.
_MOST = 3


def counts(result: evaluator.Result) -> list[str]:
  """Returns the original's line, and one with 95 % intervals."""

  def interval(successes: int) -> str:
    low, high = proportions.wilson_interval(successes, result.num_examples)
    return f'{low:.4f} .. {high:.4f}'

  return [
    f'precision @ 1 = {result.precision_at_1:.4f} '
    f'recall @ {result.k} = {result.recall_at_k:.4f} '
    f'[{result.num_examples} examples]',
    f'95% interval: precision @ 1 in {interval(result.num_correct)}'
    f', recall @ {result.k} in {interval(result.num_in_top_k)}',
  ]


def conclusions(analysis: analysis_lib.Analysis) -> list[str]:
  """Returns the lines for one evaluation."""
  lines = figures(analysis.metrics)
  if analysis.suspects:
    lines.append(suspects(analysis))
  if analysis.examination is not None:
    lines += examination(analysis)
  if analysis.rejection is not None:
    lines.append(rejection(analysis.rejection))
  if analysis.conformal is not None:
    lines.append(conformal(analysis.conformal))
  if analysis.comparison is not None:
    lines.append(analysis.comparison.in_words())
  if analysis.extras.validated is not None:
    lines.append(analysis.extras.validated.in_words())
  lines += [
    f'advice {number}: {sentence}'
    for number, sentence in enumerate(analysis.advice, start=1)
  ]
  if analysis.examination is None:
    lines.append(NOT_EXAMINED)
  lines.append(written(analysis.paths))
  if analysis.threshold_path is not None:
    lines.append(written([analysis.threshold_path]))
  return lines


def rejection(fitted: rejection_lib.Rejection) -> str:
  """Returns the line on "none of these"."""
  if fitted.threshold is None:
    return (
      f'no threshold reaches a precision of {fitted.target_precision:g}: the '
      f'best is {fitted.best_precision:.4f}'
    )
  low, high = fitted.precision_interval
  return (
    f'"none of these" below probability {fitted.threshold:.4f}: precision '
    f'{fitted.precision:.4f} ({low:.4f} .. {high:.4f}) for the '
    f'{fitted.coverage:.1%} of the examples that are answered'
  )


def conformal(fitted: conformal_lib.Conformal) -> str:
  """Returns the line on sets of classes."""
  return (
    'sets of the classes of probability '
    f'{fitted.least_probability:.4f} or more hold the true one with '
    f'probability {fitted.coverage:g}: they have '
    f'{fitted.mean_size:.2f} classes on average (measured: '
    f'{fitted.measured_coverage:.1%} hold it)'
  )


def figures(metrics: metrics_lib.Metrics) -> list[str]:
  """Returns the lines with figures."""
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


def examination(analysis: analysis_lib.Analysis) -> list[str]:
  """Returns the lines on the training pictures; requires the examination."""
  examined, training = analysis.examination, analysis.training
  if examined is None or training is None:
    raise ValueError('the training pictures were not examined')
  lines = []
  if examined.suspects:
    names = [
      display_names.printable(training.sources[suspect.index].file)
      for suspect in examined.suspects[:_MOST]
    ]
    lines.append(
      f'{len(examined.suspects)} labels of the {len(training)} training '
      f'pictures may be wrong, such as {", ".join(names)}'
    )
  if examined.curve is not None:
    points = ', '.join(
      f'{accuracy:.4f} with {count:.0f}'
      for accuracy, count in zip(
        examined.curve.accuracy, examined.curve.num_pictures, strict=True
      )
    )
    lines.append(f'precision @ 1 of the last layer fitted again: {points}')
  if examined.open_set is not None:
    lines.append(open_set(examined.open_set))
  return lines


def open_set(scores: open_set_lib.OpenSet) -> str:
  """Returns the line on the two rules for "none of these"."""
  parts = [
    f'{rule} {scores.mean("roc_auc", rule):.3f} (coverage '
    f'{scores.mean("coverage", rule):.1%})'
    for rule in open_set_lib.RULES
  ]
  return (
    'area under the ROC curve for telling known classes from one left out: '
    f'{", ".join(parts)}; better: {scores.better}'
  )


def suspects(analysis: analysis_lib.Analysis) -> str:
  """Returns the line on likely wrong labels; requires at least one."""
  all_suspects = analysis.suspects or []
  predictions = analysis.predictions

  def name(label: int) -> str:
    return display_names.printable(predictions.name(label))

  examples = ', '.join(
    f'{display_names.printable(predictions.sources[suspect.index].file)} '
    f'({name(suspect.label)}, looks like {name(suspect.suggested)})'
    for suspect in all_suspects[:_MOST]
  )
  return f'{len(all_suspects)} labels may be wrong, such as {examples}'


def written(paths: Sequence[pathlib.Path]) -> str:
  """Returns the line that names files; a folder is named once."""
  names = [
    path.name if i and path.parent == paths[0].parent else str(path)
    for i, path in enumerate(paths)
  ]
  return f'wrote {" and ".join(names)}'


def _lowest_recalls(metrics: metrics_lib.Metrics) -> str:
  scores = metrics.scores
  # NaN, the recall of classes without examples, is sorted to the end.
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
