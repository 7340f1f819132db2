"""Decides whether the difference of two networks is more than chance.

Answers      correctness of each answer, and the examples that were answered
of           returns the Answers of predictions
read         reads the Answers of an earlier evaluation
compare      compares two Answers
mcnemar      exact test of paired answers
Comparison   the difference, its interval and its p-value; in_words

Both networks must have answered the same examples: only examples that exactly
one of them answers correctly count.
"""

import dataclasses
import os
import pathlib
from typing import Any

import numpy as np

from inception.evaluation import predictions as predictions_lib
from inception.evaluation import result_files
from inception.jobs import errors

_DRAWS = 10_000
_SEED = 0
# A smaller p-value is printed as "p < 0.0001".
_LEAST_P = 0.0001
_SIGNIFICANT = 0.05


class ComparisonError(errors.UserError):
  """Two evaluations cannot be compared; the text says why."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
  """Answers of one network to each example.

  Attributes:
    name: name of the network in messages.
    examples: (record, file, true class) of each example.
    is_correct: bool [examples].
  """

  name: str
  examples: list[tuple[str, str, str]]
  is_correct: np.ndarray


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparison:
  """Comparison of two networks on the same examples.

  Attributes:
    name: name of the network.
    other: name of the other network.
    num_examples: number of examples, all answered by both.
    only_first: number of examples that only the network answers correctly.
    only_other: number of examples that only the other one answers correctly.
    interval: 95 % bootstrap interval of the difference.
    p_value: probability of a difference at least as large between networks
      that are equally good.
  """

  name: str
  other: str
  num_examples: int
  only_first: int
  only_other: int
  interval: tuple[float, float]
  p_value: float

  @property
  def difference(self) -> float:
    """Precision @ 1 of the network less that of the other one."""
    return (self.only_first - self.only_other) / self.num_examples

  def in_words(self) -> str:
    """Returns one sentence, without a full stop."""
    if self.only_first == self.only_other:
      low, high = (100 * end for end in self.interval)
      return (
        f'{self.name} and {self.other} are equally good: their difference is '
        f'0.0 points ({low:.1f} .. {high:.1f})'
      )
    names, interval = (self.name, self.other), self.interval
    if self.difference < 0:
      names, interval = names[::-1], (-interval[1], -interval[0])
    p = f'p < {_LEAST_P:g}'
    if self.p_value >= _LEAST_P:
      p = f'p = {self.p_value:.2g}'
    reason = 'chance alone'
    if self.p_value >= _SIGNIFICANT:
      reason = 'which may well be chance'
    return (
      f'{names[0]} is better than {names[1]} by '
      f'{100 * abs(self.difference):.1f} points ({100 * interval[0]:.1f} .. '
      f'{100 * interval[1]:.1f}); {reason}: {p}'
    )

  def to_json(self) -> dict[str, Any]:
    """Returns plain JSON."""
    return {
      'other': self.other,
      'difference': self.difference,
      'interval': list(self.interval),
      'p_value': self.p_value,
      'only_this_correct': self.only_first,
      'only_other_correct': self.only_other,
    }


def of(predictions: predictions_lib.Predictions, *, name: str) -> Answers:
  """Returns the Answers of predictions."""
  return Answers(
    name=name,
    examples=[
      (source.key, source.file, predictions.name(int(label)))
      for source, label in zip(
        predictions.sources, predictions.labels, strict=True
      )
    ],
    is_correct=predictions.is_correct,
  )


def read(path: str | os.PathLike) -> Answers:
  """Returns the Answers of an earlier evaluation.

  Args:
    path: path of its metrics.json, with predictions.csv in the same folder; or
      of the predictions.csv; or of the folder of both.

  Raises:
    result_files.ResultFileError: the files cannot be read.
  """
  path = pathlib.Path(path)
  if path.is_dir():
    path = path / result_files.METRICS_FILE
  # Not the name of its checkpoint: two evaluations may share one.
  name = str(path)
  if path.suffix == '.json':
    result_files.read_metrics(path)
    path = path.with_name(result_files.PREDICTIONS_FILE)
  rows = result_files.read_predictions(path)
  return Answers(
    name=name,
    examples=[(row.record, row.file, row.class_name) for row in rows],
    is_correct=np.array([row.is_correct for row in rows], bool),
  )


def mcnemar(first: int, other: int) -> float:
  """Returns the two-sided p-value of McNemar's exact test.

  Source: Q. McNemar, Psychometrika 12 (1947) 153-157, with the binomial
  distribution in place of the chi-squared one.

  Args:
    first: number of examples that only the first network answers correctly.
    other: number of examples that only the other one answers correctly.
  """
  total, fewer = first + other, min(first, other)
  term = tail = 1
  for i in range(fewer):
    term = term * (total - i) // (i + 1)
    tail += term
  # Python divides integers of any size exactly and rounds once.
  return min(1.0, 2 * tail / 2**total)


def compare(first: Answers, other: Answers) -> Comparison:
  """Returns the difference of two networks.

  Args:
    first: answers of the network, at least one.
    other: answers to the same examples, in the same order.

  Raises:
    ComparisonError: the examples are not the same.
  """
  _check_same(first, other)
  num = len(first.is_correct)
  only_first = int(np.count_nonzero(first.is_correct & ~other.is_correct))
  only_other = int(np.count_nonzero(other.is_correct & ~first.is_correct))
  # Resampling the examples draws these three counts.
  draws = np.random.default_rng(_SEED).multinomial(
    num,
    [only_first / num, only_other / num, (num - only_first - only_other) / num],
    size=_DRAWS,
  )
  low, high = np.percentile((draws[:, 0] - draws[:, 1]) / num, [2.5, 97.5])
  return Comparison(
    name=first.name,
    other=other.name,
    num_examples=num,
    only_first=only_first,
    only_other=only_other,
    interval=(float(low), float(high)),
    p_value=mcnemar(only_first, only_other),
  )


def _check_same(first: Answers, other: Answers) -> None:
  if first.examples == other.examples:
    return
  names = f'{first.name!r} and {other.name!r} cannot be compared'
  if len(first.examples) != len(other.examples):
    raise ComparisonError(
      f'{names}: they were evaluated on {len(first.examples)} and '
      f'{len(other.examples)} examples'
    )
  number, (ours, theirs) = next(
    (i, pair)
    for i, pair in enumerate(zip(first.examples, other.examples, strict=True))
    if pair[0] != pair[1]
  )
  raise ComparisonError(
    f'{names}: they were evaluated on other examples (number {number + 1} is '
    f'{ours[1]!r} of {ours[2]!r} and {theirs[1]!r} of {theirs[2]!r})'
  )
