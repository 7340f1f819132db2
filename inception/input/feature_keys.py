"""Computes the keys under which cached features are stored.

  Records        digest and labels of a subset's records
  read_records   reads a subset -> Records
  network        digest of the weights, the settings and the source code
  of_views       keys of the plain view and of the distorted ones

A key is a hash of everything that determines the features, so a file with the
right key is never stale.
"""

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from inception import dataset
from inception import image_processing
from inception.input import bad_records
from inception.input import feature_notes
from inception.input import input_pipeline
from inception.input import pipeline_steps
from inception.records import example_proto
from inception.settings import config

# Source files that determine the inputs of the network; part of the key.
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


@dataclasses.dataclass(frozen=True)
class Records:
  """Identity of the records of a subset.

  Attributes:
    digest: Hash of the records' content, in the order of the shards.
    labels: int32 [examples], in [1, num_classes].
  """

  digest: str
  labels: np.ndarray


def network(
  weights: Mapping[str, tf.Variable],
  code: Sequence[str | os.PathLike],
  *,
  image_size: int,
  num_features: int,
  compute_dtype: str,
) -> str:
  """Returns a digest of everything that determines plain views but the records.

  Args:
    weights: {name: variable} of all variables that the features depend on.
    code: Source files of the modules that compute them, except the modules that
      make the images.
    image_size: Side of the network's input, in pixels.
    num_features: Number of features per image.
    compute_dtype: Name of the number format of the computation.
  """
  return feature_notes.network_digest(
    [*_SOURCES, *code],
    weights,
    facts=(image_size, num_features, compute_dtype, tf.version.VERSION),
  )


def read_records(
  data: dataset.Dataset, settings: config.InputConfig
) -> Records:
  """Reads all records of settings.subset.

  Raises:
    dataset.DatasetError: there are no such records, or one is damaged.
  """
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
  return Records(digest.hexdigest(), labels)


def of_views(
  data: dataset.Dataset,
  settings: config.InputConfig,
  records_digest: str,
  network_digest: str,
) -> tuple[str, str]:
  """Returns the keys of the plain view and of the distorted ones.

  Args:
    data: Records that the features are of.
    settings: Settings of the images.
    records_digest: Digest of the records.
    network_digest: Result of `network`.
  """
  digest = hashlib.blake2b(
    json.dumps([records_digest, network_digest]).encode()
  )
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
