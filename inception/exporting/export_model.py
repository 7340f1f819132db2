"""The model that an export writes, and its description.

  Model        weights, classes, threshold and facts
  make         makes a model from a checkpoint's weights
  description  the facts as plain JSON, which every format carries

The description is one JSON object, the same in each format and in export.json:

  {"format_version": 1, "class_names": [...], "class_texts": [...],
   "image_size": 299, "views": 1, "preprocessing": {...},
   "precision": "float32",
   "none_of_these": {"threshold": 0.74, "temperature": 1.3} or null,
   "checkpoint": {...}, "training": {...}, "data": {...}}
"""

import dataclasses
import pathlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from inception import dataset
from inception.checkpoints import checkpoint_files
from inception.checkpoints import run_info
from inception.checkpoints import threshold
from inception.exporting import export_facts
from inception.jobs import name_lists
from inception.prediction import checkpoint_choice

FORMAT_VERSION = 1
PRECISIONS = ('float32', 'bfloat16')


class Weights(Protocol):
  """classifier.Weights, whose module imports TensorFlow."""

  @property
  def values(self) -> Mapping[str, np.ndarray]:
    """See classifier.Weights."""

  @property
  def info(self) -> run_info.RunInfo:
    """See classifier.Weights."""

  @property
  def trained_class_names(self) -> tuple[str, ...]:
    """See classifier.Weights."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Model:
  """A trained network with its classes, its rule and facts about it.

  Attributes:
    values: {checkpoint name: value} of the network without its auxiliary head,
      averaged weights if the checkpoint has them.
    info: information about the training, with the class names.
    trained_class_names: class names that the checkpoint itself gives.
    rule: rule for "none of these"; None if there is none.
    precision: precision of the network's arithmetic, one of PRECISIONS.
    checkpoint: {'name', 'step', 'fingerprint'} of the checkpoint.
    data: facts of the data; {} if unknown.
  """

  values: Mapping[str, np.ndarray]
  info: run_info.RunInfo
  trained_class_names: tuple[str, ...]
  rule: threshold.Rule | None
  precision: str
  checkpoint: Mapping[str, Any]
  data: Mapping[str, Any]


def make(
  weights: Weights,
  *,
  prefix: str,
  stored: threshold.Threshold | None,
  precision: str,
  data: dataset.Dataset | None,
  warn: Callable[[str], None],
) -> Model:
  """Returns the model of a checkpoint.

  Args:
    weights: result of classifier.read.
    prefix: result of checkpoint_choice.locate.
    stored: result of checkpoint_choice.stored_threshold.
    precision: one of PRECISIONS.
    data: records, whose classes must be those of the checkpoint; may be None.
    warn: called with the reason if an existing threshold is not used, or is
      that of several views.

  Raises:
    checkpoint_choice.ModelError: the classes of the records are others.
  """
  names = weights.trained_class_names or weights.info.class_names
  if data is not None and tuple(data.class_names) != tuple(names):
    raise checkpoint_choice.ModelError(
      f'{prefix!r} has the classes {name_lists.numbered(names)}, and '
      f'{data.data_dir!r} {name_lists.numbered(data.class_names)}: give the '
      '--data_dir of its training'
    )
  rule, why_not = checkpoint_choice.usable_rule(
    stored, prefix=prefix, class_names=names
  )
  if why_not:
    warn(why_not)
  if rule and stored and stored.views > 1:
    warn(
      f'the threshold was found for the mean of {stored.views} views of each '
      'image, and an exported network answers for one: evaluate with --views=1 '
      '--target_precision, then export again'
    )
  return Model(
    values=weights.values,
    info=weights.info,
    trained_class_names=weights.trained_class_names,
    rule=rule,
    precision=precision,
    checkpoint={
      'name': pathlib.Path(prefix).name,
      'step': checkpoint_files.step_in_name(prefix),
      'fingerprint': checkpoint_choice.fingerprint(prefix),
    },
    data=export_facts.of_data(data),
  )


def description(model: Model) -> dict[str, Any]:
  """Returns the facts of a model as plain JSON."""
  info = model.info
  return {
    'format_version': FORMAT_VERSION,
    'class_names': list(info.class_names),
    'class_texts': list(info.class_texts),
    'trained_class_names': list(model.trained_class_names),
    'image_size': info.image_size,
    'views': info.views,
    'preprocessing': dict(info.preprocessing),
    'precision': model.precision,
    'none_of_these': model.rule and dataclasses.asdict(model.rule),
    'checkpoint': dict(model.checkpoint),
    'training': {
      'data_name': info.data_name,
      'settings': export_facts.of_training(info.settings),
    },
    'data': dict(model.data),
  }
