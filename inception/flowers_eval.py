"""Evaluates a model on the flowers, or on any folder of records.

  bazel build //inception:flowers_eval
  bazel-bin/inception/flowers_eval --eval_dir=EVAL --data_dir=DATA \\
    --checkpoint_dir=TRAIN --subset=validation --run_once
"""

import datetime
import sys
from collections.abc import Sequence

from absl import flags

from inception import flowers_data
from inception.cli import command
from inception.cli import common_flags
from inception.settings import config

FLAGS = flags.FLAGS


def _define_flags() -> None:
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


_define_flags()


def main(argv: Sequence[str]) -> int:
  """Evaluates; returns the exit code."""
  command.check_no_arguments(argv)
  eval_config = common_flags.build(
    config.EvalConfig,
    eval_dir=command.resolve_path(FLAGS.eval_dir),
    checkpoint_dir=command.resolve_path(FLAGS.checkpoint_dir),
    use_training_image_size=not FLAGS['image_size'].present,
    use_training_precision=not FLAGS['precision'].present,
    **{
      name: FLAGS[name].value
      for name in (
        'eval_interval_secs',
        'run_once',
        'num_examples',
        'precision',
      )
    },
  )
  input_config = common_flags.input_config(subset=FLAGS.subset)
  data = common_flags.load_data(input_config, load=flowers_data.load)
  if eval_config.run_once:
    command.check_folder(eval_config.checkpoint_dir, 'checkpoint_dir')
  command.make_folder(eval_config.eval_dir, 'eval_dir')
  command.load_tensorflow()
  return _run(data, eval_config, input_config)


def _run(data, eval_config, input_config) -> int:
  from inception import inception_eval
  from inception.evaluation import evaluator

  def show(event):
    now = datetime.datetime.now()
    match event:
      case inception_eval.Waiting(checkpoint_dir):
        print(
          f'{now}: no checkpoint in {checkpoint_dir} yet; looking again '
          f'in {eval_config.eval_interval_secs:g} seconds.'
        )
      case inception_eval.Damaged(reason):
        sys.stderr.write(
          f'{now}: WARNING: {reason}; waiting for the next checkpoint.\n'
        )
      # From here on the original's lines: people's scripts read them.
      case inception_eval.Loaded(prefix, step, image_size, compute_dtype):
        if image_size != input_config.image_size:
          print(
            f'{now}: the images are of {image_size} pixels, as those of '
            'the training were.'
          )
        if compute_dtype != 'float32':
          print(f'{now}: the network computes in {compute_dtype}.')
        print(f'Successfully loaded model from {prefix} at step={step}.')
        print(f'{now}: starting evaluation on ({input_config.subset}).')
      case evaluator.Progress():
        print(
          f'{now}: [{event.batches} batches out of {event.total_batches}] '
          f'({event.examples_per_sec:.1f} examples/sec; '
          f'{event.sec_per_batch:.3f}sec/batch)'
        )
      case inception_eval.CheckpointEvaluated(_, result):
        _print_result(now, result)

  engine = (
    inception_eval.evaluate if eval_config.run_once else (inception_eval.watch)
  )
  engine(data, eval_config, input_config, on_event=show)
  return 0


def _print_result(now, result) -> None:
  from inception.evaluation import evaluator

  def interval(successes):
    low, high = evaluator.wilson_interval(successes, result.num_examples)
    return f'{low:.4f} .. {high:.4f}'

  print(
    f'{now}: precision @ 1 = {result.precision_at_1:.4f} '
    f'recall @ {result.k} = {result.recall_at_k:.4f} '
    f'[{result.num_examples} examples]'
  )
  print(
    f'{now}: 95% interval: precision @ 1 in {interval(result.num_correct)}'
    f', recall @ {result.k} in {interval(result.num_in_top_k)}'
  )


if __name__ == '__main__':
  command.run(main)
