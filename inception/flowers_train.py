"""Fine-tunes Inception v3 on the flowers, or on any folder of records.

  bazel build //inception:flowers_train
  bazel-bin/inception/flowers_train --train_dir=TRAIN --data_dir=DATA \\
    --pretrained_model_checkpoint_path=MODEL --fine_tune=True \\
    --initial_learning_rate=0.001
"""

import contextlib
import datetime
import os
import signal
import sys
from collections.abc import Sequence

from absl import flags

from inception import common_flags
from inception import config
from inception import dataset

FLAGS = flags.FLAGS


def _define_flags() -> None:
  def default(name):
    return common_flags.default(config.TrainConfig, name)

  common_flags.define_input_flags()
  common_flags.define_precision_flag()
  flags.DEFINE_string(
      'train_dir', config.temporary_folder('imagenet_train'),
      'Folder for checkpoints and event files. A folder that holds a '
      'checkpoint is resumed; nothing in it is deleted.')
  flags.DEFINE_integer('max_steps', default('max_steps'),
                       'Updates to make in all, interruptions included.')
  flags.DEFINE_string('subset', 'train', 'Which shards to train on.')
  flags.DEFINE_integer('num_gpus', default('num_gpus'),
                       'GPUs that share each batch.')
  flags.DEFINE_boolean('log_device_placement', default('log_device_placement'),
                       'Print where each operation runs.')
  flags.DEFINE_boolean(
      'fine_tune', default('fine_tune'),
      'Start the two classifiers afresh; all else comes from the checkpoint.')
  flags.DEFINE_string(
      'pretrained_model_checkpoint_path',
      default('pretrained_model_checkpoint_path'),
      'Checkpoint to start from: a prefix, an .index file, a folder, or an .h5 '
      'file of Keras\'. Empty starts from random weights.')
  flags.DEFINE_enum('optimizer', default('optimizer'), config.OPTIMIZERS,
                    'rmsprop as in 2016; sgd, at a rate of about 0.02, '
                    'fine-tunes in few steps; adam, at a rate of about 0.002, '
                    'learns faster from random weights.')
  flags.DEFINE_float('initial_learning_rate', default('initial_learning_rate'),
                     'Learning rate of the first step.')
  flags.DEFINE_float('num_epochs_per_decay', default('num_epochs_per_decay'),
                     'Epochs between two decays (exponential schedule).')
  flags.DEFINE_float('learning_rate_decay_factor',
                     default('learning_rate_decay_factor'),
                     'What a decay multiplies by (exponential schedule).')
  flags.DEFINE_enum('learning_rate_schedule', default('learning_rate_schedule'),
                    config.LEARNING_RATE_SCHEDULES,
                    'exponential is a staircase; cosine ends at 0 at '
                    '--max_steps; constant never changes.')
  flags.DEFINE_integer('warmup_steps', default('warmup_steps'),
                       'Steps over which the learning rate rises from 0.')
  flags.DEFINE_float(
      'moving_average_decay', default('moving_average_decay'),
      'Of the averaged weights, which are evaluated: 0.99 follows a short '
      'fine-tuning more closely.')
  flags.DEFINE_float(
      'batch_norm_decay', default('batch_norm_decay'),
      'Of the moving averages of batch norm\'s statistics: 0.97 follows a '
      'short fine-tuning more closely.')
  flags.DEFINE_enum('augmentation',
                    common_flags.default(config.InputConfig, 'augmentation'),
                    config.AUGMENTATIONS,
                    'How training images are distorted: inception as in 2016, '
                    'light with larger crops and milder colours, or none.')
  flags.DEFINE_integer('seed', None,
                       'Makes weights, order and distortions repeatable.')
  flags.DEFINE_float('save_interval_secs', default('save_interval_secs'),
                     'Seconds between two checkpoints.')
  flags.DEFINE_integer('keep_checkpoints', default('keep_checkpoints'),
                       'How many of the newest checkpoints are kept.')


_define_flags()

