"""Fine-tunes Inception v3 on the flowers, or on any folder of records.

  bazel build //inception:flowers_train
  bazel-bin/inception/flowers_train --train_dir=TRAIN --data_dir=DATA \\
    --pretrained_model_checkpoint_path=MODEL --fine_tune=True \\
    --initial_learning_rate=0.001

Without a dataset_info.json, the folder of the data is assumed to hold the
flowers as prepared by the scripts of 2016.
"""

from collections.abc import Sequence

from inception import flowers_data
from inception.cli import command
from inception.cli import train_command
from inception.cli import train_flags

train_flags.define()


def main(argv: Sequence[str]) -> int:
  """Trains the model, and returns the exit code."""
  return train_command.run(argv, load=flowers_data.load)


if __name__ == '__main__':
  command.run(main)
