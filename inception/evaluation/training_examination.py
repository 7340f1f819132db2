"""Figures that need the features of the training pictures.

examine       computes them by fitting the last layer again
Examination   the figures

The fits are to the principal components of the features, and with many pictures
to a sample of them that has all classes.
"""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from inception.evaluation import folds
from inception.evaluation import learning_curve
from inception.evaluation import logistic_regression
from inception.evaluation import mislabels
from inception.evaluation import open_set
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import principal_components
from inception.evaluation import training_features

# 160 MB of features per copy, of which a fit has three.
MOST_PICTURES = 20_000

# Precision for the comparison of rules, unless the user asks for another.
_PRECISION = 0.9


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Examination:
  """Figures that need the features of the training pictures.

  Attributes:
    suspects: likely wrong labels of training pictures, the most certain first.
    curve: accuracy by the number of training pictures; None if the evaluated
      examples are training pictures, or there are too few.
    open_set: comparison of two rules for "none of these"; None as for `curve`,
      or with fewer than three classes.
  """

  suspects: list[mislabels.Suspect]
  curve: learning_curve.LearningCurve | None
  open_set: open_set.OpenSet | None


def examine(
  training: training_features.TrainingFeatures,
  predictions: predictions_lib.Predictions,
  *,
  is_new: bool,
  target_precision: float | None,
) -> Examination:
  """Computes the figures.

  Args:
    training: features of the training pictures.
    predictions: predictions with features.
    is_new: whether the network was not trained on the evaluated examples.
    target_precision: precision for the comparison of rules, in (0, 1).

  Raises:
    ValueError: the predictions have no features.
  """
  if predictions.features is None:
    raise ValueError('the predictions need features')
  num_classes = predictions.num_classes
  suspects = find_suspects(training, num_classes=num_classes)
  if not is_new or len(training) < 2 * len(learning_curve.SHARES):
    return Examination(suspects=suspects, curve=None, open_set=None)
  chosen = next(_parts(training.labels))
  features = np.asarray(training.features[chosen])
  labels = training.labels[chosen] - 1
  axes = principal_components.fit(features)
  evaluated_labels = predictions.labels - 1
  projected = axes.project(features), axes.project(predictions.features)
  curve = learning_curve.measure(
    projected[0],
    labels,
    projected[1],
    evaluated_labels,
    num_classes=num_classes,
  )
  counts = np.bincount(training.labels - 1, minlength=num_classes)
  return Examination(
    suspects=suspects,
    curve=dataclasses.replace(curve, class_counts=counts),
    open_set=open_set.compare(
      open_set.Features(raw=features, projected=projected[0], labels=labels),
      open_set.Features(
        raw=predictions.features,
        projected=projected[1],
        labels=evaluated_labels,
      ),
      num_classes=num_classes,
      target_precision=target_precision or _PRECISION,
    ),
  )


def find_suspects(
  training: training_features.TrainingFeatures, *, num_classes: int
) -> list[mislabels.Suspect]:
  """Returns likely wrong labels of training pictures, the most certain first.

  The probabilities of a picture are those of a last layer that was fitted
  without it. The other layers may have been trained on its label, and then hide
  some of the wrong ones.

  Args:
    training: features of the training pictures.
    num_classes: number of classes.
  """
  probabilities = np.full([len(training), num_classes], 1 / num_classes)
  for part in _parts(training.labels):
    if len(part) >= 2:
      features = np.asarray(training.features[part])
      probabilities[part] = logistic_regression.out_of_fold(
        principal_components.fit(features).project(features),
        training.labels[part] - 1,
        num_classes=num_classes,
        num_folds=min(logistic_regression.NUM_FOLDS, len(part)),
        iterations=learning_curve.ITERATIONS,
      )
  return mislabels.find(probabilities, training.labels)


def _parts(labels: np.ndarray) -> Iterator[np.ndarray]:
  """Yields sorted indices of at most MOST_PICTURES pictures of all classes."""
  count = math.ceil(len(labels) / MOST_PICTURES)
  part_of = folds.assign(labels, num_folds=max(1, count))
  for part in range(count):
    yield np.flatnonzero(part_of == part)


def to_json(
  examination: Examination,
  training: training_features.TrainingFeatures,
  class_names: tuple[str, ...],
) -> dict[str, Any]:
  """Returns the figures as JSON; the suspects are listed elsewhere."""
  curve, rules = examination.curve, examination.open_set
  return {
    'num_training_pictures': len(training),
    'learning_curve': None if curve is None else curve.to_json(),
    'open_set': None if rules is None else rules.to_json(class_names),
  }
