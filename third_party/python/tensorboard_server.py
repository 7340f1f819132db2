"""Runs the locked TensorBoard.

  bazel run //third_party/python:tensorboard_server -- --logdir FOLDER

The arguments are TensorBoard's.
"""

import os
import sys

from tensorboard import main as tensorboard_main


def main() -> None:
  """Runs TensorBoard in the user's folder."""
  # `bazel run` starts programs in another folder, but a relative --logdir is
  # relative to the user's.
  folder = os.environ.get('BAZELW_WORKING_DIRECTORY') or os.environ.get(
    'BUILD_WORKING_DIRECTORY'
  )
  if folder:
    os.chdir(folder)
  tensorboard_main.run_main()


if __name__ == '__main__':
  sys.exit(main())
