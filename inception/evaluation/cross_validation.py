"""Cross-validation of the last layer on the features of all subsets.

estimate          fits the last layer once without each fold
CrossValidation   correct answers per fold, and one interval for all

The estimate is of the last layer alone. It is unbiased if the other layers have
not seen the pictures, such as those of a pretrained network. If they were
trained on some of the pictures, the features of these separate the classes
better than those of new pictures, and the estimate is too high.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from inception.evaluation import folds
from inception.evaluation import logistic_regression
from inception.evaluation import principal_components
from inception.evaluation import proportions

_ITERATIONS = 100


@dataclasses.dataclass(frozen=True, kw_only=True)
class CrossValidation:
  """Correct answers of last layers, each fitted without the answered fold.

  Attributes:
    num_correct: number of correct answers of each fold.
    num_examples: number of examples of each fold.
    num_grouped: number of examples that were kept together with copies.
    is_biased: whether layers below the last one were trained on the examples.
  """

  num_correct: tuple[int, ...]
  num_examples: tuple[int, ...]
  num_grouped: int
  is_biased: bool

  @property
  def accuracy(self) -> float:
    """Share of correct answers over all folds."""
    return sum(self.num_correct) / sum(self.num_examples)

  @property
  def interval(self) -> tuple[float, float]:
    """95 % interval of the accuracy, from all examples together.

    The answers of the folds are not quite independent, since their fits share
    examples: the interval is slightly too narrow.
    """
    return proportions.wilson_interval(
      sum(self.num_correct), sum(self.num_examples)
    )

  def to_json(self) -> dict[str, Any]:
    """Returns the figures as plain JSON."""
    return dataclasses.asdict(self) | {
      'accuracy': self.accuracy,
      'interval': list(self.interval),
      'of': 'the last layer alone, on features of the evaluated network',
    }

  def in_words(self) -> str:
    """Returns one line."""
    low, high = self.interval
    bias = (
      ' (too high: the other layers were trained on some of the pictures)'
      if self.is_biased
      else ''
    )
    return (
      f'cross-validation of the last layer alone in {len(self.num_correct)} '
      f'folds of all {sum(self.num_examples)} pictures: precision @ 1 = '
      f'{self.accuracy:.4f} ({low:.4f} .. {high:.4f}){bias}'
    )


def estimate(
  features: np.ndarray,
  labels: np.ndarray,
  *,
  num_classes: int,
  num_folds: int,
  groups: Sequence[Sequence[int]] = (),
  is_biased: bool,
) -> CrossValidation:
  """Fits the last layer once without each fold.

  Args:
    features: float32 [examples, num_features].
    labels: int [examples], in [0, num_classes).
    num_classes: number of classes.
    num_folds: number of folds, in [2, examples].
    groups: groups of indices of copies, each of which stays in one fold.
    is_biased: whether layers below the last one were trained on the examples.

  Raises:
    ValueError: num_folds is out of range.
  """
  answers = logistic_regression.out_of_fold(
    principal_components.fit(features).project(features),
    labels,
    num_classes=num_classes,
    num_folds=num_folds,
    groups=groups,
    iterations=_ITERATIONS,
  ).argmax(axis=1)
  fold_of = folds.assign(labels, num_folds=num_folds, groups=groups)
  return CrossValidation(
    num_correct=tuple(
      int(np.count_nonzero(answers[fold_of == fold] == labels[fold_of == fold]))
      for fold in range(num_folds)
    ),
    num_examples=tuple(np.bincount(fold_of, minlength=num_folds).tolist()),
    num_grouped=sum(map(len, groups)),
    is_biased=is_biased,
  )
