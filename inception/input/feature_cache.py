"""Computes the network's features of every image once, and keeps them on disk.

  load           returns the Features, computing only the missing ones
  find           returns the Features of the plain view if they all exist
  Features       values and labels
  FeatureError   the folder cannot be used

A frozen network maps an image to the same features in every epoch, so they are
computed once; training a head on them takes seconds. Besides the image as
evaluation sees it (view 0), there may be distorted views of it.

Each view is stored in one file, features-SUBSET-KEY.npy (distorted views end in
-viewN.npy), so each extra view adds one file. The key is a hash of everything
that determines the numbers: the content of the records, the weights, the image
settings, the source code of the modules that compute, and TensorFlow's version.
A file with the right key is therefore never stale, and files with other keys
are not touched. A note beside the file of view 0 (feature_notes) identifies its
records for programs that do not have the weights.

Existing features are used, including those in the incomplete file of an
interrupted run. Of two runs that need the same features, one computes them
while the other waits. The modules view_files and feature_files implement this.
"""

import dataclasses
import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf

from inception import dataset
from inception.input import feature_files
from inception.input import feature_keys
from inception.input import feature_notes
from inception.input import input_pipeline
from inception.input import view_files
from inception.settings import config

# Beginning of the names of a subset's files.
_STEM = 'features-{}-'

FeatureError = feature_files.FeatureError


@dataclasses.dataclass(frozen=True)
class Features:
  """The network's features of the examples of a subset.

  Attributes:
    values: For each view, float32 [examples, num_features] in the order of the
      shards: memory-mapped files, read on access. One array, float32 [views,
      examples, num_features], works as well.
    labels: int32 [examples], in [1, num_classes].
  """

  values: Sequence[np.ndarray]
  labels: np.ndarray


def load(
  data: dataset.Dataset,
  settings: config.InputConfig,
  *,
  cache_dir: str | os.PathLike,
  weights: Mapping[str, tf.Variable],
  num_features: int,
  make_compute: Callable[[], Callable[[tf.Tensor], tf.Tensor]],
  code: Sequence[str | os.PathLike],
  num_views: int = 1,
  compute_dtype: str = 'float32',
  on_progress: Callable[[int, int], None],
) -> Features:
  """Returns the features of settings.subset, computing the missing ones.

  All records are read first, so that a damaged one or a wrong label is found
  before the computation starts.

  Args:
    data: Records to read.
    settings: Settings for reading them; features are computed of batches of
      batch_size.
    cache_dir: Folder of the features; created if missing.
    weights: {name: variable} of all variables that the features depend on.
    num_features: Number of features per image.
    make_compute: Function called only if features are missing. It returns the
      function from float32 [batch, size, size, 3] in [-1, 1] to float32
      [batch, num_features], which maps each image independently; traced once.
    code: Source files of the modules that this function uses, except the
      modules that make the images, which are added here.
    num_views: Number of views, at least 1. All but the first are distorted and
      need a seed.
    compute_dtype: Name of the number format of the computation.
    on_progress: Function called with (images done, total number of images),
      counted once per view; the first call reports the existing features.

  Raises:
    dataset.DatasetError: there are no such records, or one is damaged.
    FeatureError: cache_dir cannot be read or written, e.g. on a full disk.
    ValueError: num_views is not positive, distorted views have no seed, or
      the function returns another shape or dtype.
  """
  _check_num_views(num_views, settings)
  records = feature_keys.read_records(data, settings)
  labels = records.labels
  network = feature_keys.network(
    weights,
    [__file__, *code],
    image_size=settings.image_size,
    num_features=num_features,
    compute_dtype=compute_dtype,
  )
  keys = feature_keys.of_views(data, settings, records.digest, network)
  folder = feature_files.Folder(
    cache_dir,
    num_examples=len(labels),
    num_features=num_features,
    num_files=num_views,
  )
  files = view_files.ViewFiles(
    folder, _file_names(settings.subset, keys, num_views)
  )

  def report() -> None:
    on_progress(files.num_rows, len(labels) * num_views)

  report()
  files.complete(_computer(data, settings, make_compute, num_features), report)
  with folder.errors():
    feature_notes.write(
      cache_dir,
      files.names[0],
      feature_notes.Note(
        subset=settings.subset,
        records=records.digest,
        num_examples=len(labels),
        num_features=num_features,
        network=network,
        image_size=settings.image_size,
      ),
    )
  return Features(files.values(), labels)