_TRAIN_FLAGS = (
    'max_steps', 'num_gpus', 'log_device_placement', 'fine_tune',
    'optimizer', 'initial_learning_rate', 'num_epochs_per_decay',
    'learning_rate_decay_factor', 'learning_rate_schedule', 'warmup_steps',
    'moving_average_decay', 'batch_norm_decay', 'precision',
    'save_interval_secs', 'keep_checkpoints')


def _train_config() -> config.TrainConfig:
  return common_flags.build(
      config.TrainConfig,
      train_dir=common_flags.resolve_path(FLAGS.train_dir),
      pretrained_model_checkpoint_path=common_flags.resolve_path(
          FLAGS.pretrained_model_checkpoint_path),
      **{name: FLAGS[name].value for name in _TRAIN_FLAGS})


class _StopSignal:
  """Remembers the first SIGINT or SIGTERM; a second one ends at once."""

  def __init__(self):
    self.number = None
    for number in (signal.SIGINT, signal.SIGTERM):
      signal.signal(number, self._handle)

  def _handle(self, number, frame):
    del frame
    self.number = number
    signal.signal(number, signal.SIG_DFL)
    # Not print: a signal that comes while the loop prints would break that.
    with contextlib.suppress(OSError):
      os.write(2, f'{signal.Signals(number).name}: saving after this step; '
               'once more ends at once without saving.\n'.encode())

  def requested(self) -> bool:
    """Whether there was one."""
    return self.number is not None


def main(argv: Sequence[str]) -> int:
  """Trains; returns the exit code."""
  common_flags.check_no_arguments(argv)
  train_config = _train_config()
  input_config = common_flags.input_config(
      subset=FLAGS.subset, augmentation=FLAGS.augmentation, seed=FLAGS.seed)
  data = common_flags.load_data(input_config)
  common_flags.check_exists(train_config.pretrained_model_checkpoint_path,
                            'pretrained_model_checkpoint_path')
  common_flags.make_folder(train_config.train_dir, 'train_dir')
  common_flags.load_tensorflow(verbose=train_config.log_device_placement)
  return _run(data, train_config, input_config)


def _run(data, train_config, input_config) -> int:
  from inception import checkpoint
  from inception import inception_train

  def show(event):
    now = datetime.datetime.now()
    match event:
      case inception_train.DamagedCheckpoint(prefix, reason):
        sys.stderr.write(f'{now}: WARNING: {reason}; the checkpoint before it '
                         f'is tried, and {prefix} is kept under the name '
                         f'{prefix}.damaged if that one can be read.\n')
      case inception_train.Restored(report):
        for line in report.summary():
          print(f'{now}: {line}')
      case inception_train.Resumed(prefix, step):
        print(f'{now}: Resuming from {prefix} after {step} steps.')
      case inception_train.Started():
        print(f'{now}: Training on {event.num_examples} images of '
              f'{event.num_classes} classes in {event.compute_dtype}'
              f'{", from random weights" if event.from_scratch else ""}; '
              f'checkpoints go to {train_config.train_dir}.')
      case inception_train.StepDone(step, loss, examples_per_sec,
                                    sec_per_batch):
        # The original's line: people's scripts read it.
        print(f'{now}: step {step}, loss = {loss:.2f} '
              f'({examples_per_sec:.1f} examples/sec; {sec_per_batch:.3f} '
              'sec/batch)')
      case inception_train.Saved(prefix):
        print(f'{now}: Saved {prefix}.')

  stop = _StopSignal()
  try:
    result = inception_train.train(data, train_config, input_config,
                                   on_event=show, stop_requested=stop.requested)
  except (inception_train.TrainError, checkpoint.CheckpointError,
          dataset.DatasetError) as error:
    raise common_flags.UserError(str(error)) from error
  now = datetime.datetime.now()
  if result.stopped:
    print(f'{now}: Stopped after {result.num_updates} steps; the same command '
          'goes on from here.')
    return 128 + stop.number
  print(f'{now}: Finished: {result.num_updates} steps, the model is '
        f'{result.prefix}.')
  return 0


if __name__ == '__main__':
  common_flags.run(main)
