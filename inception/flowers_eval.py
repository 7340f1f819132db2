"""Evaluates a model on the flowers, or on any folder of records.

  bazel build //inception:flowers_eval
  bazel-bin/inception/flowers_eval --eval_dir=EVAL --data_dir=DATA \\
    --checkpoint_dir=TRAIN --subset=validation --run_once

A folder without dataset_info.json is taken for the flowers as 2016's
scripts prepared them.
"""

from collections.abc import Sequence

from inception import flowers_data
from inception.cli import command
from inception.cli import eval_command
from inception.cli import eval_flags

eval_flags.define()


def main(argv: Sequence[str]) -> int:
  """Evaluates; returns the exit code."""
  return eval_command.run(argv, load=flowers_data.load)


if __name__ == '__main__':
  command.run(main)
