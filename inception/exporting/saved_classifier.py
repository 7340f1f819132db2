"""The network of an exported SavedModel, for prediction.

SavedClassifier   computes the probabilities of images
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from inception.exporting import export_files
from inception.exporting import saved_model_runner
from inception.inference import folded_network
from inception.inference import split_network
from inception.prediction import classifier


class SavedClassifier(classifier.Classifier):
  """An exported network and its classes; see classifier.Classifier."""

  def __init__(
    self,
    folder: str | os.PathLike,
    description: Mapping[str, Any],
    *,
    labels: Sequence[str] = (),
  ):
    """Loads a SavedModel.

    Args:
      folder: folder of the SavedModel.
      description: result of export_reader.read_description.
      labels: class names in place of the export's; may be empty.

    Raises:
      export_files.ExportError: the SavedModel cannot be loaded, or the number
        of labels is not that of its classes.
    """
    names = tuple(description['class_names'])
    if labels and len(labels) != len(names):
      raise export_files.ExportError(
        f'{str(folder)!r} has {len(names)} classes, and --labels_file names '
        f'{len(labels)}: give the labels file of its training'
      )
    self.class_names = tuple(labels) or names
    self.trained_class_names = (
      tuple(description.get('trained_class_names', ())) or names
    )
    texts = () if labels else description.get('class_texts', ())
    self.class_texts = tuple(texts)
    self.image_size = description['image_size']
    # Exports of earlier versions have no such field.
    self.views = description.get('views', 1)
    self.compute_dtype = tf.as_dtype(description['precision'])
    self._network = split_network.SplitNetwork(_Network(folder))
    self.class_weights = self._network.classifier[0]


class _Network(folded_network.FoldedNetwork):
  """The network of a SavedModel, with the interface of a FoldedNetwork."""

  def __init__(self, folder: str | os.PathLike):
    try:
      self._signatures = saved_model_runner.Runner(folder).signatures
      weights = self._signatures['describe']()['class_weights'].numpy()
      self._explain = self._signatures['explain']
    except (OSError, KeyError, tf.errors.OpError) as error:
      raise export_files.ExportError(
        f'{str(folder)!r} cannot be loaded: export the checkpoint again'
      ) from error
    self.num_classes = weights.shape[1] - 1
    # The biases are within the graph only.
    self.classifier = (weights, np.empty(0, np.float32))

  def __call__(self, images: tf.Tensor) -> folded_network.Results:
    outputs = self._explain(images=images)
    return folded_network.Results(
      logits=outputs['logits'],
      features=tf.reduce_mean(outputs['maps'], axis=[1, 2]),
      maps=outputs['maps'],
    )
