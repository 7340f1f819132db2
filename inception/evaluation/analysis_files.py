"""Writes the files of one evaluation.

write   writes metrics.json, predictions.csv and the files that were requested
"""

import contextlib
import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any, Protocol

from inception.checkpoints import threshold as threshold_lib
from inception.evaluation import analysis_result
from inception.evaluation import metrics as metrics_lib
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import result_files
from inception.evaluation import suspect_files
from inception.evaluation import training_examination
from inception.settings import config


def write(
  analysis: analysis_result.Analysis, settings: config.EvalConfig
) -> analysis_result.Analysis:
  """Writes the files; returns the analysis with their paths.

  Args:
    analysis: figures of the evaluation.
    settings: settings of the evaluation: the folder, and the requested files.

  Raises:
    OSError: a file cannot be written.
  """
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
        'cross_validation': _json(analysis.extras.validated),
        'whole_pictures': _json(analysis.extras.whole),
        'advice': analysis.advice,
        **analysis.insights.to_json(predictions),
        'suspects': suspect_files.suspects_json(predictions, analysis.suspects),
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
      suspect_files.write_relabel_csv(
        settings.relabel_csv,
        predictions,
        [(sources, found or []) for sources, found in judged],
      ),
    )
  return dataclasses.replace(
    analysis, paths=paths, threshold_path=threshold_path
  )


def _training_json(analysis: analysis_result.Analysis) -> dict[str, Any]:
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
    'training_suspects': suspect_files.suspects_json(
      analysis.predictions, examination.suspects, sources=training.sources
    ),
  }


class _Part(Protocol):
  """A part of the figures that has a JSON form."""

  def to_json(self) -> dict[str, Any]:
    """Returns plain JSON."""


def _json(part: _Part | None) -> dict[str, Any] | None:
  return None if part is None else part.to_json()


def _write_threshold(
  predictions: predictions_lib.Predictions,
  facts: analysis_result.Facts,
  parts: Mapping[str, dict[str, Any] | None],
) -> pathlib.Path:
  """Writes threshold.json beside the checkpoint; returns its path.

  A part that this evaluation was not asked for is kept from an earlier one of
  the same checkpoint and images.
  """
  prefix = pathlib.Path(facts.checkpoint)
  threshold = threshold_lib.Threshold(
    checkpoint=prefix.name,
    step=facts.step,
    class_names=predictions.class_names,
    subset=facts.subset,
    num_examples=len(predictions),
    rejection=parts['rejection'],
    conformal=parts['conformal'],
    views=facts.views,
  )
  with contextlib.suppress(threshold_lib.ThresholdError):
    before = threshold_lib.read(prefix.parent)
    if before and threshold == dataclasses.replace(
      before, rejection=threshold.rejection, conformal=threshold.conformal
    ):
      threshold = dataclasses.replace(
        threshold,
        rejection=threshold.rejection or before.rejection,
        conformal=threshold.conformal or before.conformal,
      )
  return threshold_lib.write(prefix.parent, threshold)
