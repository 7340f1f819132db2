"""Writes files for TensorBoard's embedding projector.

write   writes them into the folder of an evaluation

The projector places pictures by their features. It reads projector_config.pbtxt
in the folder of a run. The files beside it hold the first principal components
of the features, a table of the pictures, and their thumbnails in one image (the
sprite).
"""

import os
import pathlib

import numpy as np
from PIL import Image

from inception.evaluation import predictions as predictions_lib
from inception.evaluation import principal_components
from inception.evaluation import record_sources
from inception.images import image_reader
from inception.jobs import atomic_files
from inception.jobs import display_names
from inception.reports import evaluation_pictures

# A sprite of 32 x 32 thumbnails: 1,536 pixels square.
MOST_PICTURES = 1024

_SIDE = 48
_NUM_COMPONENTS = 64
_SEED = 0
_CONFIG = """embeddings {{
  tensor_name: "features"
  tensor_path: "projector_features.tsv"
  metadata_path: "projector_pictures.tsv"
  sprite {{
    image_path: "projector_sprite.png"
    single_image_dim: {side}
    single_image_dim: {side}
  }}
}}
"""


def write(
  predictions: predictions_lib.Predictions, folder: str | os.PathLike
) -> pathlib.Path | None:
  """Writes the files of at most MOST_PICTURES pictures, drawn at random.

  Args:
    predictions: predictions for the evaluated pictures.
    folder: existing folder of the evaluation's event files.

  Returns:
    The path of projector_config.pbtxt; None if there are no features.

  Raises:
    OSError: a file cannot be written.
  """
  if predictions.features is None:
    return None
  count = min(MOST_PICTURES, len(predictions))
  generator = np.random.default_rng(_SEED)
  chosen = np.sort(generator.permutation(len(predictions))[:count])
  features = predictions.features[chosen]
  axes = principal_components.fit(features, count=_NUM_COMPONENTS)
  folder = pathlib.Path(folder)
  atomic_files.write_text(
    folder / 'projector_features.tsv',
    ''.join(
      '\t'.join(f'{value:.4g}' for value in row) + '\n'
      for row in axes.project(features)
    ),
  )
  atomic_files.write_text(
    folder / 'projector_pictures.tsv', _table(predictions, chosen)
  )
  _sprite([predictions.sources[i] for i in chosen]).save(
    folder / 'projector_sprite.png'
  )
  path = folder / 'projector_config.pbtxt'
  atomic_files.write_text(path, _CONFIG.format(side=_SIDE))
  return path


def _table(predictions: predictions_lib.Predictions, chosen: np.ndarray) -> str:
  """Returns a line of column names, and a line for each picture."""
  rows = [('class', 'predicted', 'answer', 'probability', 'file')]
  for i in chosen:
    rows.append((
      predictions.name(int(predictions.labels[i])),
      predictions.name(int(predictions.predicted[i])),
      'right' if predictions.is_correct[i] else 'wrong',
      f'{predictions.confidence[i]:.4f}',
      predictions.sources[i].file,
    ))
  # Tabs and ends of lines in names would move the columns.
  return ''.join(
    '\t'.join(display_names.printable(cell) for cell in row) + '\n'
    for row in rows
  )


def _sprite(sources: list[record_sources.Source]) -> Image.Image:
  """Returns a square grid of thumbnails, each squeezed to a square."""
  columns = int(np.ceil(np.sqrt(len(sources))))
  sprite = Image.new('RGB', (columns * _SIDE, columns * _SIDE), 'white')
  for number, jpeg in enumerate(evaluation_pictures.jpegs(sources)):
    if jpeg is not None:
      row, column = divmod(number, columns)
      picture = image_reader.open_file(jpeg).resize((_SIDE, _SIDE))
      sprite.paste(picture, (column * _SIDE, row * _SIDE))
  return sprite
