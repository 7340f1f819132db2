"""Tests of inception.data.curation.content_split."""

import collections
import hashlib
import random

import pytest

from inception.data.curation import content_split
from inception.settings import config

TRAIN, VALIDATION, TEST = 'train', 'validation', 'test'
LETTERS = {TRAIN: 't', VALIDATION: 'v', TEST: 'x'}


def key_of(content, seed=1):
  """Returns the key, computed by hand, so that it is equal on all platforms."""
  return hashlib.blake2b(
    content.encode(),
    digest_size=16,
    key=hashlib.sha256(str(seed).encode()).digest(),
  ).digest()


def photos(class_name, count, first=0, seed=1):
  """Returns {content: Item} of different images."""
  keys = {
    name: key_of(name, seed)
    for name in (f'{class_name} {i}' for i in range(first, first + count))
  }
  return {
    name: content_split.Item(class_name, key, int.from_bytes(key, 'big'))
    for name, key in keys.items()
  }


def place_of(key):
  """Returns the hash of a key as a number in [0, 1)."""
  digest = hashlib.blake2b(key, digest_size=8).digest()
  return int.from_bytes(digest, 'big') / 2**64


def item(class_name, place, cluster, is_copy=False):
  """Returns an Item with a key that, as a number, is at `place` in [0, 1)."""
  key = int(place * 2**64).to_bytes(8, 'big') + cluster.to_bytes(8, 'big')
  return content_split.Item(class_name, key, cluster, is_copy)


def draw_numbers(numbers, **split):
  """Returns the subsets of one class's images with keys of these numbers."""
  return told(
    content_split.draw(
      [item('a', number, i) for i, number in enumerate(numbers)],
      config.SplitConfig(**split),
    )
  )


def draw(items, **split):
  """Returns {content: subset}."""
  return dict(
    zip(
      items,
      content_split.draw(list(items.values()), config.SplitConfig(**split)),
    )
  )


def draw_places(places, **split):
  """Returns the subsets of one class's images with positions near these."""
  keys = [key_of(str(i)) for i in range(2000)]
  return told(
    content_split.draw(
      [
        content_split.Item(
          'a', min(keys, key=lambda key: abs(place_of(key) - place)), i
        )
        for i, place in enumerate(places)
      ],
      config.SplitConfig(**split),
    )
  )


def by_hand(content, seed, validation=0.15, test=0.0):
  place = place_of(key_of(content, seed))
  return (
    VALIDATION if place < validation else TEST if place >= 1 - test else TRAIN
  )


def told(subsets):
  return ''.join(LETTERS[subset] for subset in subsets)


def moved(before, after):
  return [name for name in before if before[name] != after[name]]


def test_content_key_is_a_keyed_blake2b():
  assert content_split.content_key(b'content', seed=12345) == key_of(
    'content', 12345
  )
  # The values of the program's first release.
  assert content_split.content_key(b'content', seed=12345).hex() == (
    'eff43df77adff4eeb235720d6dbca122'
  )


def test_series_key_differs_from_every_content_key():
  name = content_split.series_key('plant 1', seed=1)
  assert (
    name
    == hashlib.blake2b(
      b'plant 1',
      digest_size=16,
      key=hashlib.sha256(b'1').digest(),
      person=b'series',
    ).digest()
  )
  assert name != content_split.content_key(b'plant 1', seed=1)
  assert name != content_split.series_key('plant 1', seed=2)
  # Names that are not Unicode, which Linux and Windows permit.
  assert (
    len({
      content_split.series_key(name, seed=1) for name in ('x\udce9', 'x\ud83c')
    })
    == 2
  )


@pytest.mark.parametrize('seed', [0, 12345])
def test_hash_alone_decides_the_subset(seed):
  items = photos('a', 200, seed=seed) | photos('b', 100, seed=seed)
  assert draw(items, test_fraction=0.1) == {
    content: by_hand(content, seed, test=0.1) for content in items
  }


def test_split_is_the_same_on_every_platform():
  # Their positions: 0.37, 0.19, 0.76, 0.50, 0.52, 0.76, 0.21, 0.86, 0.87, ...
  assert (
    told(
      draw(
        photos('daisy', 12, seed=12345),
        validation_fraction=0.25,
        test_fraction=0.25,
      ).values()
    )
    == 'tvxttxvxxxtt'
  )


def test_fraction_is_met_within_chance():
  items = {
    f'{i}': content_split.Item('a', key_of(f'{i}'), i) for i in range(10_000)
  }
  counts = collections.Counter(draw(items, test_fraction=0.05).values())
  # Five standard deviations of the binomial distribution: 35.7 and 21.8.
  assert abs(counts[VALIDATION] - 1500) < 179
  assert abs(counts[TEST] - 500) < 109
  assert counts.total() == 10_000


