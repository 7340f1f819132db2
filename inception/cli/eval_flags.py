"""The flags of the evaluation commands, and their values as settings.

define        every flag
eval_config   their values as an EvalConfig
"""

from absl import flags

from inception.cli import common_flags
from inception.settings import config

FLAGS = flags.FLAGS

# --help of a command lists the flags that are defined for it here.
flags.disclaim_key_flags()

_PLAIN_FIELDS = ('eval_interval_secs', 'run_once', 'num_examples', 'precision')


def define() -> None:
  """Defines the flags of an evaluation command."""

  def default(name):
    return common_flags.default(config.EvalConfig, name)

  common_flags.define_input_flags()
  common_flags.define_precision_flag()
  flags.DEFINE_string(
    'eval_dir',
    config.temporary_folder('imagenet_eval'),
    'Folder for event files; nothing in it is deleted.',
  )
  flags.DEFINE_string(
    'checkpoint_dir',
    config.temporary_folder('imagenet_train'),
    "Folder of the checkpoints: a training's --train_dir.",
  )
  flags.DEFINE_float(
    'eval_interval_secs',
    default('eval_interval_secs'),
    'Seconds between two looks for a new checkpoint.',
  )
  flags.DEFINE_boolean(
    'run_once', default('run_once'), 'Evaluate the newest checkpoint and stop.'
  )
  flags.DEFINE_integer(
    'num_examples',
    default('num_examples'),
    'How many examples to evaluate; all there are unless given. (The '
    "original's 50000 counted the flowers a hundred times over.)",
  )
  flags.DEFINE_string('subset', 'validation', 'Which shards to evaluate.')


def eval_config() -> config.EvalConfig:
  """Returns the flags' values as an EvalConfig.

  Raises:
    common_flags.UserError: a value is refused.
  """
  return common_flags.build(
    config.EvalConfig,
    eval_dir=common_flags.resolve_path(FLAGS.eval_dir),
    checkpoint_dir=common_flags.resolve_path(FLAGS.checkpoint_dir),
    image_size_of_training=not FLAGS['image_size'].present,
    **{name: FLAGS[name].value for name in _PLAIN_FIELDS},
  )
