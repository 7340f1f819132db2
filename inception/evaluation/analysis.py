"""Computes every figure from the predictions of one evaluation.

analyse    computes the figures and writes the files in eval_dir
Analysis   the figures, and the paths of the files that contain them
"""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any, Protocol

from inception import dataset
from inception.checkpoints import threshold as threshold_lib
from inception.evaluation import advice as advice_lib
from inception.evaluation import advice_inputs
from inception.evaluation import comparison as comparison_lib
from inception.evaluation import conformal as conformal_lib
from inception.evaluation import eval_history
from inception.evaluation import extra_measurements
from inception.evaluation import insights as insights_lib
from inception.evaluation import logistic_regression
from inception.evaluation import metrics as metrics_lib
from inception.evaluation import mislabels
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import rejection as rejection_lib
from inception.evaluation import result_files
from inception.evaluation import training_examination
from inception.evaluation import training_features
from inception.settings import config

# Subsets that contain examples which networks are trained on.
TRAINING = ('train', dataset.ALL)

_NO_EXTRAS = extra_measurements.Extras()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
  """Circumstances of an evaluation.

  Attributes:
    checkpoint: prefix of the checkpoint.
    step: training step of the checkpoint.
    data_name: name of the data in messages.
    data_dir: folder of the records.
    subset: name of the evaluated subset.
    image_size: height and width of the network's input, in pixels.
    views: number of views of each image, whose probabilities were averaged.
  """

  checkpoint: str
  step: int
  data_name: str
  data_dir: str
  subset: str
  image_size: int
  views: int = 1


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
  """Every figure of one evaluation.

  Attributes:
    facts: circumstances of the evaluation.
    predictions: predictions that the other fields were computed from.
    metrics: figures that are always computed.
    rejection: threshold for "none of these", if it was requested.
    conformal: rule for sets of classes, if they were requested.
    comparison: comparison with another network, if it was requested.
    suspects: likely wrong labels, the most certain first; None for the training
      set without features, since a network repeats what it was trained on.
    insights: facts that help to understand the mistakes.
    training: features of the training pictures; None if they were neither
      requested nor cached.
    examination: figures from these features; None unless requested.
    extras: further measurements that were requested.
    advice: sentences on what to do next, at most five.
    paths: written files, without that of the threshold.
    threshold_path: threshold.json beside the checkpoint; None if neither a
      threshold nor sets were requested.
  """

  facts: Facts
  predictions: predictions_lib.Predictions
  metrics: metrics_lib.Metrics
  rejection: rejection_lib.Rejection | None
  conformal: conformal_lib.Conformal | None
  comparison: comparison_lib.Comparison | None
  suspects: list[mislabels.Suspect] | None
  insights: insights_lib.Insights
  training: training_features.TrainingFeatures | None
  examination: training_examination.Examination | None
  extras: extra_measurements.Extras
  advice: list[str]
  paths: tuple[pathlib.Path, ...]
  threshold_path: pathlib.Path | None


def analyse(
  predictions: predictions_lib.Predictions,
  facts: Facts,
  settings: config.EvalConfig,
  *,
  k: int,
  other: comparison_lib.Answers | None = None,
  training: training_features.TrainingFeatures | None = None,
  extras: extra_measurements.Extras = _NO_EXTRAS,
) -> Analysis:
  """Computes every figure and writes the files.

  Args:
    predictions: at least one prediction.
    facts: circumstances of the evaluation.
    settings: settings of the evaluation: the folder, and the requested figures.
    k: number of largest logits for recall @ k, in [1, num_classes].
    other: answers to compare with.
    training: features of the training pictures, for the figures that need them;
      `predictions` has features too then.
    extras: further measurements.

  Raises:
    comparison.ComparisonError: `other` answers other examples.
    OSError: a file cannot be written.
  """
  metrics = metrics_lib.compute(predictions, k=k)
  rejection = conformal = comparison = examination = None
  if settings.target_precision is not None:
    rejection = rejection_lib.fit(
      predictions, target_precision=settings.target_precision
    )
  if settings.coverage is not None:
    conformal = conformal_lib.fit(predictions, coverage=settings.coverage)
  if other is not None:
    comparison = comparison_lib.compare(
      comparison_lib.of(predictions, name=facts.checkpoint), other
    )
  is_new = facts.subset not in TRAINING
  suspects = _suspects(predictions, facts)
  if training is not None and settings.examine_training:
    examination = training_examination.examine(
      training,
      predictions,
      is_new=is_new,
      target_precision=settings.target_precision,
    )
  advice = advice_lib.advise(
    advice_inputs.gather(
      predictions,
      metrics,
      data_dir=facts.data_dir,
      subset=facts.subset,
      is_new=is_new,
      suspects=suspects,
      rejection=rejection,
      examination=examination,
      extras=extras,
    )
  )
  return _written(
    Analysis(
      facts=facts,
      predictions=predictions,
      metrics=metrics,
      rejection=rejection,
      conformal=conformal,
      comparison=comparison,
      suspects=suspects,
      insights=_insights(
        predictions, facts, metrics, settings.eval_dir, training
      ),
      training=training,
      examination=examination,
      extras=extras,
      advice=advice,
      paths=(),
      threshold_path=None,
    ),
    settings,
  )