# Seeds for which chance leaves no class without images of a subset.
@pytest.mark.parametrize('seed', [0, 2, 5, 6, 7])
def test_added_image_moves_no_other(seed):
  items = (
    photos('a', 20, seed=seed)
    | photos('b', 35, seed=seed)
    | photos('c', 60, seed=seed)
  )
  before = draw(items, test_fraction=0.1)
  assert before == {name: by_hand(name, seed, test=0.1) for name in items}
  for i in range(100, 160):
    for class_name in ('a', 'b', 'new'):
      more = items | photos(class_name, 1, first=i, seed=seed)
      assert not moved(before, draw(more, test_fraction=0.1))
  many = items | photos('a', 200, first=100, seed=seed)
  assert not moved(before, draw(many, test_fraction=0.1))


@pytest.mark.parametrize(
  'split', [{}, {'validation_per_class': 5}, {'test_fraction': 0.2}]
)
def test_order_and_cluster_numbers_do_not_matter(split):
  items = photos('a', 30) | photos('b', 6) | photos('c', 8)
  before = draw(items, **split)
  names = list(items)
  random.Random(0).shuffle(names)
  other = {
    name: content_split.Item(items[name].class_name, items[name].key, i)
    for i, name in enumerate(names)
  }
  assert draw(other, **split) == before


def test_seed_decides_the_split():
  first, second = (
    draw(photos('a', 100, seed=seed), validation_per_class=20)
    for seed in (1, 2)
  )
  assert first != second


@pytest.mark.parametrize(
  'split',
  [
    {'validation_fraction': 0.3, 'test_fraction': 0.3},
    {'validation_per_class': 8, 'test_fraction': 0.3},
  ],
)
def test_cluster_stays_together(split):
  # Four images each, two of each class.
  items = {
    f'{i} {j}': content_split.Item('aabb'[j], key_of(f'{i}'), i)
    for i in range(60)
    for j in range(4)
  }
  drawn = draw(items, **split)
  subset_of = {}
  for name, subset in drawn.items():
    assert subset_of.setdefault(name.split()[0], subset) == subset
  assert set(subset_of.values()) == {TRAIN, VALIDATION, TEST}


def test_smallest_key_decides_for_the_cluster():
  pairs = [(f'{i}', f'copy of {i}') for i in range(200)]
  items = {
    name: content_split.Item('a', key_of(name), i)
    for i, pair in enumerate(pairs)
    for name in pair
  }
  drawn = draw(items)
  for pair in pairs:
    assert {drawn[name] for name in pair} == {
      by_hand(min(pair, key=key_of), seed=1)
    }


def test_cluster_size_does_not_change_the_odds():
  items = {
    f'{i} {j}': content_split.Item('a', key_of(f'{i} {j}'), i)
    for i in range(2000)
    for j in range(5)
  }
  counts = collections.Counter(draw(items, test_fraction=0.15).values())
  # 300 of 2,000 clusters, with a standard deviation of 16.
  assert abs(counts[VALIDATION] / 5 - 300) < 80
  assert abs(counts[TEST] / 5 - 300) < 80


def test_later_test_set_takes_only_from_training():
  items = photos('a', 300) | photos('b', 300)
  before = draw(items)
  after = draw(items, test_fraction=0.2)
  assert {(before[name], after[name]) for name in moved(before, after)} == {
    (TRAIN, TEST)
  }


@pytest.mark.parametrize(
  ('places', 'split', 'expected'),
  [
    # One image is for training; of two, one is for validation.
    ([0.01], {}, 't'),
    ([0.9], {}, 't'),
    ([0.99], {'test_fraction': 0.1}, 't'),
    ([0.5, 0.6], {}, 'vt'),
    ([0.6, 0.5], {}, 'tv'),
    ([0.01, 0.02], {}, 'vt'),
    ([0.5, 0.6], {'test_fraction': 0.1}, 'vt'),
    ([0.96, 0.97], {'test_fraction': 0.1}, 'vt'),
    # From three on, there is a test image, too.
    ([0.5, 0.6, 0.7], {'test_fraction': 0.1}, 'vtx'),
    ([0.01, 0.02, 0.03], {'test_fraction': 0.1}, 'vtx'),
    ([0.96, 0.97, 0.98], {'test_fraction': 0.1}, 'vtx'),
    ([0.01, 0.02, 0.03], {}, 'vtv'),
    # Subsets that are not requested are not filled in.
    ([0.5, 0.6, 0.7], {'validation_fraction': 0.0}, 'ttt'),
    ([0.5, 0.6], {'validation_fraction': 0.0, 'test_fraction': 0.1}, 'tt'),
    (
      [0.01, 0.6, 0.7],
      {'validation_fraction': 0.0, 'test_fraction': 0.1},
      'ttx',
    ),
  ],
)
def test_tiny_class_has_images_in_each_subset(places, split, expected):
  assert draw_places(places, **split) == expected


