"""Loads the network of a checkpoint or of an export, for prediction.

load   returns the network and its rule for "none of these"
"""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from inception.checkpoints import threshold
from inception.exporting import export_reader
from inception.exporting import saved_classifier
from inception.prediction import checkpoint_choice
from inception.prediction import classifier
from inception.prediction import engines


def load(
  prefix: str,
  *,
  description: Mapping[str, Any] | None,
  stored: threshold.Threshold | None,
  labels: Sequence[str],
  precision: str | None,
  starts_fast: bool,
  engine: str = engines.TENSORFLOW,
) -> tuple[classifier.Classifier, threshold.Rule | None, str]:
  """Returns the network, its rule, and the reason for not using a threshold.

  Args:
    prefix: result of checkpoint_choice.locate(), or an export's graph file.
    description: result of export_reader.read_description(); None for a
      checkpoint.
    stored: result of checkpoint_choice.stored_threshold(), for a checkpoint.
    labels: class names in place of the model's; may be empty.
    precision: see classifier.load, for a checkpoint.
    starts_fast: see classifier.load, for a checkpoint.
    engine: see classifier.load, for a checkpoint.

  Raises:
    export_files.ExportError: the export cannot be used.
    checkpoint_readers.CheckpointError: the checkpoint cannot be read.
    checkpoint_choice.ModelError: see classifier.load.
    engines.EngineError: see classifier.load.
  """
  network: classifier.Classifier
  if description is not None:
    network = saved_classifier.SavedClassifier(
      pathlib.Path(prefix).parent, description, labels=labels
    )
    return network, export_reader.rule_of(description), ''
  network = classifier.load(
    prefix,
    labels=labels,
    precision=precision,
    starts_fast=starts_fast,
    engine=engine,
  )
  return (
    network,
    *checkpoint_choice.usable_rule(
      stored, prefix=prefix, class_names=network.trained_class_names
    ),
  )
