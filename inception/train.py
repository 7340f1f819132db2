"""Trains Inception v3 on any folder of records made by build_image_data.

  bazel build //inception:train
  bazel-bin/inception/train --train_dir=TRAIN --data_dir=DATA --recipe=modern \\
    --pretrained_model_checkpoint_path=MODEL --fine_tune=True
"""

import functools
from collections.abc import Sequence

from inception.cli import command
from inception.cli import described_data
from inception.cli import train_command
from inception.cli import train_flags

train_flags.define()


def main(argv: Sequence[str]) -> int:
  """Trains the model, and returns the exit code."""
  return train_command.run(
    argv,
    load=functools.partial(
      described_data.load, commands='flowers_train or imagenet_train'
    ),
  )


if __name__ == '__main__':
  command.run(main)
