"""Tests of answers, by hand and by a NumPy sort."""

import numpy as np
import pytest

from inception import dataset
from inception.evaluation import predictions
from inception.testing import answers


def test_properties_follow_from_logits():
  made = answers.make(np.log([[1, 1, 6], [1, 4, 5], [6, 1, 1]]), [2, 1, 1])
  assert made.predicted.tolist() == [2, 2, 0]
  assert made.is_correct.tolist() == [True, False, False]
  np.testing.assert_allclose(
    made.probabilities,
    [[0.125, 0.125, 0.75], [0.1, 0.4, 0.5], [0.75, 0.125, 0.125]],
    rtol=1e-6,
  )
  np.testing.assert_allclose(made.confidence, [0.75, 0.5, 0.75], rtol=1e-6)
  assert [made.name(label) for label in (0, 1, 2)] == ['(background)', 'a', 'b']
  assert len(made) == 3


def test_top_is_sorted_by_probability():
  made = answers.draw(examples=50, num_classes=6)
  np.testing.assert_array_equal(
    made.top(4), np.argsort(-made.logits, axis=1)[:, :4]
  )


def test_ties_in_top_put_the_label_first():
  made = answers.make([[1, 1, 1, 0]] * 3, [1, 2, 3])
  assert made.top(2).tolist() == [[1, 0], [2, 0], [0, 1]]
  assert made.top(1)[:, 0].tolist() == made.predicted.tolist()


def test_batches_are_gathered_in_order():
  whole = answers.draw(examples=5, num_classes=2)
  collector = predictions.Collector()
  for part in (slice(0, 3), slice(3, 5)):
    collector.add(whole.logits[part], whole.labels[part].astype(np.int32))
  found = collector.predictions(whole.class_names, whole.sources)
  np.testing.assert_array_equal(found.logits, whole.logits)
  np.testing.assert_array_equal(found.labels, whole.labels)
  assert found.features is None


def test_features_are_gathered_if_given():
  whole = answers.draw(examples=5, num_classes=2)
  features = np.arange(15, dtype=np.float32).reshape(5, 3)
  collector = predictions.Collector()
  for part in (slice(0, 3), slice(3, 5)):
    collector.add(
      whole.logits[part],
      whole.labels[part],
      maps=features[part, None],
      looks=features[part, :2],
      features=features[part],
    )
  found = collector.predictions(whole.class_names, whole.sources)
  np.testing.assert_array_equal(found.features, features)
  np.testing.assert_array_equal(found.maps, features[:, None])
  np.testing.assert_array_equal(found.looks, features[:, :2])


def test_logits_that_are_not_finite_are_counted():
  collector = predictions.Collector()
  collector.add(np.array([[np.nan, 1], [0, 1], [np.inf, 1]]), np.ones(3))
  assert collector.num_not_finite == 2


def test_records_with_other_labels_are_refused():
  whole = answers.make([[0, 1, 2]] * 2, [1, 2])
  collector = predictions.Collector()
  collector.add(whole.logits, np.array([2, 2]))
  with pytest.raises(
    dataset.DatasetError, match='are not those of the 2 records'
  ):
    collector.predictions(whole.class_names, whole.sources)


def test_collector_without_batches_is_refused():
  with pytest.raises(ValueError, match='no batch'):
    predictions.Collector().predictions(('a',), [])
