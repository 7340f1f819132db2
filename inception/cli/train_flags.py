"""The flags of the training commands.

define         defines every flag
apply_recipe   makes a recipe's values the defaults
train_config   their values as a TrainConfig
"""

import dataclasses

from absl import flags

from inception.cli import command
from inception.cli import common_flags
from inception.settings import config
from inception.settings import recipes
from inception.settings import training_config

FLAGS = flags.FLAGS

# --help of a command lists the flags that are defined for it here.
flags.disclaim_key_flags()

_FOLDERS = ('train_dir', 'pretrained_model_checkpoint_path')


def define() -> None:
  """Defines the flags of a training command."""
  common_flags.define_input_flags(auto_batch_size=True)
  common_flags.define_precision_flag()
  flags.DEFINE_string(
    'train_dir',
    config.temporary_folder('imagenet_train'),
    'Folder for checkpoints and event files. A folder that holds a '
    'checkpoint is resumed; nothing in it is deleted.',
  )
  flags.DEFINE_string('subset', 'train', 'Which shards to train on.')
  flags.DEFINE_enum(
    'recipe',
    '2016',
    recipes.RECIPES,
    "A whole set of defaults: 2016 is the original's; modern fine-tunes on "
    'some thousand photographs in minutes. Flags that are given count more.',
  )
  flags.DEFINE_integer(
    'seed', None, 'Makes weights, order and distortions repeatable.'
  )
  flags.DEFINE_enum(
    'augmentation',
    common_flags.default(config.InputConfig, 'augmentation'),
    config.AUGMENTATIONS,
    'How training images are distorted: inception as in 2016, '
    'light with larger crops and milder colours, randaugment '
    'with two drawn operations besides, or none.',
  )
  _define_run_flags()
  _define_start_flags()
  _define_optimizer_flags()
  _define_regularization_flags()
  _define_report_flags()


def _default(name):
  return common_flags.default(training_config.TrainConfig, name)


def _integer(name, text):
  flags.DEFINE_integer(name, _default(name), text)


def _float(name, text):
  flags.DEFINE_float(name, _default(name), text)


def _string(name, text):
  flags.DEFINE_string(name, _default(name), text)


def _define_run_flags():
  _integer('max_steps', 'Updates to make in all, interruptions included.')
  _float(
    'num_epochs',
    'Passes over the data to make in all, where that is '
    'fewer steps than --max_steps; 0 leaves it to --max_steps.',
  )
  _integer('num_gpus', 'GPUs of this host that share each batch.')
  flags.DEFINE_boolean(
    'log_device_placement',
    _default('log_device_placement'),
    'Print where each operation runs.',
  )


def _define_start_flags():
  flags.DEFINE_boolean(
    'fine_tune',
    _default('fine_tune'),
    'Start the two classifiers afresh; all else comes from the checkpoint.',
  )
  _string(
    'pretrained_model_checkpoint_path',
    'Checkpoint to start from: a prefix, an .index file, a folder, or an '
    ".h5 file of Keras'. Empty starts from random weights.",
  )
  _string(
    'trainable_scopes',
    'Variables to train: all; head, the last layer on features that are '
    'computed once and kept; or prefixes of variable names, such as '
    'logits,aux_logits,mixed_8x8x2048. Everything else, batch norm '
    'included, stays frozen.',
  )
  _integer(
    'num_feature_views',
    'Views of each image whose features are computed and kept: the plain '
    'one and distorted ones (--trainable_scopes=head).',
  )


