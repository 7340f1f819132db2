"""Draws every conclusion from the predictions of one evaluation.

analyse    predictions -> Analysis, and the files in eval_dir
Analysis   the figures, and the files that hold them
"""

import dataclasses
import pathlib
from typing import Any

from inception import dataset
from inception.checkpoints import threshold as threshold_lib
from inception.evaluation import comparison as comparison_lib
from inception.evaluation import conformal as conformal_lib
from inception.evaluation import logistic_regression
from inception.evaluation import metrics as metrics_lib
from inception.evaluation import mislabels
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import rejection as rejection_lib
from inception.evaluation import result_files
from inception.settings import config

# Subsets with examples that networks are trained on.
TRAINING = ('train', dataset.ALL)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
  """Circumstances of an evaluation.

  Attributes:
    checkpoint: prefix.
    step: of the checkpoint.
    data_name: what the data is called in messages.
    data_dir: folder of the records.
    subset: the evaluated examples.
    image_size: height and width of the network's input, in pixels.
    views: of each image, whose probabilities were averaged.
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
  """Every conclusion from the predictions of one evaluation.

  Attributes:
    facts: its circumstances.
    predictions: what the rest was computed from.
    metrics: the figures.
    rejection: "none of these", where it was asked for.
    conformal: sets of classes, where they were asked for.
    comparison: with another network, where it was asked for.
    suspects: likely wrong labels, the most certain first; None on the training
      set without features, for a network repeats what it was trained on.
    paths: written files, but for the threshold's.
    threshold_path: the file beside the checkpoint; None where neither a
      threshold nor sets were asked for.
  """

  facts: Facts
  predictions: predictions_lib.Predictions
  metrics: metrics_lib.Metrics
  rejection: rejection_lib.Rejection | None
  conformal: conformal_lib.Conformal | None
  comparison: comparison_lib.Comparison | None
  suspects: list[mislabels.Suspect] | None
  paths: tuple[pathlib.Path, ...]
  threshold_path: pathlib.Path | None


def analyse(
  predictions: predictions_lib.Predictions,
  facts: Facts,
  settings: config.EvalConfig,
  *,
  k: int,
  other: comparison_lib.Answers | None = None,
) -> Analysis:
  """Computes every figure and writes the files.

  Args:
    predictions: at least one.
    facts: circumstances of the evaluation.
    settings: name the folder and say what is asked for.
    k: in [1, num_classes].
    other: answers to compare with.

  Raises:
    comparison.ComparisonError: those are of other examples.
    OSError: a file cannot be written.
  """
  metrics = metrics_lib.compute(predictions, k=k)
  rejection = conformal = threshold_path = None
  if settings.target_precision is not None:
    rejection = rejection_lib.fit(
      predictions, target_precision=settings.target_precision
    )
  if settings.coverage is not None:
    conformal = conformal_lib.fit(predictions, coverage=settings.coverage)
  suspects = _suspects(predictions, facts)
  comparison = None
  if other is not None:
    comparison = comparison_lib.compare(
      comparison_lib.of(predictions, name=facts.checkpoint), other
    )
  parts = {'rejection': _json(rejection), 'conformal': _json(conformal)}
  if rejection is not None or conformal is not None:
    threshold_path = _write_threshold(predictions, facts, parts)
  paths = (
    result_files.write_metrics(
      settings.eval_dir,
      {
        **dataclasses.asdict(facts),
        **metrics.to_json(),
        **parts,
        'comparison': _json(comparison),
        'suspects': result_files.suspects_json(predictions, suspects),
      },
    ),
    result_files.write_predictions(settings.eval_dir, predictions),
  )
  if settings.relabel_csv and suspects is not None:
    paths += (
      result_files.write_relabel_csv(
        settings.relabel_csv, predictions, suspects
      ),
    )
  return Analysis(
    facts=facts,
    predictions=predictions,
    metrics=metrics,
    rejection=rejection,
    conformal=conformal,
    comparison=comparison,
    suspects=suspects,
    paths=paths,
    threshold_path=threshold_path,
  )


def _suspects(predictions, facts) -> list[mislabels.Suspect] | None:
  if facts.subset not in TRAINING:
    # The background class is no label.
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


def _json(part) -> dict[str, Any] | None:
  return None if part is None else part.to_json()


def _write_threshold(predictions, facts, parts) -> pathlib.Path:
  prefix = pathlib.Path(facts.checkpoint)
  return threshold_lib.write(
    prefix.parent,
    threshold_lib.Threshold(
      checkpoint=prefix.name,
      step=facts.step,
      class_names=predictions.class_names,
      subset=facts.subset,
      num_examples=len(predictions),
      **parts,
    ),
  )
