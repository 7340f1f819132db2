"""LiteRT files of the fitted model, written once per process.

written   the path of a variant's file
"""

import functools
import pathlib
import tempfile

from inception.exporting import litert_files
from inception.testing import fitted_models
from inception.testing import trained_models

_NUM_CALIBRATION_IMAGES = 10


@functools.cache
def written(variant: str) -> pathlib.Path:
  """Returns the path of a variant's file; read-only, gone with the process."""
  pixels, _ = fitted_models.pictures(_NUM_CALIBRATION_IMAGES, seed=3)
  images = fitted_models.as_input(pixels)
  path = pathlib.Path(_folder().name, f'{variant}.tflite')
  litert_files.write(
    path,
    fitted_models.values(),
    image_size=fitted_models.IMAGE_SIZE,
    class_names=trained_models.CLASS_NAMES,
    variant=variant,
    calibration_images=(
      [image[None] for image in images] if variant == litert_files.INT8 else ()
    ),
    version='7',
  )
  return path


@functools.cache
def _folder() -> tempfile.TemporaryDirectory:
  # Windows does not delete a file that an interpreter has mapped.
  return tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
