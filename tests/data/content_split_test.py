"""The split by content: counts, stability, copies."""

import hashlib

import pytest

from inception.data import content_split


def keys_of(contents, seed=1):
  return {class_name: {name: content_split.content_key(content, seed=seed)
                       for name, content in files.items()}
          for class_name, files in contents.items()}


def photos(class_name, count, first=0):
  return {f'{i}.jpg': f'{class_name} {i}'.encode()
          for i in range(first, first + count)}


def test_the_key_is_a_keyed_blake2b():
  key = hashlib.sha256(b'12345').digest()
  expected = hashlib.blake2b(b'content', key=key, digest_size=16).hexdigest()
  assert content_split.content_key(b'content', seed=12345) == expected


def test_exactly_so_many_of_each_class_are_chosen():
  keys = keys_of({'a': photos('a', 10), 'b': photos('b', 30)})
  chosen = content_split.choose(keys, per_class=7)
  assert {name: len(set(files)) for name, files in chosen.items()} == {
      'a': 7, 'b': 7}
  assert all(set(files) <= set(keys[name]) for name, files in chosen.items())


def test_the_seed_decides():
  contents = {'a': photos('a', 100)}
  first = content_split.choose(keys_of(contents, 1), per_class=20)
  assert content_split.choose(keys_of(contents, 1), per_class=20) == first
  assert content_split.choose(keys_of(contents, 2), per_class=20) != first


def test_names_do_not_matter():
  contents = photos('a', 50)
  renamed = {f'new {name}': content for name, content in contents.items()}
  first = content_split.choose(keys_of({'a': contents}), per_class=10)
  second = content_split.choose(keys_of({'b': renamed}), per_class=10)
  assert second['b'] == [f'new {name}' for name in first['a']]


def test_one_image_more_moves_one_other_at_most():
  contents = photos('a', 50)
  before = set(content_split.choose(keys_of({'a': contents}),
                                    per_class=10)['a'])
  moved = []
  for i in range(100, 130):
    more = contents | photos('a', 1, first=i)
    after = set(content_split.choose(keys_of({'a': more}), per_class=10)['a'])
    moved.append(len(before - after))
  assert max(moved) == 1  # The new one took its place.
  assert min(moved) == 0


def test_files_of_equal_content_are_for_training():
  contents = {'a': photos('a', 6), 'b': photos('b', 6)}
  contents['a']['twin of 0.jpg'] = contents['a']['0.jpg']
  contents['b']['twin of 1.jpg'] = contents['a']['1.jpg']
  chosen = content_split.choose(keys_of(contents), per_class=4)
  assert chosen['a'] == ['2.jpg', '3.jpg', '4.jpg', '5.jpg']
  assert set(chosen['b']) <= set(photos('b', 6))


@pytest.mark.parametrize(('count', 'per_class', 'possible'), [
    (5, 5, 4), (5, 6, 4), (1, 1, 0), (0, 1, 0)])
def test_too_few_images_are_an_error_that_tells_the_numbers(
    count, per_class, possible):
  with pytest.raises(content_split.SplitError,
                     match=f"class 'a' can give {possible}: it has {count}"):
    content_split.choose(keys_of({'a': photos('a', count)}),
                         per_class=per_class)


def test_copies_do_not_count_as_images_to_choose():
  contents = photos('a', 5)
  contents['copy.jpg'] = contents['0.jpg']
  assert len(content_split.choose(keys_of({'a': contents}),
                                  per_class=4)['a']) == 4
  with pytest.raises(content_split.SplitError,
                     match='4 of them without a copy'):
    content_split.choose(keys_of({'a': contents}), per_class=5)