def find(
  data: dataset.Dataset,
  settings: config.InputConfig,
  *,
  cache_dir: str | os.PathLike,
  weights: Mapping[str, tf.Variable],
  num_features: int,
  code: Sequence[str | os.PathLike],
  compute_dtype: str = 'float32',
) -> Features | None:
  """Returns the features of the plain view if all of them exist.

  The records are read only if there are features of the same network.

  Args:
    data: As in load, like all arguments.
    settings: As in load.
    cache_dir: As in load; it need not exist.
    weights: As in load.
    num_features: As in load.
    code: As in load.
    compute_dtype: As in load.

  Raises:
    dataset.DatasetError: there are no such records, or one is damaged.
    FeatureError: the features cannot be read.
  """
  notes = {
    name: note
    for name, note in feature_notes.read_all(cache_dir)
    if note.subset == settings.subset
  }
  if not notes:
    return None
  network = feature_keys.network(
    weights,
    [__file__, *code],
    image_size=settings.image_size,
    num_features=num_features,
    compute_dtype=compute_dtype,
  )
  names = {name for name, note in notes.items() if note.network == network}
  if not names:
    return None
  records = feature_keys.read_records(data, settings)
  key, _ = feature_keys.of_views(data, settings, records.digest, network)
  name = _STEM.format(settings.subset) + key
  if name not in names:
    return None
  folder = feature_files.Folder(
    cache_dir,
    num_examples=len(records.labels),
    num_features=num_features,
    num_files=1,
  )
  file = feature_files.ViewFile(folder, name)
  if not file.is_complete:
    return None
  return Features((file.values(),), records.labels)


def _check_num_views(num_views: int, settings: config.InputConfig) -> None:
  if num_views < 1:
    raise ValueError(f'num_views must be >= 1, got {num_views}')
  if num_views > 1 and settings.seed is None:
    raise ValueError(
      f'num_views {num_views} needs a seed: all but the first are distorted'
    )


def _file_names(
  subset: str, keys: tuple[str, str], num_views: int
) -> list[str]:
  """Returns the names of the views' files; `keys` are those of of_views."""
  stem, (plain, distorted) = _STEM.format(subset), keys
  views = range(1, num_views)
  return [stem + plain, *(f'{stem}{distorted}-view{view}' for view in views)]


def _computer(
  data: dataset.Dataset,
  settings: config.InputConfig,
  make_compute: Callable[[], Callable[[tf.Tensor], tf.Tensor]],
  num_features: int,
) -> Callable[[int, int], Iterator[np.ndarray]]:
  """Returns the function that computes the missing rows; see ViewFiles."""
  # Made only if rows are missing.
  step = functools.cache(lambda: tf.function(make_compute(), autograph=False))

  def rows_after(view: int, num_rows: int) -> Iterator[np.ndarray]:
    batches = input_pipeline.view_batches(
      data, settings, view=view, num_skipped=num_rows
    )
    checked = input_pipeline.checked(batches, data, settings.subset)
    for images, _, mask in checked:
      values = step()(images)
      shape = (images.shape[0], num_features)
      if tuple(values.shape) != shape or values.dtype != tf.float32:
        raise ValueError(
          f'the features must be float32 {shape}, got '
          f'{values.dtype.name} {tuple(values.shape)}'
        )
      # Padding is at the end.
      yield values.numpy()[: np.count_nonzero(mask)]

  return rows_after
