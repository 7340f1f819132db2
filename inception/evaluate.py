"""Evaluates a model on any folder of records that build_image_data made.

  bazel build //inception:evaluate
  bazel-bin/inception/evaluate --eval_dir=EVAL --data_dir=DATA \\
    --checkpoint_dir=TRAIN --subset=validation --run_once
"""

import functools
from collections.abc import Sequence

from inception.cli import command
from inception.cli import described_data
from inception.cli import eval_command
from inception.cli import eval_flags

eval_flags.define()


def main(argv: Sequence[str]) -> int:
  """Evaluates; returns the exit code."""
  return eval_command.run(
    argv,
    load=functools.partial(
      described_data.load, commands='flowers_eval or imagenet_eval'
    ),
  )


if __name__ == '__main__':
  command.run(main)
