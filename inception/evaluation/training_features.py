"""The network's features of the training pictures.

load               computes the missing ones, and keeps them on disk
find               returns them if they all exist
TrainingFeatures   features, labels and sources

They show what the network has learnt from: the training pictures nearest to a
mistake, wrong labels, classes with too few pictures. One pass over the training
pictures takes as long as their evaluation, so it is made only on request. The
features are cached (input.network_features) by the content of the weights, the
records and the preprocessing: a second evaluation of the checkpoint finds them,
and so does the first one after a training of the last layer alone.
"""

import dataclasses
import os
from collections.abc import Callable, Sequence

import numpy as np

from inception import dataset
from inception import inception_model
from inception.evaluation import record_sources
from inception.input import feature_cache
from inception.input import network_features
from inception.settings import config

SUBSET = 'train'


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class TrainingFeatures:
  """The network's features of the training pictures, without distortion.

  Attributes:
    features: input of the last layer, float32 [examples, 2048], non-negative; a
      memory-mapped file, whose rows are read on access.
    labels: int32 [examples], in [1, num_classes].
    sources: record of each example.
  """

  features: np.ndarray
  labels: np.ndarray
  sources: Sequence[record_sources.Source]

  def __len__(self) -> int:
    return len(self.labels)


def load(
  model: inception_model.InceptionModel,
  data: dataset.Dataset,
  settings: config.InputConfig,
  *,
  fallback: str | os.PathLike,
  on_progress: Callable[[int, int], None],
) -> TrainingFeatures:
  """Returns the features of the training subset, computing the missing ones.

  An interrupted computation is resumed.

  Args:
    model: network with the checkpoint's averaged weights.
    data: data set with a training subset.
    settings: settings of the batches, at the image size of the evaluation; the
      subset is not used.
    fallback: folder for the features if that of the records is not writable.
    on_progress: called with (images done, number of all images).

  Raises:
    dataset.DatasetError: there are no training records, or one is damaged.
    feature_cache.FeatureError: the features cannot be stored.
  """
  features = network_features.load(
    model,
    data,
    dataclasses.replace(settings, subset=SUBSET),
    folder=network_features.cache_dir(data.data_dir, fallback),
    on_progress=on_progress,
  )
  return _with_sources(features, data)


def find(
  model: inception_model.InceptionModel,
  data: dataset.Dataset,
  settings: config.InputConfig,
  *,
  fallback: str | os.PathLike,
) -> TrainingFeatures | None:
  """Returns the features of the training subset if all of them exist.

  Args:
    model: as in load, like all arguments.
    data: as in load, but it need not have a training subset.
    settings: as in load.
    fallback: as in load.
  """
  for folder in network_features.folders(data.data_dir, fallback):
    try:
      features = network_features.find(
        model, data, dataclasses.replace(settings, subset=SUBSET), folder=folder
      )
      if features is not None:
        return _with_sources(features, data)
    except (dataset.DatasetError, feature_cache.FeatureError):
      # The evaluation of another subset needs neither the training records nor
      # features that cannot be read.
      return None
  return None


def _with_sources(
  features: feature_cache.Features, data: dataset.Dataset
) -> TrainingFeatures:
  return TrainingFeatures(
    features=features.values[0],
    labels=features.labels,
    sources=record_sources.index(data.shard_files(SUBSET)),
  )