def test_classes_of_shared_clusters_have_images_in_each_subset():
  items = photos('many', 500) | photos('few', 2)
  drawn = draw(items)
  assert sorted(drawn[f'few {i}'] for i in range(2)) == [TRAIN, VALIDATION]


def test_no_items_give_no_subsets():
  assert content_split.draw([], config.SplitConfig()) == []


def test_requested_number_of_each_class_is_chosen():
  items = photos('a', 10) | photos('b', 30)
  counts = collections.Counter(
    (items[name].class_name, subset)
    for name, subset in draw(items, validation_per_class=7).items()
  )
  assert counts == {
    ('a', VALIDATION): 7,
    ('a', TRAIN): 3,
    ('b', VALIDATION): 7,
    ('b', TRAIN): 23,
  }


def test_by_number_the_smallest_keys_are_chosen():
  assert (
    draw_numbers([0.9, 0.2, 0.5, 0.3, 0.1], validation_per_class=3) == 'tvtvv'
  )


def test_by_number_an_added_image_moves_at_most_one_other():
  items = photos('a', 50)
  before = draw(items, validation_per_class=10)
  counts = {
    len(
      moved(
        before, draw(items | photos('a', 1, first=i), validation_per_class=10)
      )
    )
    for i in range(100, 130)
  }
  assert counts == {0, 1}  # The new image replaced it.


def test_by_number_copies_are_for_training():
  items = [item('a', i / 10, i) for i in range(6)]
  items[0] = item('a', 0.0, 0, is_copy=True)
  items += [
    item('a', 0.95, 0, is_copy=True),
    item('b', 0.01, 11, is_copy=True),
    item('a', 0.95, 11, is_copy=True),
    item('b', 0.5, 12),
    *(item('b', 0.6, 13 + i) for i in range(4)),
  ]
  drawn = content_split.draw(items, config.SplitConfig(validation_per_class=4))
  assert told(drawn) == 'tvvvvttttvvvvt'


def test_by_number_a_series_that_is_too_large_is_skipped():
  items = [item('a', 0.1, 1)] * 3 + [item('a', 0.2, 2), item('a', 0.3, 3)]
  assert content_split.draw(
    items, config.SplitConfig(validation_per_class=2)
  ) == [TRAIN, TRAIN, TRAIN, VALIDATION, VALIDATION]


def test_by_number_test_images_are_not_for_validation():
  assert (
    draw_numbers(
      [0.95, 0.1, 0.91, 0.2, 0.3], validation_per_class=2, test_fraction=0.1
    )
    == 'xvxvt'
  )


def test_by_number_copies_are_not_for_testing():
  items = [item('a', 0.99, 1, is_copy=True)] * 2 + [
    item('a', 0.98, 2),
    item('a', 0.5, 3),
  ]
  assert (
    told(
      content_split.draw(
        items, config.SplitConfig(validation_per_class=1, test_fraction=0.1)
      )
    )
    == 'ttxv'
  )


@pytest.mark.parametrize(
  ('count', 'per_class', 'possible'),
  [(5, 5, 4), (5, 6, 4), (1, 1, 0), (0, 1, 0)],
)
def test_too_few_images_are_an_error_with_the_numbers(
  count, per_class, possible
):
  with pytest.raises(
    content_split.SplitError,
    match=(
      f"^{per_class} validation images of each .* class 'a' can give "
      f'{possible}: it has {count} images, {count} of them without a copy$'
    ),
  ):
    content_split.draw(
      list((photos('a', count) | photos('b', 9)).values()),
      config.SplitConfig(validation_per_class=per_class),
      class_names=('a',),
    )


def test_copies_do_not_count_as_candidates():
  items = [item('a', i / 10, i) for i in range(1, 5)]
  items += [item('a', 0.5, 9, is_copy=True)] * 2
  assert (
    content_split.draw(items, config.SplitConfig(validation_per_class=4)).count(
      VALIDATION
    )
    == 4
  )
  with pytest.raises(
    content_split.SplitError,
    match=('can give 4: it has 6 images, 4 of them without a copy'),
  ):
    content_split.draw(items, config.SplitConfig(validation_per_class=5))


def test_error_does_not_count_test_images():
  with pytest.raises(
    content_split.SplitError,
    match='^3 validation .* can give 2: it has 5 images',
  ):
    draw_numbers(
      [0.95, 0.1, 0.91, 0.2, 0.3], validation_per_class=3, test_fraction=0.1
    )
