"""Flags of the training commands.

define             defines all of them
apply_recipe       makes a recipe's values the defaults
train_config       returns their values as a TrainConfig
with_augmentation  sets the recipe's augmentation for the length of the training
"""

import dataclasses
from typing import Any

from absl import flags

from inception.cli import command
from inception.cli import common_flags
from inception.cli import help_text
from inception.settings import config
from inception.settings import recipes
from inception.settings import training_config

FLAGS = flags.FLAGS

# Attributes flags defined here to the command that calls this module.
flags.disclaim_key_flags()

_FOLDERS = ('train_dir', 'pretrained_model_checkpoint_path')


def define() -> None:
  """Defines the flags of a training command."""
  common_flags.define_input_flags(auto_batch_size=True)
  common_flags.define_precision_flag()
  with help_text.section('Data'):
    _define_data_flags()
  with help_text.section('Starting point'):
    _define_start_flags()
  with help_text.section('Length of the training'):
    _define_length_flags()
  with help_text.section('Optimization'):
    _define_optimizer_flags()
    _define_schedule_flags()
  with help_text.section('Regularization'):
    _define_regularization_flags()
  with help_text.section('Averages and batch norm'):
    _define_average_flags()
  with help_text.section('Checkpoints'):
    _define_checkpoint_flags()
  with help_text.section('Evaluation'):
    _define_evaluation_flags()
  with help_text.section('Monitoring'):
    _define_monitoring_flags()
  with help_text.section('Speed and memory'):
    _integer('num_gpus', 'Number of GPUs of this host that share each batch.')


def _default(name: str) -> Any:
  return common_flags.default(training_config.TrainConfig, name)


def _integer(name: str, text: str) -> None:
  flags.DEFINE_integer(name, _default(name), text)


def _float(name: str, text: str) -> None:
  flags.DEFINE_float(name, _default(name), text)


def _string(name: str, text: str) -> None:
  flags.DEFINE_string(name, _default(name), text)


def _define_data_flags() -> None:
  flags.DEFINE_string('subset', 'train', 'Subset of the records to train on.')
  flags.DEFINE_enum(
    'augmentation',
    common_flags.default(config.InputConfig, 'augmentation'),
    config.AUGMENTATIONS,
    'Distortion of the training images: inception as in 2016; light has '
    'larger crops and milder colours; randaugment is light with two random '
    'operations on top; none disables it.',
  )
  flags.DEFINE_integer(
    'seed',
    None,
    'Seed of the weights, the order of the images and their distortion; the '
    'same seed repeats a training. If not given, each training differs.',
  )


def _define_start_flags() -> None:
  flags.DEFINE_enum(
    'recipe',
    '2016',
    recipes.RECIPES,
    "Set of defaults for the other flags: 2016 has the original's; modern "
    'fine-tunes on a few thousand photographs in minutes. Flags given '
    'explicitly take precedence.',
  )
  _string(
    'pretrained_model_checkpoint_path',
    'Checkpoint to start from: a prefix, an .index file, a folder, or an '
    '.h5 file from Keras. Empty starts from random weights.',
  )
  flags.DEFINE_boolean(
    'fine_tune',
    _default('fine_tune'),
    'Fresh start of the two classifiers: they get random weights, and all '
    'other layers come from the checkpoint.',
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
    'Number of views of each image whose features are computed and kept: the '
    'plain one and distorted ones (--trainable_scopes=head).',
  )


def _define_length_flags() -> None:
  _integer(
    'max_steps',
    'Total number of updates, including those before an interruption.',
  )
  _float(
    'num_epochs',
    'Total number of passes over the data, if that is fewer steps than '
    '--max_steps; 0 leaves the length to --max_steps.',
  )
  _integer(
    'min_steps',
    'Number of updates that --num_epochs means at least, for few images.',
  )
  _float(
    'minutes',
    'Minutes that the command is to take, from its start to its end, instead '
    'of --num_epochs; 0 sets no limit. With --recipe=modern, the size of the '
    'images depends on the number of steps that fit.',
  )
  _integer(
    'early_stopping_patience',
    'Number of evaluations without a new best after which the training ends; '
    '0 never ends it early.',
  )


def _define_optimizer_flags() -> None:
  flags.DEFINE_enum(
    'optimizer',
    _default('optimizer'),
    training_config.OPTIMIZERS,
    'Optimizer: rmsprop as in 2016; adamw, Adam with weight decay outside the '
    'loss, fine-tunes in few steps at a learning rate of about 0.0006, and sgd '
    'at about 0.02; adam learns faster from random weights, at about 0.002.',
  )
  _string(
    'learning_rate_multipliers',
    'Factors of the learning rate as SCOPE:FACTOR,... for the variables whose '
    'names begin with SCOPE, such as logits:10,conv:0.1. A factor of 0 '
    'keeps weights as they are; for the lowest layers it also makes steps '
    'cheaper.',
  )
  _float(
    'clip_gradient_norm',
    "Upper limit of the gradients' global norm; 0 sets none.",
  )


def _define_schedule_flags() -> None:
  flags.DEFINE_enum(
    'learning_rate_schedule',
    _default('learning_rate_schedule'),
    training_config.LEARNING_RATE_SCHEDULES,
    'Course of the learning rate: exponential falls in steps; cosine falls '
    'smoothly to 0 at the last step; constant does not change.',
  )
  _float('initial_learning_rate', 'Learning rate before any decay.')
  _integer(
    'warmup_steps',
    'Number of steps over which the learning rate first rises from 0.',
  )
  _float(
    'warmup_share',
    'Share of the training over which it does, instead of --warmup_steps.',
  )
  _float(
    'num_epochs_per_decay',
    'Number of epochs between two decays of the exponential schedule.',
  )
  _float(
    'learning_rate_decay_factor',
    'Factor of each decay of the exponential schedule.',
  )