def _written(analysis: Analysis, settings: config.EvalConfig) -> Analysis:
  """Writes the files; returns the analysis with their paths."""
  predictions = analysis.predictions
  parts = {
    'rejection': _json(analysis.rejection),
    'conformal': _json(analysis.conformal),
  }
  threshold_path = None
  if analysis.rejection is not None or analysis.conformal is not None:
    threshold_path = _write_threshold(predictions, analysis.facts, parts)
  paths: tuple[pathlib.Path, ...] = (
    result_files.write_metrics(
      settings.eval_dir,
      {
        **dataclasses.asdict(analysis.facts),
        **analysis.metrics.to_json(),
        **parts,
        'comparison': _json(analysis.comparison),
        **analysis.insights.to_json(predictions),
        'cross_validation': _json(analysis.extras.validated),
        'whole_pictures': _json(analysis.extras.whole),
        'advice': analysis.advice,
        **analysis.insights.to_json(predictions),
        'suspects': result_files.suspects_json(predictions, analysis.suspects),
        **_training_json(analysis),
      },
    ),
    result_files.write_predictions(settings.eval_dir, predictions),
  )
  judged = [(predictions.sources, analysis.suspects)]
  if analysis.training is not None and analysis.examination is not None:
    judged.append((analysis.training.sources, analysis.examination.suspects))
  if settings.relabel_csv and any(found is not None for _, found in judged):
    paths += (
      result_files.write_relabel_csv(
        settings.relabel_csv,
        predictions,
        [(sources, found or []) for sources, found in judged],
      ),
    )
  return dataclasses.replace(
    analysis, paths=paths, threshold_path=threshold_path
  )


def _training_json(analysis: Analysis) -> dict[str, Any]:
  """Returns the figures from features of the training pictures."""
  training, examination = analysis.training, analysis.examination
  if training is None or examination is None:
    return {'training_examination': None, 'training_suspects': None}
  return {
    'training_examination': metrics_lib.plain(
      training_examination.to_json(
        examination, training, analysis.predictions.class_names
      )
    ),
    'training_suspects': result_files.suspects_json(
      analysis.predictions, examination.suspects, sources=training.sources
    ),
  }


def _suspects(
  predictions: predictions_lib.Predictions, facts: Facts
) -> list[mislabels.Suspect] | None:
  """Returns likely wrong labels; None where they cannot be judged."""
  if facts.subset not in TRAINING:
    # The background class is never a label.
    probabilities = predictions.probabilities[:, 1:]
  elif predictions.features is None or len(predictions) < 2:
    return None
  else:
    probabilities = logistic_regression.out_of_fold(
      predictions.features,
      predictions.labels - 1,
      num_classes=predictions.num_classes,
      num_folds=min(logistic_regression.NUM_FOLDS, len(predictions)),
    )
  return mislabels.find(probabilities, predictions.labels)


def _insights(
  predictions: predictions_lib.Predictions,
  facts: Facts,
  metrics: metrics_lib.Metrics,
  eval_dir: str,
  training: training_features.TrainingFeatures | None,
) -> insights_lib.Insights:
  """Returns the facts that help to understand the mistakes."""
  evaluation = eval_history.Evaluation(
    step=facts.step,
    train_dir=eval_history.train_dir(facts.checkpoint),
    data_dir=str(pathlib.Path(facts.data_dir).absolute()),
    subset=facts.subset,
    views=facts.views,
    num_examples=metrics.num_examples,
    num_correct=metrics.num_correct,
  )
  return insights_lib.gather(
    predictions, eval_dir, evaluation, training=training
  )


class _Part(Protocol):
  """A part of the figures that has a JSON form."""

  def to_json(self) -> dict[str, Any]:
    """Returns plain JSON."""


def _json(part: _Part | None) -> dict[str, Any] | None:
  return None if part is None else part.to_json()


def _write_threshold(
  predictions: predictions_lib.Predictions,
  facts: Facts,
  parts: Mapping[str, dict[str, Any] | None],
) -> pathlib.Path:
  """Writes threshold.json beside the checkpoint; returns its path."""
  prefix = pathlib.Path(facts.checkpoint)
  return threshold_lib.write(
    prefix.parent,
    threshold_lib.Threshold(
      checkpoint=prefix.name,
      step=facts.step,
      class_names=predictions.class_names,
      subset=facts.subset,
      num_examples=len(predictions),
      rejection=parts['rejection'],
      conformal=parts['conformal'],
    ),
  )
