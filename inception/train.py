"""Trains Inception v3 on any folder of records that build_image_data made.

  bazel build //inception:train
  bazel-bin/inception/train --train_dir=TRAIN --data_dir=DATA --recipe=modern \\
    --pretrained_model_checkpoint_path=MODEL --fine_tune=True
"""

from collections.abc import Sequence

from inception import dataset
from inception.cli import command
from inception.cli import train_command
from inception.cli import train_flags

train_flags.define()


def _load(data_dir: str) -> dataset.Dataset:
  found = dataset.read_info(data_dir)
  if found is None:
    raise dataset.DatasetError(
      f'{data_dir!r} has no {dataset.INFO_FILE}, so nobody knows its '
      'classes: make the records with build_image_data, or use flowers_train '
      'or imagenet_train for those of 2016'
    )
  return found


def main(argv: Sequence[str]) -> int:
  """Trains; returns the exit code."""
  return train_command.run(argv, load=_load)


if __name__ == '__main__':
  command.run(main)
