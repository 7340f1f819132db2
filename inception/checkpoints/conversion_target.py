"""The file that a conversion of a checkpoint makes, without TensorFlow.

FORMATS           names of the formats: '2016', 'slim', 'keras'
choose            returns the format that an output's name stands for
check             refuses an output that exists or has a wrong name
labels_path       returns the path of the class names beside an output
ConversionError   the conversion is impossible
"""

import os
import pathlib

from inception.checkpoints import checkpoint_files
from inception.jobs import errors

RESEARCH = '2016'
SLIM = 'slim'
KERAS = 'keras'
FORMATS = (RESEARCH, SLIM, KERAS)

_KERAS_ENDINGS = ('.h5', '.hdf5', '.keras')
# Under this name, Keras 3 expects a layout other than that of Keras 1 and 2.
_KERAS_3_ENDING = '.weights.h5'


class ConversionError(errors.UserError):
  """The conversion is impossible; the text gives the reason and a remedy."""


def choose(output: str, to: str | None) -> str:
  """Returns `to`, or else the format that the output's name stands for."""
  return to or (KERAS if output.lower().endswith('.h5') else RESEARCH)


def check(output: str, to: str) -> None:
  """Refuses an output that exists or whose name does not fit the format.

  Args:
    output: path of an .h5 file, or prefix of a checkpoint.
    to: one of FORMATS.

  Raises:
    ConversionError: the output has another format's name, or exists.
    CheckpointError: its folder cannot be read.
  """
  name = os.path.basename(output)
  if not name or os.path.isdir(output):
    raise ConversionError(
      f'{output!r} is a folder: give the name of a file in it'
    )
  if to == KERAS:
    _check_keras_name(output)
  elif name.lower().endswith(_KERAS_ENDINGS):
    raise ConversionError(
      f"{output!r} has the name of Keras' files: give --to=keras, or a name "
      'such as inception_v3.ckpt'
    )
  elif (prefix := checkpoint_files.prefix_of_file(output)) != output:
    raise ConversionError(
      f"{output!r} is one of a checkpoint's files: give {prefix!r}, without "
      'the extension'
    )
  check_is_new(output)


def _check_keras_name(output: str) -> None:
  name = output.lower()
  if name.endswith(_KERAS_3_ENDING):
    stem = output[: -len(_KERAS_3_ENDING)]
    raise ConversionError(
      f'{output!r}: Keras 3 expects another layout in a file of this name: '
      f'give {stem + ".h5"!r}, which every version of Keras reads'
    )
  if not name.endswith('.h5'):
    raise ConversionError(
      f'{output!r}: Keras reads weights from files named .h5: give '
      f'{output + ".h5"!r}'
    )


def check_is_new(path: str) -> None:
  """Refuses a path at which there is a file, or files of a checkpoint.

  Raises:
    ConversionError: such a file exists.
    CheckpointError: the folder cannot be read.
  """
  existing = checkpoint_files.parts_of(path)
  if existing:
    raise ConversionError(
      f'{existing[0]!r} exists and is never overwritten: give another name, '
      'or move it away'
    )


def labels_path(output: str) -> pathlib.Path:
  """Returns the path of the file with the class names beside an output."""
  path = pathlib.Path(output)
  return path.with_name(f'{path.name}.labels.txt')
