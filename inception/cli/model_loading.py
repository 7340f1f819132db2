"""Loads the network that a command's flags name. Imports TensorFlow.

load   returns the network, and its rule for "none of these"
"""

import sys

from absl import flags

from inception.checkpoints import threshold
from inception.cli import command
from inception.cli import model_flags
from inception.exporting import any_classifier
from inception.prediction import classifier as classifier_lib
from inception.prediction import engines

FLAGS = flags.FLAGS


def load(
  model: model_flags.Model,
  *,
  starts_fast: bool = False,
  engine: str = engines.TENSORFLOW,
) -> tuple[classifier_lib.Classifier, threshold.Rule | None]:
  """Returns the network and the stored rule for "none of these", if usable.

  A stored rule that is not used, or was found for another number of views, is
  reported on stderr.

  Args:
    model: result of model_flags.choose().
    starts_fast: see classifier.Classifier.
    engine: result of model_flags.engine().

  Raises:
    UserError: the checkpoint or the export cannot be used.
  """
  with command.naming('model' if model.description else 'checkpoint_dir'):
    network, rule, why_not = any_classifier.load(
      model.prefix,
      description=model.description,
      stored=model.stored,
      labels=model.labels,
      precision=FLAGS.precision,
      starts_fast=starts_fast,
      engine=engine,
    )
  stored = model.stored
  if rule and stored:
    used = model_flags.num_views(network.views)
    if used != stored.views:
      why_not = (
        f'the threshold was found with --views={stored.views}, and is used '
        f'with {used}: give --views={stored.views}, or evaluate with '
        f'--views={used} --target_precision'
      )
  if why_not:
    sys.stderr.write(f'WARNING: {why_not}.\n')
  return network, rule
