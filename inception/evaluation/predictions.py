"""Answers of a network to each example of a subset.

Predictions   logits, labels and sources of the examples
Collector     gathers them batch by batch
"""

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

from inception import dataset
from inception.evaluation import calibration
from inception.evaluation import confusion
from inception.evaluation import record_sources

# Name of the background class, which no example has, as an answer.
BACKGROUND = '(background)'


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Predictions:
  """Answers of a network to each example of a subset.

  Attributes:
    class_names: class names without background, in the order of their labels.
    logits: float32 [examples, num_classes + 1], finite; column 0 is the
      background class.
    labels: int64 [examples], in [1, num_classes].
    sources: record of each example.
    maps: class activation maps of the predicted classes, float32
      [examples, height, width]; None if they were not gathered.
    looks: brightness and sharpness of image_looks.measure, float32
      [examples, 2]; None if they were not gathered.
    features: input of the last layer, float32 [examples, num_features]; None
      if they were not gathered.
  """

  class_names: tuple[str, ...]
  logits: np.ndarray
  labels: np.ndarray
  sources: Sequence[record_sources.Source]
  maps: np.ndarray | None = None
  looks: np.ndarray | None = None
  features: np.ndarray | None = None

  def __len__(self) -> int:
    return len(self.labels)

  @property
  def num_classes(self) -> int:
    """Number of classes without background."""
    return len(self.class_names)

  def name(self, label: int) -> str:
    """Returns the name of the class with a label; 0 is the background."""
    return self.class_names[label - 1] if label else BACKGROUND

  @functools.cached_property
  def predicted(self) -> np.ndarray:
    """Label of the largest logit: int64 [examples], in [0, num_classes]."""
    return confusion.predicted_labels(self.logits, self.labels)

  @functools.cached_property
  def is_correct(self) -> np.ndarray:
    """Examples whose predicted label is the true one: bool [examples]."""
    return self.predicted == self.labels

  @functools.cached_property
  def probabilities(self) -> np.ndarray:
    """Softmax of the logits: float64 [examples, num_classes + 1]."""
    return calibration.softmax(self.logits)

  @functools.cached_property
  def confidence(self) -> np.ndarray:
    """Largest probability of each example: float64 [examples]."""
    return self.probabilities.max(axis=1)

  def top(self, count: int) -> np.ndarray:
    """Returns the labels of the largest probabilities, the largest first.

    Ties are decided in favour of the true label, as in `predicted`.

    Args:
      count: number of labels, at most num_classes + 1.

    Returns:
      int64 [examples, count].
    """
    # A stable sort keeps the order of the columns: the true label goes first.
    columns = np.argsort(
      np.arange(self.num_classes + 1) != self.labels[:, None],
      axis=1,
      kind='stable',
    )
    ordered = np.take_along_axis(-self.logits, columns, axis=1)
    order = np.argsort(ordered, axis=1, kind='stable')[:, :count]
    return np.take_along_axis(columns, order, axis=1)


class Collector:
  """Gathers logits and labels batch by batch."""

  def __init__(self) -> None:
    self._logits: list[np.ndarray] = []
    self._labels: list[np.ndarray] = []
    self._maps: list[np.ndarray] = []
    self._looks: list[np.ndarray] = []
    self._features: list[np.ndarray] = []

  def add(
    self,
    logits: np.ndarray,
    labels: np.ndarray,
    maps: np.ndarray | None = None,
    looks: np.ndarray | None = None,
    features: np.ndarray | None = None,
  ) -> None:
    """Adds one batch, without padding.

    Args:
      logits: float32 [batch, num_classes + 1].
      labels: int [batch].
      maps: float32 [batch, height, width]; either all batches have them or
        none.
      looks: float32 [batch, 2]; either all batches have them or none.
      features: float32 [batch, num_features]; either all batches have them or
        none.
    """
    if maps is not None:
      self._maps.append(maps)
    if looks is not None:
      self._looks.append(looks)
    self._logits.append(logits)
    self._labels.append(labels)
    if features is not None:
      self._features.append(features)

  @property
  def num_not_finite(self) -> int:
    """Number of examples with a NaN or infinite logit."""
    return sum(
      int(np.count_nonzero(~np.isfinite(logits).all(axis=1)))
      for logits in self._logits
    )

  def predictions(
    self, class_names: tuple[str, ...], sources: Sequence[record_sources.Source]
  ) -> Predictions:
    """Returns the predictions for everything that was added.

    Args:
      class_names: class names without background, in the order of their labels.
      sources: record of each example.

    Raises:
      dataset.DatasetError: the labels of the records differ.
      ValueError: nothing was added.
    """
    if not self._labels:
      raise ValueError('no batch was added')
    labels = np.concatenate(self._labels).astype(np.int64)
    if labels.tolist() != [source.label for source in sources]:
      raise dataset.DatasetError(
        f'the labels of {len(labels)} examples are not those of the '
        f'{len(sources)} records: the shards were changed in the meantime, so '
        'evaluate again'
      )
    return Predictions(
      class_names=class_names,
      logits=np.concatenate(self._logits),
      labels=labels,
      sources=sources,
      maps=np.concatenate(self._maps) if self._maps else None,
      looks=np.concatenate(self._looks) if self._looks else None,
      features=np.concatenate(self._features) if self._features else None,
    )
