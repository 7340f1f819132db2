"""Tests of the comparison of central crops with complete pictures."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from inception.evaluation import record_sources
from inception.evaluation import whole_pictures
from inception.testing import answers
from inception.testing import datasets


@pytest.fixture(name='predictions')
def _predictions(tmp_path):
  data = datasets.write(tmp_path, {'validation': 5}, class_names=('a', 'b'))
  sources = record_sources.index(data.shard_files('validation'))
  # The labels are 1, 2, 1, 2, 1; the crops are all answered with 1.
  made = answers.make([[0, 1, 0]] * 5, [source.label for source in sources])
  return dataclasses.replace(made, sources=sources)


def test_complete_pictures_are_classified_in_batches(predictions):
  shapes = []

  def classify(images):
    shapes.append(images.shape)
    return tf.one_hot(tf.fill([images.shape[0]], 2), 3)  # Always class 2.

  found = whole_pictures.compare(
    classify, predictions, image_size=75, batch_size=3
  )
  # Traced once, for two batches.
  assert shapes == [(3, 75, 75, 3)]
  assert found == whole_pictures.WholePictures(
    num_examples=5,
    num_correct=3,
    num_correct_whole=2,
    only_crop=3,
    only_whole=2,
  )
  assert found.p_value == 1
  assert found.to_json()['only_whole'] == 2


def test_number_of_pictures_is_limited(predictions, monkeypatch):
  monkeypatch.setattr(whole_pictures, 'MOST_PICTURES', 2)
  found = whole_pictures.compare(
    lambda images: tf.one_hot(tf.fill([images.shape[0]], 1), 3),
    predictions,
    image_size=75,
    batch_size=4,
  )
  assert found.num_examples == 2
  assert found.num_correct == found.num_correct_whole
  assert np.isclose(found.p_value, 1)
