"""Models to export, for tests.

model         the seeded network as an export gets it
saved_model   the folder of its SavedModel
"""

import functools
import pathlib
import tempfile

from inception.checkpoints import run_info
from inception.checkpoints import threshold
from inception.exporting import export_model
from inception.exporting import saved_model_files
from inception.testing import goldens
from inception.testing import trained_models

IMAGE_SIZE = 75
RULE = threshold.Rule(temperature=1.5, threshold=0.2)


@functools.cache
def model(
  *, precision: str = 'float32', rule: threshold.Rule | None = None
) -> export_model.Model:
  """Returns the seeded network with images of 75 pixels.

  Args:
    precision: precision of the files.
    rule: rule for "none of these".
  """
  golden = goldens.load()
  return export_model.Model(
    values=goldens.seeded_weights(golden['seed'], golden['num_classes']),
    info=run_info.RunInfo(
      class_names=trained_models.CLASS_NAMES,
      data_name='flowers',
      image_size=IMAGE_SIZE,
      preprocessing={'central_crop': 0.875},
      settings={'optimizer': 'rmsprop'},
    ),
    trained_class_names=trained_models.CLASS_NAMES,
    rule=rule,
    precision=precision,
    checkpoint={'name': 'model.ckpt-7', 'step': 7, 'fingerprint': 'f-1'},
    data={},
  )


@functools.cache
def saved_model() -> pathlib.Path:
  """Returns a SavedModel of `model` with RULE, written once per process."""
  # The object removes the folder at the end of the process.
  root = pathlib.Path(_temporary_folder().name, 'an \u00f6utput')
  root.mkdir()
  folder = root / '1'
  saved_model_files.write(folder, model(rule=RULE))
  return folder


@functools.cache
def _temporary_folder() -> tempfile.TemporaryDirectory:
  return tempfile.TemporaryDirectory()
