"""Computes the network's features of every image once, and keeps them on disk.

  load           returns the Features, computing only the missing ones
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
while the other waits. The module feature_files implements this.
"""

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf

from inception import dataset
from inception import image_processing
from inception.input import bad_records
from inception.input import feature_files
from inception.input import feature_notes
from inception.input import input_pipeline
from inception.input import pipeline_steps
from inception.records import example_proto
from inception.settings import config

# Source files that determine the inputs of `compute`; part of the key.
_SOURCES = (
  __file__,
  example_proto.__file__,
  image_processing.__file__,
  input_pipeline.__file__,
  pipeline_steps.__file__,
  bad_records.__file__,
  feature_notes.__file__,
)
_KEY_DIGITS = 16
_RECORDS_AT_A_TIME = 64

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
  compute: Callable[[tf.Tensor], tf.Tensor],
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
    settings: Settings for reading them; `compute` is called with batches of
      batch_size.
    cache_dir: Folder of the features; created if missing.
    weights: {name: variable} of all variables that the features depend on.
    num_features: Number of features per image.
    compute: Function from float32 [batch, size, size, 3] in [-1, 1] to float32
      [batch, num_features], which maps each image independently; traced once.
    code: Source files of the modules that `compute` uses, except the modules
      that make the images, which are added here.
    num_views: Number of views, at least 1. All but the first are distorted and
      need a seed.
    compute_dtype: Name of the number format that `compute` uses.
    on_progress: Function called with (images done, total number of images),
      counted once per view; the first call reports the existing features.

  Raises:
    dataset.DatasetError: there are no such records, or one is damaged.
    FeatureError: cache_dir cannot be read or written, e.g. on a full disk.
    ValueError: num_views is not positive, distorted views have no seed, or
      `compute` returns another shape or dtype.
  """
  if num_views < 1:
    raise ValueError(f'num_views must be >= 1, got {num_views}')
  if num_views > 1 and settings.seed is None:
    raise ValueError(
      f'num_views {num_views} needs a seed: all views but the '
      'first are distorted'
    )
  content, labels = _read_records(data, settings)
  network = feature_notes.network_digest(
    [*_SOURCES, *code],
    weights,
    facts=(
      settings.image_size,
      num_features,
      compute_dtype,
      tf.version.VERSION,
    ),
  )
  keys = _keys(data, settings, content, network)
  stem = f'features-{settings.subset}-'
  names = [stem + keys[0]] + [
    f'{stem}{keys[1]}-view{view}' for view in range(1, num_views)
  ]
  folder = feature_files.Folder(
    cache_dir,
    num_examples=len(labels),
    num_features=num_features,
    num_files=num_views,
  )
  files = [feature_files.ViewFile(folder, name) for name in names]

  def num_done() -> int:
    return sum(file.num_rows for file in files)

  def report() -> None:
    on_progress(num_done(), len(labels) * num_views)

  report()
  if not all(file.is_complete for file in files):
    step = tf.function(compute, autograph=False)
    num_reported = num_done()
    with folder.lock(names[0]):
      for file in files:
        file.look()  # Another run may have computed it while holding the lock.
      if num_done() != num_reported:
        report()
      for view, file in enumerate(files):
        if not file.is_complete:
          batches = input_pipeline.checked(
            input_pipeline.view_batches(
              data, settings, view=view, num_skipped=file.num_rows
            ),
            data,
            settings.subset,
          )
          file.complete(_computed(batches, step, num_features), report)
  with folder.errors():
    feature_notes.write(
      cache_dir,
      names[0],
      feature_notes.Note(
        subset=settings.subset,
        records=content,
        num_examples=len(labels),
        num_features=num_features,
        network=network,
        image_size=settings.image_size,
      ),
    )
  return Features(tuple(file.values() for file in files), labels)


def _read_records(
  data: dataset.Dataset, settings: config.InputConfig
) -> tuple[str, np.ndarray]:
  """Returns a hash of the subset's records, and int32 [examples] labels."""
  records = (
    tf.data
    .TFRecordDataset(data.shard_files(settings.subset))
    .map(
      lambda serialized: (
        serialized,
        bad_records.parse(serialized, data.num_classes).label,
      )
    )
    .batch(_RECORDS_AT_A_TIME)
    .prefetch(2)
  )
  digest = feature_notes.RecordsDigest()
  parts = [np.zeros([0], np.int32)]
  for serialized, batch_labels in input_pipeline.checked(
    records, data, settings.subset
  ):
    for record in serialized.numpy():
      digest.add(record)
    parts.append(batch_labels.numpy())
  labels = np.concatenate(parts)
  if not labels.size:
    raise dataset.DatasetError(
      f'the {settings.subset} shards in '
      f'{data.data_dir!r} hold no records: prepare '
      'the data again'
    )
  return digest.hexdigest(), labels


def _keys(
  data: dataset.Dataset,
  settings: config.InputConfig,
  content: str,
  network: str,
) -> tuple[str, str]:
  """Returns the keys of the plain view and of the distorted ones.

  Args:
    data: Records that the features are of.
    settings: Settings of the images.
    content: Digest of the records.
    network: feature_notes.network_digest of everything else that determines the
      plain view.
  """
  digest = hashlib.blake2b(json.dumps([content, network]).encode())
  plain = digest.hexdigest()[:_KEY_DIGITS]
  # These three determine the distortions, but not the plain view.
  digest.update(
    json.dumps([
      settings.augmentation,
      settings.seed,
      data.num_examples(settings.subset),
    ]).encode()
  )
  return plain, digest.hexdigest()[:_KEY_DIGITS]


def _computed(
  batches: Iterable[tuple[tf.Tensor, tf.Tensor, tf.Tensor]],
  step: Callable[[tf.Tensor], tf.Tensor],
  num_features: int,
) -> Iterator[np.ndarray]:
  """Yields the features of each batch, without those of its padding."""
  for images, _, mask in batches:
    values = step(images)
    shape = (images.shape[0], num_features)
    if tuple(values.shape) != shape or values.dtype != tf.float32:
      raise ValueError(
        f'compute must return float32 {shape}, got '
        f'{values.dtype.name} {tuple(values.shape)}'
      )
    yield values.numpy()[: np.count_nonzero(mask)]
