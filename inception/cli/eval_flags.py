"""The flags of the evaluation commands, and their values as settings.

define        defines every flag
eval_config   returns their values as an EvalConfig
check_subset_for_fitting
              refuses to fit a threshold on training examples
"""

from typing import Any

from absl import flags

from inception import dataset
from inception.cli import command
from inception.cli import common_flags
from inception.jobs import errors
from inception.settings import config

FLAGS = flags.FLAGS

# --help of a command lists the flags that are defined for it here.
flags.disclaim_key_flags()

_PLAIN_FIELDS = (
  'coverage',
  'cross_validation',
  'eval_interval_secs',
  'examine_training',
  'max_idle_secs',
  'num_examples',
  'num_gpus',
  'precision',
  'run_once',
  'target_precision',
  'views',
)
_PATHS = ('eval_dir', 'checkpoint_dir', 'compare_to', 'relabel_csv')


def define() -> None:
  """Defines the flags of an evaluation command."""
  common_flags.define_input_flags()
  common_flags.define_precision_flag()
  _define_folders()
  _define_examples()
  _define_studies()
  _define_fitting()


def eval_config() -> config.EvalConfig:
  """Returns the flags' values as an EvalConfig.

  Raises:
    errors.UserError: a value is refused.
  """
  return common_flags.build(
    config.EvalConfig,
    **{name: command.resolve_path(str(FLAGS[name].value)) for name in _PATHS},
    checkpoint_paths=tuple(
      command.resolve_path(path.strip()) for path in FLAGS.checkpoint_path
    ),
    use_training_image_size=not FLAGS['image_size'].present,
    use_training_precision=not FLAGS['precision'].present,
    **{name: FLAGS[name].value for name in _PLAIN_FIELDS},
  )


def check_subset_for_fitting(
  settings: config.EvalConfig, input_settings: config.InputConfig
) -> None:
  """Refuses to fit a threshold or sets on training examples.

  A network is much surer of the examples that it was trained on.

  Raises:
    errors.UserError: the flags ask for it.
  """
  for name in ('target_precision', 'coverage'):
    if getattr(settings, name) is not None and (
      input_settings.subset in ('train', dataset.ALL)
    ):
      raise errors.UserError(
        f'--{name} must be found on examples that the network was not trained '
        'on: give a --subset other than train or all'
      )


def _default(name: str) -> Any:
  return common_flags.default(config.EvalConfig, name)


def _define_folders() -> None:
  """Defines the flags of folders and of waiting for checkpoints."""
  flags.DEFINE_string(
    'eval_dir',
    config.temporary_folder('imagenet_eval'),
    'Folder for event files and results; nothing in it is deleted.',
  )
  flags.DEFINE_string(
    'checkpoint_dir',
    config.temporary_folder('imagenet_train'),
    "Folder of the checkpoints: a training's --train_dir.",
  )
  flags.DEFINE_list(
    'checkpoint_path',
    [],
    'Checkpoint to evaluate in place of the newest one of --checkpoint_dir: a '
    'prefix, an .index file or a folder; or several, separated by commas, '
    'which are compared with the first.',
  )
  flags.DEFINE_float(
    'eval_interval_secs',
    _default('eval_interval_secs'),
    'Seconds between two searches for a new checkpoint.',
  )
  flags.DEFINE_float(
    'max_idle_secs',
    _default('max_idle_secs'),
    'Stop after this many seconds without a new checkpoint. Without it, the '
    'command waits for new checkpoints until it is stopped.',
  )
  flags.DEFINE_boolean(
    'run_once', _default('run_once'), 'Evaluate the newest checkpoint and stop.'
  )


def _define_examples() -> None:
  """Defines the flags of what is evaluated, and how."""
  flags.DEFINE_integer(
    'num_examples',
    _default('num_examples'),
    'Maximum number of examples to evaluate; all of them unless given. (The '
    "original's 50000 counted the flowers a hundred times over.)",
  )
  flags.DEFINE_string(
    'subset',
    'validation',
    'Subset to evaluate: train, validation, test, or all of them.',
  )
  flags.DEFINE_integer(
    'views',
    _default('views'),
    'Number of views of each image, whose probabilities are averaged: 1 is the '
    'central crop, 2 adds its mirror image, 10 adds the crops at the four '
    'corners and their mirror images. Evaluation takes that many times as '
    "long. Unless given, the number is the training's --eval_views.",
  )
  flags.DEFINE_integer(
    'num_gpus',
    _default('num_gpus'),
    'Number of GPUs of this host that share each batch.',
  )


def _define_studies() -> None:
  """Defines the flags of further measurements."""
  flags.DEFINE_boolean(
    'examine_training',
    _default('examine_training'),
    'Examine the training pictures too: likely wrong labels among them, the '
    'training pictures nearest to each mistake, and what more pictures would '
    'give. The first time, this takes as long as evaluating them; their '
    'features are kept in DATA_DIR/features, and used from then on.',
  )
  flags.DEFINE_integer(
    'cross_validation',
    _default('cross_validation'),
    'Number of folds, such as 5, for cross-validating the last layer on the '
    'features of all subsets; 0 does not. It estimates what the last layer '
    'alone would reach, from all pictures; too high where the other layers '
    'were trained on them.',
  )
  flags.DEFINE_string(
    'compare_to',
    _default('compare_to'),
    'metrics.json (or its folder) of an earlier evaluation of the same '
    'examples: reports whether the difference is more than chance.',
  )
  flags.DEFINE_string(
    'relabel_csv',
    _default('relabel_csv'),
    'CSV file for likely wrong labels and the suggested ones, which '
    'build_image_data --labels_csv reads. With --subset=train, where the '
    'network repeats what it was trained on, classifiers are fitted to its '
    'features for this, each without the images that it judges.',
  )


def _define_fitting() -> None:
  """Defines the flags of what is fitted for predict."""
  flags.DEFINE_float(
    'target_precision',
    _default('target_precision'),
    'Find the least probability at which answers reach this precision, such '
    'as 0.98; less probable answers become "none of these". Writes '
    'CHECKPOINT_DIR/threshold.json, which predict reads.',
  )
  flags.DEFINE_float(
    'coverage',
    _default('coverage'),
    'Find sets of classes that contain the true one with this probability, '
    'such as 0.95. Writes CHECKPOINT_DIR/threshold.json too.',
  )
