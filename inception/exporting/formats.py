"""The formats of an export, without TensorFlow.

  FORMATS   {name: Format}
  Format    properties of a format that an export needs
  Request   input of a writer
  Batch     input of a runner

A new format is one more entry here. Writers and runners import their libraries
when they are called, because a command checks its flags before that.
"""

import dataclasses
import functools
import importlib.util
import pathlib
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from inception import dataset
from inception.exporting import agreement
from inception.exporting import export_files
from inception.exporting import export_model


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Request:
  """Input of a writer.

  Attributes:
    model: model to write.
    data: records, for formats that are calibrated on training images; None if
      there are none.
  """

  model: export_model.Model
  data: dataset.Dataset | None


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
  """Pictures in both forms, of which a runner uses one.

  Attributes:
    encoded: contents of image files.
    images: float32 [pictures, size, size, 3] in [-1, 1].
  """

  encoded: Sequence[bytes]
  images: np.ndarray


# Returns probabilities, float [pictures, num_classes]; an additional first
# column is the background's.
Runner = Callable[[Batch], np.ndarray]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Format:
  """Properties of a format that an export needs.

  Attributes:
    write: writes a version into a folder that does not exist yet.
    open: loads a version, as a user of the file would.
    bound: {precision: limits of a file}, for the precisions that it supports.
    takes_files: whether its runner takes encoded pictures instead of pixels.
    package: optional package that the format needs; '' for none.
    needs_data: whether `write` needs training records.
  """

  write: Callable[[pathlib.Path, Request], None]
  open: Callable[[pathlib.Path, Request], Runner]
  bound: dict[str, agreement.Bound]
  takes_files: bool = False
  package: str = ''
  needs_data: bool = False

  @property
  def is_installed(self) -> bool:
    """True if the format's package is installed."""
    return not self.package or bool(importlib.util.find_spec(self.package))


_LITERT_FILE = 'model.tflite'
# The variant whose activations are integers too.
_CALIBRATED = 'int8'

_BY_PRECISION = {'float32': agreement.FLOAT, 'bfloat16': agreement.HALF}


def _write_saved_model(folder: pathlib.Path, request: Request) -> None:
  from inception.exporting import saved_model_files

  saved_model_files.write(folder, request.model)


def _open_saved_model(folder: pathlib.Path, request: Request) -> Runner:
  from inception.exporting import saved_model_runner

  del request
  runner = saved_model_runner.Runner(folder)
  return lambda batch: runner.of_files(batch.encoded)


def _write_openvino(folder: pathlib.Path, request: Request) -> None:
  from inception.exporting import openvino_files

  openvino_files.write(folder, request.model)


def _open_openvino(folder: pathlib.Path, request: Request) -> Runner:
  from inception.exporting import openvino_files

  runner = openvino_files.Runner(folder, precision=request.model.precision)
  return lambda batch: runner(batch.images)


def _write_litert(variant: str, folder: pathlib.Path, request: Request) -> None:
  from inception.exporting import litert_calibration
  from inception.exporting import litert_files
  from inception.exporting import litert_guides

  model = request.model
  images: Iterable[np.ndarray] = ()
  size, class_names = model.info.image_size, model.info.class_names
  if variant == _CALIBRATED and request.data is not None:
    images = litert_calibration.images(request.data, image_size=size)
  folder.mkdir()
  litert_files.write(
    folder / _LITERT_FILE,
    model.values,
    image_size=size,
    class_names=class_names,
    variant=variant,
    calibration_images=images,
  )
  litert_guides.write(
    folder / _LITERT_FILE,
    image_size=size,
    num_classes=len(class_names),
    variant=variant,
  )


def _open_litert(folder: pathlib.Path, request: Request) -> Runner:
  from inception.exporting import litert_runner

  del request
  runner = litert_runner.Runner(folder / _LITERT_FILE)
  return lambda batch: runner(batch.images)


def _litert(variant: str, bound: agreement.Bound) -> Format:
  """Returns the format of LiteRT (TFLite) files of a variant."""
  return Format(
    write=functools.partial(_write_litert, variant),
    open=_open_litert,
    # The variant determines the arithmetic, not --precision.
    bound=dict.fromkeys(_BY_PRECISION, bound),
    needs_data=variant == _CALIBRATED,
  )


FORMATS = {
  export_files.SAVED_MODEL: Format(
    write=_write_saved_model,
    open=_open_saved_model,
    bound=_BY_PRECISION,
    takes_files=True,
  ),
  'openvino': Format(
    write=_write_openvino,
    open=_open_openvino,
    bound=_BY_PRECISION,
    package='openvino',
  ),
  'litert': _litert('float32', agreement.FLOAT),
  'litert_float16': _litert('float16', agreement.HALF),
  'litert_dynamic_int8': _litert('dynamic_int8', agreement.INT8),
  'litert_int8': _litert(_CALIBRATED, agreement.INT8),
}
