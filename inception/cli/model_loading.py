"""Loads the network that a command's flags name. Imports TensorFlow.

load   returns the network, and its rule for "none of these"
"""

import sys

from absl import flags

from inception.checkpoints import threshold
from inception.cli import command
from inception.cli import model_flags
from inception.prediction import checkpoint_choice
from inception.prediction import classifier as classifier_lib

FLAGS = flags.FLAGS


def load(
  model: model_flags.Model, *, starts_fast: bool = False
) -> tuple[classifier_lib.Classifier, threshold.Rule | None]:
  """Returns the network and the stored rule for "none of these", if usable.

  A stored rule that is not used is reported on stderr.

  Args:
    model: result of model_flags.choose().
    starts_fast: see classifier.Classifier.

  Raises:
    UserError: the checkpoint cannot be used.
  """
  with command.naming('checkpoint_dir'):
    classifier = classifier_lib.load(
      model.prefix,
      labels=model.labels,
      precision=FLAGS.precision,
      starts_fast=starts_fast,
    )
  rule, why_not = checkpoint_choice.usable_rule(
    model.stored,
    prefix=model.prefix,
    class_names=classifier.trained_class_names,
  )
  if why_not:
    sys.stderr.write(f'WARNING: {why_not}.\n')
  return classifier, rule
