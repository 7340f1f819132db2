"""Tests of checking a written file."""

import numpy as np
import pytest
import tensorflow as tf

from inception.exporting import agreement
from inception.exporting import check_pictures
from inception.exporting import export_check

_SIZE = 20


def network(images):
  """Returns probabilities that depend on the pictures: background and two."""
  means = tf.concat(images, 0).numpy().mean(axis=(1, 2, 3)) / 4
  return np.stack([0 * means + 0.1, 0.45 + means, 0.45 - means], 1), None


@pytest.fixture(name='reference', scope='module')
def _reference():
  made = check_pictures.made(40)
  pictures = check_pictures.Pictures(
    encoded=made.encoded, labels=np.ones(40, np.int64), source='a test'
  )
  return export_check.Reference(network, pictures, image_size=_SIZE)


def test_equal_file_passes(reference):
  def runner(batch):
    return network([tf.constant(batch.images)])[0][:, 1:]

  result = export_check.check(runner, reference, agreement.FLOAT)
  assert result.faults == ()
  values = result.to_json()
  assert values['num_pictures'] == values['num_equal'] == 40
  assert values['largest_difference'] == 0
  assert values['precision_at_1'] == values['checkpoint_precision_at_1']
  assert 0 < values['precision_at_1'] < 1
  assert values['images_per_sec'] > 0
  assert reference.images_per_sec > 0


def test_column_of_the_background_is_left_out(reference):
  def runner(batch):
    return network([tf.constant(batch.images)])[0]

  assert not export_check.check(runner, reference, agreement.FLOAT).faults


def test_different_file_fails(reference):
  def runner(batch):
    return np.tile([0.2, 0.7], [len(batch.encoded), 1])

  result = export_check.check(runner, reference, agreement.FLOAT)
  assert len(result.faults) == 2
  assert result.to_json()['precision_at_1'] == 0


def test_batches_have_all_pictures_in_both_forms(reference):
  batches = list(reference.batches())
  assert [len(batch.encoded) for batch in batches] == [32, 8]
  assert batches[1].images.shape == (8, _SIZE, _SIZE, 3)
  assert sum((list(b.encoded) for b in batches), []) == list(
    reference.pictures.encoded
  )


def test_share():
  assert export_check.share(1, 4) == 0.25
  assert export_check.share(None, 4) is None
