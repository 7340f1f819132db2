"""The network's features of every image, computed once and kept on disk.

  load           Features, from the folder as far as they are there
  Features       values and labels
  FeatureError   the folder cannot be used

A frozen network says the same of an image in every epoch: what it says is
computed once, and training a head on it takes seconds. Besides the image as
evaluation sees it (view 0) there may be distorted views of it.

Each view is a file, features-SUBSET-KEY.npy, and a view more costs only itself.
The key is a hash of all that decides the numbers: the records' content, the
weights, the settings of the images, the sources of the modules that compute,
and TensorFlow's version. What is found under it is never stale, and nothing of
another key is touched. A note beside the plain view (feature_notes) says which
records it is of, for programs that do not have the weights.

What is there is used, also of a file that an interrupted run has left; of two
runs that need the same features one computes them, while the other waits. How
that is done is in feature_files.
"""

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf

from inception import dataset
from inception import image_processing
from inception.input import bad_records
from inception.input import feature_files
from inception.input import feature_notes
from inception.input import input_pipeline
from inception.records import example_proto
from inception.settings import config

# Modules that decide what `compute` gets.
_SOURCES = (
  __file__,
  example_proto.__file__,
  image_processing.__file__,
  input_pipeline.__file__,
  bad_records.__file__,
  feature_notes.__file__,
)
_KEY_DIGITS = 16
_RECORDS_AT_A_TIME = 64

FeatureError = feature_files.FeatureError


@dataclasses.dataclass(frozen=True)
class Features:
  """What the network says of the examples of a subset.

  Attributes:
    values: of each view, float32 [examples, num_features], in the order of the
      shards: files that are read where they are needed. One array float32
      [views, examples, num_features] will do as well.
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
  """Returns the features of settings.subset, computing what is not there.

  All records are read first, so that a damaged one or a wrong label is found
  before the work begins.

  Args:
    data: what the folder of the records holds.
    settings: how to read them; batch_size is what `compute` gets at a time.
    cache_dir: folder of the features; made if it is not there.
    weights: {name: variable} of all that the features depend on.
    num_features: features an image.
    compute: float32 [batch, size, size, 3] in [-1, 1] -> float32
      [batch, num_features], each image by itself; traced once.
    code: source files of the modules that `compute` runs through; those that
      make the images are known.
    num_views: 1, or more with distorted ones, which need a seed.
    compute_dtype: name of the number format that `compute` works in.
    on_progress: called with (images done, images in all), views counted; first
      with what was found.

  Raises:
    dataset.DatasetError: there are no such records, or one is damaged.
    FeatureError: cache_dir cannot be read or written, such as on a full disk.
    ValueError: num_views is not positive, distorted views have no seed, or
      `compute` returns another shape or type.
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

  def done():
    return sum(file.num_rows for file in files)

  def tell():
    on_progress(done(), len(labels) * num_views)

  tell()
  if not all(file.is_whole for file in files):
    step = tf.function(compute, autograph=False)
    found = done()
    with folder.lock(names[0]):
      for file in files:
        file.look()  # Whoever had the lock may have computed it.
      if done() != found:
        tell()
      for view, file in enumerate(files):
        if not file.is_whole:
          batches = input_pipeline.checked(
            input_pipeline.view_batches(
              data, settings, view=view, num_skipped=file.num_rows
            ),
            data,
            settings.subset,
          )
          file.complete(_computed(batches, step, num_features), tell)
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


def _read_records(data, settings) -> tuple[str, np.ndarray]:
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
  labels = [np.zeros([0], np.int32)]
  for serialized, found in input_pipeline.checked(
    records, data, settings.subset
  ):
    for record in serialized.numpy():
      digest.add(record)
    labels.append(found.numpy())
  labels = np.concatenate(labels)
  if not labels.size:
    raise dataset.DatasetError(
      f'the {settings.subset} shards in '
      f'{data.data_dir!r} hold no records: prepare '
      'the data again'
    )
  return digest.hexdigest(), labels


def _keys(data, settings, content, network) -> tuple[str, str]:
  """Returns the keys of the plain view and of the distorted ones."""
  digest = hashlib.blake2b(json.dumps([content, network]).encode())
  plain = digest.hexdigest()[:_KEY_DIGITS]
  # Of these three each distortion's seed is made, and no plain image.
  digest.update(
    json.dumps([
      settings.augmentation,
      settings.seed,
      data.num_examples(settings.subset),
    ]).encode()
  )
  return plain, digest.hexdigest()[:_KEY_DIGITS]


def _computed(batches, step, num_features) -> Iterator[np.ndarray]:
  for images, _, mask in batches:
    values = step(images)
    shape = (images.shape[0], num_features)
    if tuple(values.shape) != shape or values.dtype != tf.float32:
      raise ValueError(
        f'compute must return float32 {shape}, got '
        f'{values.dtype.name} {tuple(values.shape)}'
      )
    yield values.numpy()[: np.count_nonzero(mask)]
