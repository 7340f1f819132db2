"""Caches the features that Inception v3 computes of the records of a folder.

load        returns the features of a subset, computing only the missing ones
find        returns them if they all exist
cache_dir   returns the folder where they are kept
folders     returns all folders where they may be

Training and evaluation use the same features: those of a network whose last
layer alone was trained are those of the pretrained network.
"""

import os
import pathlib
import tempfile
from collections.abc import Callable

from inception import dataset
from inception import inception_model
from inception.hardware import mixed_precision
from inception.inference import evaluation_network
from inception.input import feature_cache
from inception.settings import config

# Subfolder of the records' folder, so that other runs reuse the features.
_CACHE = 'features'
# Source files that define the computation; part of the cache key.
_CODE = (*evaluation_network.SOURCE_FILES, mixed_precision.__file__)


def load(
  model: inception_model.InceptionModel,
  data: dataset.Dataset,
  settings: config.InputConfig,
  *,
  folder: str | os.PathLike,
  num_views: int = 1,
  on_progress: Callable[[int, int], None],
) -> feature_cache.Features:
  """Returns the features of settings.subset, computing the missing ones.

  Args:
    model: Network that computes the features, with the current values of its
      variables.
    data: Records to read.
    settings: Settings of the batches; the image size is the network's.
    folder: Folder of the features, see cache_dir.
    num_views: As in feature_cache.load.
    on_progress: As in feature_cache.load.

  Raises:
    The errors of feature_cache.load.
  """
  return feature_cache.load(
    data,
    settings,
    cache_dir=folder,
    weights=model.feature_variables,
    num_features=inception_model.NUM_FEATURES,
    # Folding the weights takes a quarter of a second.
    make_compute=lambda: evaluation_network.EvaluationNetwork(model).features,
    code=_CODE,
    num_views=num_views,
    compute_dtype=model.compute_dtype.name,
    on_progress=on_progress,
  )


def find(
  model: inception_model.InceptionModel,
  data: dataset.Dataset,
  settings: config.InputConfig,
  *,
  folder: str | os.PathLike,
) -> feature_cache.Features | None:
  """Returns the plain features of settings.subset if all of them exist.

  Args:
    model: As in load, like all arguments.
    data: As in load.
    settings: As in load.
    folder: As in load; it need not exist.

  Raises:
    The errors of feature_cache.find.
  """
  if not pathlib.Path(folder).is_dir():
    return None
  return feature_cache.find(
    data,
    settings,
    cache_dir=folder,
    weights=model.feature_variables,
    num_features=inception_model.NUM_FEATURES,
    code=_CODE,
    compute_dtype=model.compute_dtype.name,
  )


def cache_dir(data_dir: str | os.PathLike, fallback: str | os.PathLike) -> str:
  """Returns a writable cache folder, in the records' folder if possible.

  Args:
    data_dir: Folder of the records.
    fallback: Folder for the features if that of the records is not writable.
  """
  shared, other = folders(data_dir, fallback)
  try:
    shared.mkdir(exist_ok=True)
    with tempfile.TemporaryFile(dir=shared):
      return str(shared)
  except OSError:
    return str(other)


def folders(
  data_dir: str | os.PathLike, fallback: str | os.PathLike
) -> tuple[pathlib.Path, pathlib.Path]:
  """Returns the paths of the cache folders in data_dir and in fallback."""
  return pathlib.Path(data_dir, _CACHE), pathlib.Path(fallback, _CACHE)
