"""Checkpoints of trained networks, as a training leaves them, for tests.

write         writes the seeded weights, averaged, with or without run_info
CLASS_NAMES   names of their classes
"""

import os
from collections.abc import Mapping

import numpy as np

from inception import image_processing
from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.optimization import moving_averages
from inception.testing import goldens

CLASS_NAMES = ('daisy', 'R\u00f6schen', 'sun flower', 'tulip', 'weed')


def write(
  folder: str | os.PathLike,
  *,
  with_info: bool = True,
  image_size: int = 75,
  views: int = 1,
  class_texts: tuple[str, ...] = (),
  preprocessing: dict | None = None,
  changes: Mapping[str, np.ndarray] | None = None,
) -> str:
  """Writes FOLDER/model.ckpt-7; returns its prefix.

  The weights themselves are zeros: a reader must take the averages.

  Args:
    folder: folder of the checkpoint.
    with_info: False leaves out the run_info, as in 2016.
    image_size: image_size of the run_info.
    views: views of the run_info.
    class_texts: class_texts of the run_info.
    preprocessing: preprocessing of the run_info; None is evaluation's.
    changes: {name: value} of weights that are not the seeded ones.
  """
  golden = goldens.load()
  weights = goldens.seeded_weights(golden['seed'], golden['num_classes'])
  values = {}
  for name, value in (weights | dict(changes or {})).items():
    values[name] = 0 * value
    values[moving_averages.shadow_name(name)] = value
  if with_info:
    values[run_info.VARIABLE] = run_info.RunInfo(
      class_names=CLASS_NAMES,
      class_texts=class_texts,
      data_name='flowers',
      image_size=image_size,
      views=views,
      preprocessing=preprocessing or image_processing.EVAL_PREPROCESSING,
      settings={'precision': 'float32'},
    ).to_json()
  return checkpoint.save(folder, 7, values)
