"""Trains Inception v3 on ImageNet.

  bazel build //inception:imagenet_train
  bazel-bin/inception/imagenet_train --train_dir=TRAIN --data_dir=DATA

Without a dataset_info.json, the folder of the data is assumed to hold ImageNet
as prepared by the scripts of 2016.
"""

from collections.abc import Sequence

from inception import imagenet_data
from inception.cli import command
from inception.cli import train_command
from inception.cli import train_flags

train_flags.define()


def main(argv: Sequence[str]) -> int:
  """Trains the model, and returns the exit code."""
  return train_command.run(argv, load=imagenet_data.load)


if __name__ == '__main__':
  command.run(main)
