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

  A stored rule that is not used is reported on stderr.

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
  if why_not:
    sys.stderr.write(f'WARNING: {why_not}.\n')
  return network, rule
