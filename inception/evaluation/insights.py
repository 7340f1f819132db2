"""Facts that help to understand the mistakes of one evaluation.

gather     gathers them
Insights   slices, mean maps, history, findings of the audit, neighbours
"""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from inception import dataset
from inception.evaluation import audit_findings
from inception.evaluation import class_activations
from inception.evaluation import eval_history
from inception.evaluation import nearest
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import record_sources
from inception.evaluation import slices as slices_lib
from inception.evaluation import training_features

# Mistakes that are listed in metrics.json, with their neighbours.
MOST_MISTAKES = 200


@dataclasses.dataclass(frozen=True, kw_only=True)
class Neighbour:
  """A training picture that the network sees as similar to a mistake.

  Attributes:
    source: record of the picture.
    label: its label, counted from 1.
    similarity: cosine similarity of the features, in [-1, 1].
  """

  source: record_sources.Source
  label: int
  similarity: float


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Insights:
  """Facts that help to understand the mistakes.

  Attributes:
    slices: accuracy of parts of the examples.
    activations: mean activation maps of the classes; None without maps.
    history: precision @ 1 of this and earlier steps, in their order.
    audit: findings of the data's audit; None if the data has none.
    num_training: {class name: number of training examples}; empty if unknown.
    mistakes: indices of the wrong examples, the most confident first, int64.
    neighbours: {index of a mistake: nearest training pictures}, for the first
      MOST_MISTAKES mistakes; empty without features.
  """

  slices: list[slices_lib.Slice]
  activations: class_activations.ClassActivations | None
  history: list[eval_history.Point]
  audit: audit_findings.AuditFindings | None
  num_training: Mapping[str, int]
  mistakes: np.ndarray
  neighbours: Mapping[int, list[Neighbour]]

  def to_json(self, predictions: predictions_lib.Predictions) -> dict[str, Any]:
    """Returns the facts as plain JSON.

    Args:
      predictions: predictions that the facts were gathered from.
    """
    return {
      'slices': [part.to_json() for part in self.slices],
      'history': [dataclasses.asdict(point) for point in self.history],
      'audit': None if self.audit is None else self.audit.to_json(),
      'activation_at_border': self._border(predictions.class_names),
      'mistakes': [
        self._mistake(predictions, int(i))
        for i in self.mistakes[:MOST_MISTAKES]
      ],
    }

  def _border(self, class_names: Sequence[str]) -> dict[str, Any] | None:
    if self.activations is None:
      return None
    return {
      'even': self.activations.even_share,
      **{
        name: None if share != share else float(share)
        for name, share in zip(
          class_names, self.activations.border_share, strict=True
        )
      },
    }

  def _mistake(
    self, predictions: predictions_lib.Predictions, index: int
  ) -> dict[str, Any]:
    source = predictions.sources[index]
    return {
      'record': source.key,
      'file': source.file,
      'class': predictions.name(int(predictions.labels[index])),
      'predicted': predictions.name(int(predictions.predicted[index])),
      'probability': float(predictions.confidence[index]),
      'audit': list(self.audit.of_example[index]) if self.audit else [],
      'nearest': [
        {
          'record': neighbour.source.key,
          'file': neighbour.source.file,
          'class': predictions.name(neighbour.label),
          'similarity': neighbour.similarity,
        }
        for neighbour in self.neighbours.get(index, ())
      ],
    }


def gather(
  predictions: predictions_lib.Predictions,
  eval_dir: str | os.PathLike,
  evaluation: eval_history.Evaluation,
  *,
  training: training_features.TrainingFeatures | None = None,
) -> Insights:
  """Gathers the facts, and adds the result to the folder's history.

  Args:
    predictions: at least one prediction.
    eval_dir: folder of the evaluations.
    evaluation: result for these predictions.
    training: features of the training pictures; None leaves the neighbours out.

  Raises:
    dataset.DatasetError: dataset_info.json is damaged.
  """
  eval_history.record(eval_dir, evaluation)
  info = dataset.read_info(evaluation.data_dir)
  audit = audit_findings.read(evaluation.data_dir)
  wrong = np.flatnonzero(~predictions.is_correct)
  mistakes = wrong[np.argsort(-predictions.confidence[wrong], kind='stable')]
  return Insights(
    slices=slices_lib.compute(predictions),
    activations=class_activations.compute(predictions),
    history=eval_history.read(eval_dir, evaluation),
    audit=None if audit is None else audit_findings.find(audit, predictions),
    num_training=info.examples_per_class.get(training_features.SUBSET, {})
    if info
    else {},
    mistakes=mistakes,
    neighbours=_neighbours(predictions, mistakes[:MOST_MISTAKES], training),
  )


def _neighbours(
  predictions: predictions_lib.Predictions,
  mistakes: np.ndarray,
  training: training_features.TrainingFeatures | None,
) -> dict[int, list[Neighbour]]:
  """Returns the nearest training pictures of each mistake."""
  if (
    training is None
    or predictions.features is None
    or len(training) <= nearest.COUNT
  ):
    return {}
  positions = {
    source.key: number for number, source in enumerate(training.sources)
  }
  found = nearest.find(
    predictions.features[mistakes],
    training.features,
    own=np.array([
      positions.get(predictions.sources[i].key, -1) for i in mistakes
    ]),
  )
  return {
    int(mistake): [
      Neighbour(
        source=training.sources[number],
        label=int(training.labels[number]),
        similarity=float(similarity),
      )
      for number, similarity in zip(numbers, similarities, strict=True)
    ]
    for mistake, numbers, similarities in zip(
      mistakes, found.indices, found.similarities, strict=True
    )
  }