def _define_regularization_flags() -> None:
  _float(
    'label_smoothing',
    'Label smoothing: the probability mass spread evenly over all classes.',
  )
  _float('aux_loss_weight', "Weight of the auxiliary classifier's loss.")
  _float('dropout_keep_prob', 'Share of the features that dropout keeps.')
  _float(
    'weight_decay',
    "Strength of the weight decay: L2 in the loss, or AdamW's own, for which "
    '0.01 to 0.05 is usual.',
  )
  flags.DEFINE_enum(
    'class_weights',
    _default('class_weights'),
    training_config.CLASS_WEIGHTS,
    'Weights of the classes in the loss: none weights all equally; balanced '
    'gives rare classes more weight.',
  )
  _float(
    'mixup_alpha',
    'Strength of mixup, which blends pairs of images and their labels: 0.2 is '
    'usual, 0 disables it.',
  )
  _float(
    'cutmix_alpha',
    'Strength of CutMix, which pastes a box of one image into another: 1 is '
    'usual, 0 disables it.',
  )


def _define_average_flags() -> None:
  _float(
    'moving_average_decay',
    'Decay of the averaged weights, which are the ones evaluated; a short '
    'fine-tuning needs a shorter memory, such as 0.99.',
  )
  _float(
    'batch_norm_decay',
    "Decay of batch norm's averaged statistics; a short fine-tuning needs a "
    'shorter memory, such as 0.97.',
  )
  _integer(
    'batch_norm_recalibration_batches',
    'Number of training batches from which the batch-norm statistics of the '
    'averaged weights are recomputed before each checkpoint; 0 disables this.',
  )


def _define_checkpoint_flags() -> None:
  flags.DEFINE_string(
    'train_dir',
    config.temporary_folder('imagenet_train'),
    'Folder for checkpoints and event files. If it holds a checkpoint, that '
    'training is resumed. Nothing in it is deleted but old checkpoints '
    '(--max_to_keep).',
  )
  _float('save_interval_secs', 'Seconds between two checkpoints.')
  _integer(
    'save_interval_steps',
    'Steps between two checkpoints, in addition to --save_interval_secs; 0 '
    'saves by time only.',
  )
  _integer('max_to_keep', 'Number of recent checkpoints to keep.')


def _define_evaluation_flags() -> None:
  _integer(
    'eval_interval_steps',
    'Steps between two evaluations during the training; the best model is '
    'kept in TRAIN_DIR/best. 0 disables evaluation.',
  )
  _string('eval_subset', 'Subset of the records to evaluate on.')
  _integer(
    'eval_image_size',
    'Height and width of the images in evaluation, prediction and export, in '
    'pixels, which the checkpoint records; 0 is that of the training. About '
    '1.3 times that of the training is often better.',
  )
  _integer(
    'eval_views',
    'Number of views of each image whose probabilities evaluation and '
    'prediction average: 1 is the central crop, 2 adds its mirror image, 10 '
    'adds the crops at the corners and theirs. The checkpoint records it. Must '
    'be 1 with --trainable_scopes=head.',
  )


def _define_monitoring_flags() -> None:
  _integer(
    'histogram_interval_steps',
    'Steps between histograms of weights and gradients; 0 disables them.',
  )
  _string(
    'profile_steps',
    "First and last step, as FIRST,LAST, that TensorFlow's profiler records; "
    'empty records none.',
  )
  flags.DEFINE_boolean(
    'log_device_placement',
    _default('log_device_placement'),
    'Logging of the device that runs each operation.',
  )


def apply_recipe() -> None:
  """Makes --recipe's values the defaults of the flags that were not given."""
  chosen = recipes.settings(
    FLAGS.recipe,
    head_only=FLAGS.trainable_scopes == training_config.HEAD,
    optimizer=FLAGS.optimizer if FLAGS['optimizer'].present else None,
  )
  if FLAGS['max_steps'].present or FLAGS['minutes'].present:
    # An explicit length must not be cut short by the recipe.
    chosen.pop('num_epochs', None)
  if FLAGS['num_epochs'].present:
    chosen.pop('min_steps', None)
  if FLAGS['warmup_steps'].present:
    chosen.pop('warmup_share', None)
  if FLAGS['image_size'].present:
    # The recipe's size for evaluation goes with its size for training.
    chosen.pop('eval_image_size', None)
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
    **{
      name: command.resolve_path(FLAGS[name].value or '') for name in _FOLDERS
    },
    **{name: FLAGS[name].value for name in names},
  )


def with_augmentation(
  input_config: config.InputConfig,
  train_config: training_config.TrainConfig,
  num_examples: int,
) -> config.InputConfig:
  """Returns the settings with the recipe's augmentation for this length.

  With --minutes the length is not known yet: time_limit_flags chooses later,
  from the speed of the machine.

  Args:
    input_config: Settings from the flags.
    train_config: Settings of the run.
    num_examples: Number of examples to train on, more than 0.
  """
  if FLAGS['augmentation'].present or train_config.minutes:
    return input_config
  # Importing it imports NumPy, which --help does not need.
  from inception.optimization import learning_rate

  steps = learning_rate.num_steps(
    train_config, num_examples=num_examples, batch_size=input_config.batch_size
  )
  chosen = recipes.augmentation(
    FLAGS.recipe,
    steps * input_config.batch_size / num_examples,
    head_only=train_config.trains_head_only,
  )
  if chosen is None:
    return input_config
  return dataclasses.replace(input_config, augmentation=chosen)
