"""Further measurements, which run the network again and are made on request.

measure   makes the requested ones
Extras    the measurements
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from inception import dataset
from inception import inception_model
from inception.evaluation import audit_copies
from inception.evaluation import cross_validation
from inception.evaluation import folds
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import record_sources
from inception.evaluation import training_examination
from inception.evaluation import views as views_lib
from inception.evaluation import whole_pictures
from inception.input import network_features
from inception.settings import config


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Extras:
  """Further measurements; None where one was not made.

  Attributes:
    whole: central crops compared with complete pictures.
    validated: cross-validation of the last layer.
  """

  whole: whole_pictures.WholePictures | None = None
  validated: cross_validation.CrossValidation | None = None


def measure(
  model: inception_model.InceptionModel,
  data: dataset.Dataset,
  predictions: predictions_lib.Predictions,
  settings: config.EvalConfig,
  input_settings: config.InputConfig,
  *,
  views: int,
  is_head_only: bool,
  on_progress: Callable[[int, int], None],
) -> Extras:
  """Makes the requested measurements.

  Args:
    model: network with the weights of the checkpoint.
    data: evaluated data set.
    predictions: predictions for the evaluated subset.
    settings: settings of the evaluation: the requested measurements.
    input_settings: settings of the batches, at the image size of the network.
    views: number of views of each image that the predictions average.
    is_head_only: whether the last layer alone was trained on the data.
    on_progress: called with (pictures done, number of all pictures of a subset)
      while features are computed.

  Raises:
    dataset.DatasetError: a record is damaged.
    feature_cache.FeatureError: the features cannot be stored.
  """
  whole = validated = None
  if settings.examine_training:
    whole = whole_pictures.compare(
      views_lib.classifier(
        lambda images: model.inference(images, is_training=False).logits,
        # A complete picture has no corners.
        num_views=min(views, 2),
      ),
      predictions,
      image_size=input_settings.image_size,
      batch_size=input_settings.batch_size,
    )
  if settings.cross_validation:
    validated = _cross_validate(
      model, data, settings, input_settings, is_head_only, on_progress
    )
  return Extras(whole=whole, validated=validated)


def _cross_validate(
  model: inception_model.InceptionModel,
  data: dataset.Dataset,
  settings: config.EvalConfig,
  input_settings: config.InputConfig,
  is_head_only: bool,
  on_progress: Callable[[int, int], None],
) -> cross_validation.CrossValidation:
  """Cross-validates the last layer on all subsets, or on a sample of them."""
  folder = network_features.cache_dir(data.data_dir, settings.eval_dir)
  subsets = [
    subset for subset, count in sorted(data.num_examples_of.items()) if count
  ]
  loaded = [
    network_features.load(
      model,
      data,
      dataclasses.replace(input_settings, subset=subset),
      folder=folder,
      on_progress=on_progress,
    )
    for subset in subsets
  ]
  labels = np.concatenate([features.labels for features in loaded]) - 1
  num_parts = -(-len(labels) // training_examination.MOST_PICTURES)
  chosen = np.flatnonzero(folds.assign(labels, num_folds=num_parts) == 0)
  sources = [
    source
    for subset in subsets
    for source in record_sources.index(data.shard_files(subset))
  ]
  examples = audit_copies.of([sources[i] for i in chosen], data.class_names)
  # Rows are copied out of each memory-mapped file, not out of all together.
  starts = np.cumsum([0, *(len(features.labels) for features in loaded)])
  values = np.concatenate([
    features.values[0][chosen[(chosen >= start) & (chosen < end)] - start]
    for features, start, end in zip(loaded, starts, starts[1:])
  ])
  return cross_validation.estimate(
    values,
    labels[chosen],
    num_classes=data.num_classes,
    num_folds=min(settings.cross_validation, len(chosen)),
    groups=audit_copies.indices(audit_copies.read(data.data_dir), examples),
    is_biased=not is_head_only,
  )
