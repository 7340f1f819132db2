"""Tests two rules for "none of these" on classes that a network does not know.

compare              leaves each class out in turn, and scores both rules
OpenSet              scores of both rules
Features             features of training pictures or of other examples
LeftOut              scores without one group of classes
nearest_similarity   mean similarity to the nearest training pictures

The last layer is fitted to the training pictures of the other classes. A good
rule accepts the correct answers for evaluated examples of these classes, and
rejects the examples of the class that was left out. The rules are the largest
probability at the temperature of the smallest loss, and the similarity to the
nearest training pictures of the known classes (Y. Sun et al., Out-of-
Distribution Detection with Deep Nearest Neighbors, arXiv 2204.06507).

The features are those of the evaluated network, which may have been trained on
the class that is left out: both rules then have an easier task than with a
class that is really new.
"""

import dataclasses
from typing import Any

import numpy as np

from inception.evaluation import calibration
from inception.evaluation import logistic_regression
from inception.evaluation import nearest
from inception.evaluation import ranking
from inception.evaluation import rejection

RULES = ('probability', 'distance')
NUM_NEIGHBOURS = 10

# With more classes, several are left out at a time.
_MOST_GROUPS = 10
_ITERATIONS = 100


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Features:
  """Features of some pictures.

  Attributes:
    raw: features, float32 [pictures, num_features], for the distance.
    projected: their principal components, float32 [pictures, components], for
      the last layer.
    labels: int [pictures], in [0, num_classes).
  """

  raw: np.ndarray
  projected: np.ndarray
  labels: np.ndarray


@dataclasses.dataclass(frozen=True, kw_only=True)
class LeftOut:
  """Scores without one group of classes.

  Attributes:
    classes: numbers of the classes that are left out, counted from 0.
    num_known: number of evaluated examples of the other classes.
    num_unknown: number of evaluated examples of these classes.
    roc_auc: {rule: probability that an example of a known class has a larger
      score than one of an unknown class}.
    coverage: {rule: share of the known examples with a correct answer that is
      accepted, at the lowest threshold where the share of correct answers among
      all accepted ones reaches the target precision}.
  """

  classes: tuple[int, ...]
  num_known: int
  num_unknown: int
  roc_auc: dict[str, float]
  coverage: dict[str, float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class OpenSet:
  """Scores of both rules.

  Attributes:
    target_precision: precision at which the coverage is given, in (0, 1).
    rows: scores for each group of classes that was left out.
  """

  target_precision: float
  rows: tuple[LeftOut, ...]

  def mean(self, score: str, rule: str) -> float:
    """Returns the mean of 'roc_auc' or 'coverage' of a rule over the rows."""
    return float(np.mean([getattr(row, score)[rule] for row in self.rows]))

  @property
  def better(self) -> str:
    """The better rule.

    That is the distance only where its area under the ROC curve is larger by
    more than two standard errors of the difference, and its coverage is not
    smaller.
    """
    gains = np.array([
      row.roc_auc['distance'] - row.roc_auc['probability'] for row in self.rows
    ])
    error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else 1.0
    if gains.mean() > 2 * error and (
      self.mean('coverage', 'distance') >= self.mean('coverage', 'probability')
    ):
      return 'distance'
    return 'probability'

  def to_json(self, class_names: tuple[str, ...]) -> dict[str, Any]:
    """Returns the scores as plain JSON."""
    return {
      'target_precision': self.target_precision,
      'better': self.better,
      **{
        score: {rule: self.mean(score, rule) for rule in RULES}
        for score in ('roc_auc', 'coverage')
      },
      'left_out': [
        dataclasses.asdict(row)
        | {'classes': [class_names[number] for number in row.classes]}
        for row in self.rows
      ],
    }


def compare(
  training: Features,
  evaluated: Features,
  *,
  num_classes: int,
  target_precision: float,
) -> OpenSet | None:
  """Leaves each class out in turn, and scores both rules.

  Args:
    training: features of training pictures.
    evaluated: features of other examples.
    num_classes: number of classes.
    target_precision: in (0, 1).

  Returns:
    The scores; None if there are fewer than three classes, or no class can be
    left out because there are no examples to test with.
  """
  if num_classes < 3:
    return None
  rows = [
    _without(classes, training, evaluated, num_classes, target_precision)
    for classes in _groups(num_classes)
    if 0 < np.isin(evaluated.labels, classes).sum() < len(evaluated.labels)
    and not np.isin(training.labels, classes).all()
  ]
  if not rows:
    return None
  return OpenSet(target_precision=target_precision, rows=tuple(rows))


def _groups(num_classes: int) -> list[np.ndarray]:
  """Returns the classes that are left out together."""
  count = min(num_classes, _MOST_GROUPS)
  return [np.arange(first, num_classes, count) for first in range(count)]


def _without(
  classes: np.ndarray,
  training: Features,
  evaluated: Features,
  num_classes: int,
  target_precision: float,
) -> LeftOut:
  """Scores both rules without some classes."""
  is_kept = ~np.isin(training.labels, classes)
  labels = evaluated.labels
  is_known = ~np.isin(labels, classes)
  # Classes without pictures learn never to be the answer.
  model = logistic_regression.fit(
    training.projected[is_kept],
    training.labels[is_kept],
    num_classes=num_classes,
    iterations=_ITERATIONS,
  )
  logits = model.logits(evaluated.projected)
  logits[:, classes] = logits.min() - 100
  temperature = calibration.fit_temperature(logits[is_known], labels[is_known])
  scores = {
    'probability': calibration.softmax(logits, temperature).max(axis=1),
    'distance': nearest_similarity(evaluated.raw, training.raw[is_kept]),
  }
  is_right = is_known & (logits.argmax(axis=1) == labels)
  coverage = {}
  for rule, score in scores.items():
    _, accepted, right = rejection.coverage_curve(score, is_right)
    reached = np.flatnonzero(right / accepted >= target_precision)
    count = right[reached[-1]] if len(reached) else 0
    coverage[rule] = float(count / np.count_nonzero(is_known))
  return LeftOut(
    classes=tuple(classes.tolist()),
    num_known=int(np.count_nonzero(is_known)),
    num_unknown=int(np.count_nonzero(~is_known)),
    roc_auc={
      rule: ranking.roc_auc(score, is_known) for rule, score in scores.items()
    },
    coverage=coverage,
  )


def nearest_similarity(
  features: np.ndarray, training: np.ndarray, *, count: int = NUM_NEIGHBOURS
) -> np.ndarray:
  """Returns the mean similarity to the nearest training pictures.

  Similarity is the cosine of the square roots of the features (the Hellinger
  kernel): they are non-negative averages, of which a few large ones would
  dominate without the roots.

  Args:
    features: float32 [examples, num_features].
    training: float32 [pictures, num_features], at least one.
    count: number of nearest pictures; all if there are fewer.

  Returns:
    float32 [examples], in [0, 1].
  """
  return nearest.mean_similarity(
    np.sqrt(np.maximum(features, 0)),
    np.sqrt(np.maximum(training, 0)),
    count=count,
  )
