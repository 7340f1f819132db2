"""The common part of the evaluation commands.

run   runs a complete command: the body of main() of flowers_eval and others
"""

import pathlib
from collections.abc import Callable, Sequence

from absl import flags

from inception import dataset
from inception.cli import command
from inception.cli import common_flags
from inception.cli import eval_flags
from inception.settings import config

FLAGS = flags.FLAGS


def run(argv: Sequence[str], *, load: Callable[[str], dataset.Dataset]) -> int:
  """Evaluates; returns the exit code.

  Args:
    argv: command line without its flags.
    load: function that returns the Dataset of a data_dir.

  Raises:
    errors.UserError: the flags, the data or the checkpoint cannot be used.
  """
  command.check_no_arguments(argv)
  eval_config = eval_flags.eval_config()
  input_config = common_flags.input_config(subset=FLAGS.subset)
  eval_flags.check_subset_for_fitting(eval_config, input_config)
  data = common_flags.load_data(input_config, load=load)
  for path in eval_config.checkpoint_paths:
    command.check_exists(path, 'checkpoint_path')
  if eval_config.run_once and not eval_config.checkpoint_paths:
    command.check_folder(eval_config.checkpoint_dir, 'checkpoint_dir')
  command.make_folder(eval_config.eval_dir, 'eval_dir')
  if eval_config.relabel_csv:
    folder = pathlib.Path(eval_config.relabel_csv).parent
    command.make_folder(str(folder), 'relabel_csv')
  command.load_tensorflow()
  return _run(data, eval_config, input_config)


def _run(
  data: dataset.Dataset,
  eval_config: config.EvalConfig,
  input_config: config.InputConfig,
) -> int:
  """Evaluates and prints what happens; returns the exit code."""
  from inception import inception_eval
  from inception.cli import eval_printer
  from inception.hardware import replicas as replicas_lib

  # Checkpoints that are given are evaluated once: no new one will come.
  once = eval_config.run_once or eval_config.checkpoint_paths
  engine = inception_eval.evaluate if once else inception_eval.watch
  engine(
    data,
    eval_config,
    input_config,
    on_event=eval_printer.EvalPrinter(eval_config, input_config),
    # Hosts of a distributed training evaluate on their own.
    replicas=replicas_lib.make(eval_config.num_gpus, environment={}),
  )
  return 0
