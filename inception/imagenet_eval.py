"""Evaluates a model on ImageNet.

  bazel build //inception:imagenet_eval
  bazel-bin/inception/imagenet_eval --eval_dir=EVAL --data_dir=DATA \\
    --checkpoint_dir=TRAIN --subset=validation --run_once

A folder without dataset_info.json is taken for ImageNet as 2016's scripts
prepared it.
"""

from collections.abc import Sequence

from inception import imagenet_data
from inception.cli import command
from inception.cli import eval_command
from inception.cli import eval_flags

eval_flags.define()


def main(argv: Sequence[str]) -> int:
  """Evaluates; returns the exit code."""
  return eval_command.run(argv, load=imagenet_data.load)


if __name__ == '__main__':
  command.run(main)
