"""Computes every figure from the predictions of one evaluation.

analyse           computes the figures and writes the files in eval_dir
Facts, Analysis   its arguments and its result, from analysis_result
"""

import pathlib

from inception import dataset
from inception.evaluation import advice as advice_lib
from inception.evaluation import advice_inputs
from inception.evaluation import analysis_files
from inception.evaluation import analysis_result
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
from inception.evaluation import training_examination
from inception.evaluation import training_features
from inception.settings import config

Facts = analysis_result.Facts
Analysis = analysis_result.Analysis

# Subsets that contain examples which networks are trained on.
TRAINING = ('train', dataset.ALL)

_NO_EXTRAS = extra_measurements.Extras()


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
  rejection, conformal = _rules(predictions, settings)
  comparison = _comparison(predictions, facts, other)
  is_new = facts.subset not in TRAINING
  suspects = _suspects(predictions, facts)
  examination = _examination(predictions, settings, training, is_new=is_new)
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
  return analysis_files.write(
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


def _rules(
  predictions: predictions_lib.Predictions, settings: config.EvalConfig
) -> tuple[rejection_lib.Rejection | None, conformal_lib.Conformal | None]:
  """Returns the rules that were requested: "none of these", sets of classes."""
  rejection = conformal = None
  if settings.target_precision is not None:
    rejection = rejection_lib.fit(
      predictions, target_precision=settings.target_precision
    )
  if settings.coverage is not None:
    conformal = conformal_lib.fit(predictions, coverage=settings.coverage)
  return rejection, conformal


def _comparison(
  predictions: predictions_lib.Predictions,
  facts: Facts,
  other: comparison_lib.Answers | None,
) -> comparison_lib.Comparison | None:
  """Returns the comparison with other answers, if there are any."""
  if other is None:
    return None
  return comparison_lib.compare(
    comparison_lib.of(predictions, name=facts.checkpoint), other
  )


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


def _examination(
  predictions: predictions_lib.Predictions,
  settings: config.EvalConfig,
  training: training_features.TrainingFeatures | None,
  *,
  is_new: bool,
) -> training_examination.Examination | None:
  """Returns the examination of the training pictures, if it was requested."""
  if training is None or not settings.examine_training:
    return None
  return training_examination.examine(
    training,
    predictions,
    is_new=is_new,
    target_precision=settings.target_precision,
  )


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
