"""Provides the batches of a training run: images or cached features.

make           makes the source that a run needs
ImageSource    distorted images, from records
FeatureSource  inputs of the last layer, computed once and kept on disk
"""

import concurrent.futures
from collections.abc import Callable, Generator

import numpy as np
import tensorflow as tf

from inception import dataset as dataset_lib
from inception import inception_model
from inception.hardware import replicas as replicas_lib
from inception.input import decoded_images
from inception.input import feature_batches
from inception.input import feature_cache
from inception.input import input_pipeline
from inception.input import network_features
from inception.input import pipeline_steps
from inception.settings import config
from inception.training import run_spec
from inception.training import time_limit
from inception.training import train_events

Batch = tuple[tf.Tensor, tf.Tensor]

# Decoding all images takes as long as the input of an epoch, and halves the
# input of each epoch.
_MIN_EPOCHS_DECODED = 3


class ImageSource:
  """Batches of distorted images."""

  def __init__(
    self,
    data: dataset_lib.Dataset,
    settings: config.InputConfig,
    replicas: replicas_lib.Replicas,
    *,
    keeps_decoded: bool = False,
  ):
    """Stores the settings; reads nothing yet.

    Args:
      data: Records to train on.
      settings: Settings of the batches, with the run's seed.
      replicas: Devices and hosts that share each batch.
      keeps_decoded: Whether to keep the decoded images in memory, if they fit.
        The batches are the same.
    """
    self._data = data
    self._settings = settings
    self._keeps_decoded = keeps_decoded
    self._part = (replicas.host, replicas.hosts)
    size = settings.image_size
    self.input_spec = tf.TensorSpec(
      [settings.batch_size // replicas.hosts, size, size, 3], tf.float32
    )

  def batches(self, start_example: int) -> Generator[Batch, None, None]:
    """Returns this host's part of each batch.

    Reading begins with this call, in the background.

    Args:
      start_example: Index of the first example, counted from 0 over all epochs.

    Raises:
      dataset.DatasetError: a record is not usable; raised at once or while
        iterating.
    """
    if not self._keeps_decoded:
      return self._batches(start_example, None)
    pipeline_steps.shard_files(self._data, self._settings.subset)
    executor = concurrent.futures.ThreadPoolExecutor(1)
    loading = executor.submit(
      decoded_images.load,
      self._data,
      self._settings,
      decoded_images.max_bytes(),
    )
    executor.shutdown(wait=False)
    return self._decoded_batches(start_example, loading)

  def _batches(
    self, start_example: int, decoded: decoded_images.DecodedImages | None
  ) -> Generator[Batch, None, None]:
    return input_pipeline.checked(
      input_pipeline.train_batches(
        self._data,
        self._settings,
        start_example=start_example,
        part=self._part,
        decoded=decoded,
      ),
      self._data,
      self._settings.subset,
    )

  def _decoded_batches(
    self,
    start_example: int,
    loading: 'concurrent.futures.Future[decoded_images.DecodedImages | None]',
  ) -> Generator[Batch, None, None]:
    """Yields the batches as soon as the images are decoded."""
    yield from self._batches(start_example, loading.result())


class FeatureSource:
  """Batches of the last layer's inputs."""

  def __init__(
    self,
    data: dataset_lib.Dataset,
    settings: config.InputConfig,
    replicas: replicas_lib.Replicas,
    model: inception_model.InceptionModel,
    *,
    num_views: int,
    train_dir: str,
    on_progress: Callable[[int, int], None],
  ):
    """Reads the features from the cache, and computes the missing ones.

    Args:
      data: Records to train on.
      settings: Settings of the batches, with the run's seed.
      replicas: Devices and hosts that share each batch.
      model: Network that computes the features.
      num_views: Number of views of each image: one plain, the others distorted.
      train_dir: Folder for the features if the folder of the records is not
        writable.
      on_progress: Function called with (images done, total number of images).

    Raises:
      dataset.DatasetError: a record is not usable.
      feature_cache.FeatureError: the features cannot be stored.
      ValueError: the settings have no seed.
    """
    if settings.seed is None:
      raise ValueError('batches of features need a seed')
    self._seed = settings.seed
    self._data = data
    self._settings = settings
    self._model = model
    self._part = (replicas.host, replicas.hosts)
    self._cache_dir = network_features.cache_dir(data.data_dir, train_dir)
    self._on_progress = on_progress
    self._features = self._load(settings, num_views)
    self.input_spec = tf.TensorSpec(
      [settings.batch_size // replicas.hosts, inception_model.NUM_FEATURES],
      tf.float32,
    )

  def _load(
    self, settings: config.InputConfig, num_views: int
  ) -> feature_cache.Features:
    return network_features.load(
      self._model,
      self._data,
      settings,
      folder=self._cache_dir,
      num_views=num_views,
      on_progress=self._on_progress,
    )

  def batches(self, start_example: int) -> Generator[Batch, None, None]:
    """Returns this host's part of each batch.

    Args:
      start_example: Index of the first example, counted from 0 over all epochs.
    """
    return feature_batches.batches(
      self._features,
      batch_size=self._settings.batch_size,
      seed=self._seed,
      start_example=start_example,
      part=self._part,
    )

  def plain(
    self, settings: config.InputConfig
  ) -> tuple[np.ndarray, np.ndarray]:
    """Returns the undistorted features and the labels of a subset.

    Args:
      settings: Settings with that subset.

    Returns:
      (float32 [examples, 2048], int32 [examples]).
    """
    features = self._load(settings, 1)
    return features.values[0], features.labels


BatchSource = ImageSource | FeatureSource


def make(
  spec: run_spec.RunSpec, model: inception_model.InceptionModel
) -> BatchSource:
  """Returns the source of a run's batches.

  Args:
    spec: Description of the run, with its seed; its on_event is called with
      CachingFeatures.
    model: Network that computes the features, if the run trains on features.

  Raises:
    dataset.DatasetError: a record is not usable.
    feature_cache.FeatureError: the features cannot be stored.
  """
  if not spec.train_config.trains_head_only:
    examples = _num_images(spec)
    per_epoch = spec.dataset.num_examples(spec.input_config.subset)
    return ImageSource(
      spec.dataset,
      spec.input_config,
      spec.replicas,
      keeps_decoded=examples >= _MIN_EPOCHS_DECODED * per_epoch,
    )
  return FeatureSource(
    spec.dataset,
    spec.input_config,
    spec.replicas,
    model,
    num_views=spec.train_config.num_feature_views,
    train_dir=spec.train_config.train_dir,
    on_progress=_FeatureProgress(spec),
  )


class _FeatureProgress:
  """Reports the progress of the features, and counts the computed ones."""

  def __init__(self, spec: run_spec.RunSpec):
    self._spec = spec
    self._before: int | None = None

  def __call__(self, done: int, total: int) -> None:
    # The first call reports the features that exist already.
    if self._before is not None:
      self._spec.cost.add_forward(
        done - self._before, self._spec.input_config.image_size
      )
    self._before = None if done >= total else done
    self._spec.on_event(train_events.CachingFeatures(done, total))


def _num_images(spec: run_spec.RunSpec) -> float:
  """Returns the number of images in the steps of a run, or an estimate."""
  train_config, input_config = spec.train_config, spec.input_config
  if not train_config.minutes:
    return spec.num_steps * input_config.batch_size
  return min(
    train_config.max_steps * input_config.batch_size,
    time_limit.images_that_fit(
      train_config, input_config, spec.replicas.devices
    ),
  )
