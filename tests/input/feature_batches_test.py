"""Tests of inception.input.feature_batches."""

import itertools

import numpy as np
import pytest

from inception.input import feature_batches
from inception.input import feature_cache


def _features(num_examples=5, num_views=1):
  """Returns Features whose values are view + example / 100."""
  views = np.arange(num_views, dtype=np.float32)[:, None, None]
  examples = np.arange(num_examples, dtype=np.float32)[:, None] / 100
  values = np.broadcast_to(views + examples, [num_views, num_examples, 3])
  labels = np.arange(num_examples, dtype=np.int32) % 4 + 1
  return feature_cache.Features(values=values, labels=labels)


def _seen(features, count, **arguments):
  """Returns (view, example) of each of the first `count` examples, in order."""
  options = {'batch_size': 1, 'seed': 3} | arguments
  seen = []
  batches = feature_batches.batches(features, **options)
  while len(seen) < count:
    values, labels = next(batches)
    for value, label in zip(values[:, 0], labels):
      view, example = divmod(round(float(value) * 100), 100)
      assert label == example % 4 + 1
      seen.append((view, example))
  return seen[:count]


def test_batches_are_float32_with_int32_labels():
  values, labels = next(
    feature_batches.batches(_features(), batch_size=4, seed=1)
  )
  assert values.shape == (4, 3) and values.dtype == np.float32
  assert labels.shape == (4,) and labels.dtype == np.int32


def test_each_epoch_has_every_example_once_in_an_order_of_its_own():
  seen = [example for _, example in _seen(_features(12), 48, batch_size=4)]
  epochs = [seen[i : i + 12] for i in range(0, 48, 12)]
  for epoch in epochs:
    assert sorted(epoch) == list(range(12))
  assert len({tuple(epoch) for epoch in epochs}) == 4


def test_order_is_numpys_philox_of_seed_and_epoch():
  for epoch in range(2):
    draws = np.random.Philox(np.random.SeedSequence([3, epoch])).random_raw(6)
    expected = sorted(range(6), key=lambda i, draws=draws: draws[i])
    seen = _seen(_features(6), 6, start_example=6 * epoch)
    assert [example for _, example in seen] == expected


@pytest.mark.parametrize('num_views', [1, 2, 3])
def test_every_example_is_seen_as_every_view(num_views):
  num_examples = 5
  seen = _seen(_features(num_examples, num_views), num_examples * num_views)
  assert sorted(seen) == list(
    itertools.product(range(num_views), range(num_examples))
  )
  for position, (view, example) in enumerate(seen):
    assert view == (position // num_examples + example) % num_views


@pytest.mark.parametrize('batch_size', [2, 3, 5, 13])
def test_batch_size_does_not_change_the_order(batch_size):
  features = _features(5, 2)
  assert _seen(features, 30, batch_size=batch_size) == _seen(features, 30)


@pytest.mark.parametrize('start', [1, 4, 5, 23])
def test_start_example_continues_the_run(start):
  features = _features(5, 2)
  assert (
    _seen(features, 20, batch_size=4, start_example=start)
    == (_seen(features, start + 20)[start:])
  )


@pytest.mark.parametrize(('hosts', 'start'), [(2, 0), (3, 7)])
def test_hosts_share_each_batch(hosts, start):
  def iterator(part):
    return feature_batches.batches(
      _features(5, 2), batch_size=6, seed=3, start_example=start, part=part
    )

  parts = [iterator((host, hosts)) for host in range(hosts)]
  for (values, labels), *pieces in itertools.islice(
    zip(iterator((0, 1)), *parts), 4
  ):
    assert len(pieces[0][1]) == 6 // hosts
    np.testing.assert_array_equal(
      values, np.concatenate([piece[0] for piece in pieces])
    )
    np.testing.assert_array_equal(
      labels, np.concatenate([piece[1] for piece in pieces])
    )


def test_different_seeds_give_different_orders():
  features = _features(20)
  assert _seen(features, 20, seed=1) == _seen(features, 20, seed=1)
  assert _seen(features, 20, seed=1) != _seen(features, 20, seed=2)
  assert _seen(features, 20, seed=-1) != _seen(features, 20, seed=1)


def test_batches_are_not_changed_by_later_ones():
  iterator = feature_batches.batches(_features(), batch_size=2, seed=1)
  values, labels = next(iterator)
  before = values.copy(), labels.copy()
  next(iterator)
  np.testing.assert_array_equal(values, before[0])
  np.testing.assert_array_equal(labels, before[1])


@pytest.mark.parametrize(
  ('num_examples', 'arguments', 'problem'),
  [
    (0, {}, 'no features'),
    (5, {'start_example': -1}, 'start_example must be >= 0, got -1'),
    (5, {'part': (0, 3)}, 'batch_size 4 cannot be shared by 3 hosts'),
    (5, {'part': (2, 2)}, r'part must be .*, got \(2, 2\)'),
  ],
)
def test_invalid_arguments_are_rejected(num_examples, arguments, problem):
  with pytest.raises(ValueError, match=problem):
    feature_batches.batches(
      _features(num_examples), batch_size=4, seed=1, **arguments
    )