def _define_optimizer_flags():
  flags.DEFINE_enum(
    'optimizer',
    _default('optimizer'),
    training_config.OPTIMIZERS,
    'rmsprop as in 2016; sgd, at a rate of about 0.02, '
    'fine-tunes in few steps; adam, at a rate of about 0.002, '
    'learns faster from random weights; adamw decays the '
    'weights apart from the loss.',
  )
  _float('initial_learning_rate', 'Learning rate of the first step.')
  _float(
    'num_epochs_per_decay', 'Epochs between two decays (exponential schedule).'
  )
  _float(
    'learning_rate_decay_factor',
    'What a decay multiplies by (exponential schedule).',
  )
  flags.DEFINE_enum(
    'learning_rate_schedule',
    _default('learning_rate_schedule'),
    training_config.LEARNING_RATE_SCHEDULES,
    'exponential is a staircase; cosine ends at 0 at the last '
    'step; constant never changes.',
  )
  _integer('warmup_steps', 'Steps over which the learning rate rises from 0.')
  _string(
    'learning_rate_multipliers',
    'SCOPE:FACTOR,...: variables whose names begin with SCOPE learn '
    'FACTOR times as fast, such as logits:10,conv:0.1.',
  )
  _float(
    'clip_gradient_norm',
    "The gradients' global norm is cut to this; 0 does not.",
  )


def _define_regularization_flags():
  _float('label_smoothing', 'Share of a label that is spread over all classes.')
  _float('aux_loss_weight', "Of the auxiliary classifier's loss.")
  _float('dropout_keep_prob', 'Share of the features that dropout keeps.')
  _float(
    'weight_decay',
    "Of all weights: L2 in the loss, or AdamW's decay "
    '(which wants about 0.01).',
  )
  flags.DEFINE_enum(
    'class_weights',
    _default('class_weights'),
    training_config.CLASS_WEIGHTS,
    'balanced gives rare classes more weight in the loss.',
  )
  _float(
    'mixup_alpha', 'Mixes pairs of images and labels: 0.2 is usual, 0 does not.'
  )
  _float(
    'cutmix_alpha',
    'Pastes boxes of one image into another: 1 is usual, 0 does not.',
  )
  _float(
    'moving_average_decay',
    'Of the averaged weights, which are evaluated: 0.99 follows a short '
    'fine-tuning more closely.',
  )
  _float(
    'batch_norm_decay',
    "Of the moving averages of batch norm's statistics: 0.97 follows a "
    'short fine-tuning more closely.',
  )
  _integer(
    'batch_norm_recalibration_batches',
    'Training batches from which the batch-norm statistics of the averaged '
    'weights are recomputed before each checkpoint; 0 disables this.',
  )


def _define_report_flags():
  _float('save_interval_secs', 'Seconds between two checkpoints.')
  _integer(
    'save_interval_steps',
    'Steps between two checkpoints, besides; 0 goes by time only.',
  )
  _integer('max_to_keep', 'Number of recent checkpoints to keep.')
  _integer(
    'eval_interval_steps',
    'Steps between evaluations during the training; the best model is kept '
    'in TRAIN_DIR/best. 0 disables evaluation.',
  )
  _string('eval_subset', 'Which shards they evaluate.')
  _integer(
    'early_stopping_patience',
    'Evaluations without a new best after which the training ends; 0 goes on.',
  )
  _integer(
    'histogram_interval_steps',
    'Steps between histograms of weights and gradients; 0 disables them.',
  )
  _string(
    'profile_steps', "FIRST,LAST: steps that TensorFlow's profiler watches."
  )


def apply_recipe() -> None:
  """Makes --recipe's values the defaults of the flags that were not given."""
  chosen = recipes.settings(
    FLAGS.recipe, head_only=FLAGS.trainable_scopes == training_config.HEAD
  )
  if FLAGS['max_steps'].present:
    # Who says how many steps does not want to be stopped by the recipe.
    chosen.pop('num_epochs', None)
  for name, value in chosen.items():
    FLAGS.set_default(name, value)


def train_config() -> training_config.TrainConfig:
  """Returns the flags' values as a TrainConfig.

  Raises:
    UserError: a value is refused.
  """
  names = [
    field.name
    for field in dataclasses.fields(training_config.TrainConfig)
    if field.name in FLAGS and field.name not in _FOLDERS
  ]
  return common_flags.build(
    training_config.TrainConfig,
    **{name: command.resolve_path(FLAGS[name].value) for name in _FOLDERS},
    **{name: FLAGS[name].value for name in names},
  )
