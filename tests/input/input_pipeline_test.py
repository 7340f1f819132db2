"""Tests of inception.input.input_pipeline."""

import dataclasses
import functools
import itertools
import pathlib
import tarfile

import numpy as np
import pytest
import tensorflow as tf

from inception import dataset
from inception import image_processing
from inception.input import input_pipeline
from inception.testing import datasets
from inception.testing import goldens
from inception.testing import records


def _settings(data, **changes):
  """Returns fast settings without distortions, so images show their number."""
  values = {'batch_size': 4, 'augmentation': 'none', 'seed': 7}
  return datasets.input_config(data, **values | changes)


def _train_numbers(data, num_batches, **changes):
  """Returns the numbers of the examples of the first batches, in order."""
  batches = input_pipeline.train_batches(data, _settings(data, **changes))
  return [
    int(number)
    for images, _ in batches.take(num_batches)
    for number in records.number_of(images)
  ]


def _first_image(data, **changes):
  settings = _settings(data, augmentation='inception', batch_size=1, **changes)
  ((images, _),) = input_pipeline.train_batches(data, settings).take(1)
  return images.numpy()


def test_train_batches_are_images_with_their_labels(tmp_path):
  data = records.flat_dataset(tmp_path, num_examples=10, num_classes=3)
  batches = input_pipeline.train_batches(data, _settings(data))
  assert batches.element_spec == (
    tf.TensorSpec([4, 75, 75, 3], tf.float32),
    tf.TensorSpec([4], tf.int32),
  )
  for images, labels in batches.take(5):
    np.testing.assert_array_equal(labels, records.number_of(images) % 3 + 1)


@pytest.mark.parametrize('num_readers', [1, 2, 4])
def test_each_epoch_has_every_example_once_in_an_order_of_its_own(
  tmp_path, num_readers
):
  data = records.flat_dataset(tmp_path, num_examples=12, num_shards=3)
  numbers = _train_numbers(data, 9, num_readers=num_readers)
  epochs = [numbers[:12], numbers[12:24], numbers[24:]]
  for epoch in epochs:
    assert sorted(epoch) == list(range(12))
  assert len({tuple(epoch) for epoch in epochs}) == 3
  assert list(range(12)) not in epochs


def test_batch_may_be_larger_than_an_epoch(tmp_path):
  data = records.flat_dataset(tmp_path, num_examples=3)
  numbers = _train_numbers(data, 1, batch_size=7)
  assert sorted(numbers[:3]) == sorted(numbers[3:6]) == [0, 1, 2]


def test_shuffle_buffer_may_be_smaller_than_an_epoch(tmp_path, monkeypatch):
  monkeypatch.setattr(input_pipeline, '_EXAMPLES_PER_MEMORY_FACTOR', 2)
  data = records.flat_dataset(tmp_path, num_examples=12, num_shards=1)
  numbers = _train_numbers(data, 3)
  assert sorted(numbers) == list(range(12))
  # With a buffer of two, no example comes more than one position early.
  assert all(number <= position + 1 for position, number in enumerate(numbers))


def test_shards_are_read_in_a_different_order_each_epoch(tmp_path, monkeypatch):
  monkeypatch.setattr(input_pipeline, '_EXAMPLES_PER_MEMORY_FACTOR', 1)
  data = records.flat_dataset(tmp_path, num_examples=8, num_shards=4)
  numbers = _train_numbers(data, 12, num_readers=1)
  orders = {
    tuple(number // 2 for number in numbers[i : i + 8 : 2])
    for i in range(0, 48, 8)
  }
  assert all(sorted(order) == [0, 1, 2, 3] for order in orders)
  assert len(orders) > 2


def test_readers_read_in_parallel(tmp_path, monkeypatch):
  monkeypatch.setattr(input_pipeline, '_EXAMPLES_PER_MEMORY_FACTOR', 1)
  data = records.flat_dataset(tmp_path, num_examples=8, num_shards=2)
  shards = [number // 4 for number in _train_numbers(data, 2, num_readers=2)]
  assert shards in ([0, 1] * 4, [1, 0] * 4)


def test_equal_seeds_give_equal_batches(tmp_path):
  data = records.flat_dataset(tmp_path, num_examples=20)
  first = _train_numbers(data, 10)
  tf.random.set_seed(123)
  assert first == _train_numbers(data, 10, num_preprocess_threads=1)
  assert first != _train_numbers(data, 10, seed=8)
  np.testing.assert_array_equal(_first_image(data), _first_image(data))


def test_without_a_seed_runs_differ(tmp_path):
  data = records.flat_dataset(tmp_path, num_examples=30)
  assert _train_numbers(data, 7, seed=None) != _train_numbers(
    data, 7, seed=None
  )


def _assert_equal_batches(actual, expected, num_batches):
  pairs = list(zip(actual.take(num_batches), expected.take(num_batches)))
  assert len(pairs) == num_batches
  for (images, labels), (expected_images, expected_labels) in pairs:
    np.testing.assert_array_equal(images, expected_images)
    np.testing.assert_array_equal(labels, expected_labels)


@pytest.mark.parametrize('batches', [1, 7])
def test_start_example_continues_the_run(tmp_path, batches):
  data = records.flat_dataset(tmp_path, num_examples=10)
  settings = _settings(data, augmentation='inception')
  whole = input_pipeline.train_batches(data, settings)
  rest = input_pipeline.train_batches(data, settings, start_example=batches * 4)
  _assert_equal_batches(rest, whole.skip(batches), 2)


@pytest.mark.parametrize('start', [3, 12, 25])
def test_run_can_resume_with_another_batch_size(tmp_path, start):
  data = records.flat_dataset(tmp_path, num_examples=10)
  settings = _settings(data, augmentation='light')
  ones = input_pipeline.train_batches(
    data, dataclasses.replace(settings, batch_size=1)
  )
  rest = input_pipeline.train_batches(data, settings, start_example=start)
  _assert_equal_batches(rest, ones.skip(start).unbatch().batch(4), 2)


@pytest.mark.parametrize(('hosts', 'start'), [(1, 0), (2, 0), (2, 7), (4, 9)])
def test_hosts_share_each_batch(tmp_path, hosts, start):
  data = records.flat_dataset(tmp_path, num_examples=10)
  settings = _settings(data, augmentation='light')
  whole = input_pipeline.train_batches(data, settings, start_example=start)
  parts = [
    input_pipeline.train_batches(
      data, settings, start_example=start, part=(host, hosts)
    ).take(4)
    for host in range(hosts)
  ]
  size = 4 // hosts
  assert parts[0].element_spec[0].shape == (size, 75, 75, 3)
  num_batches = 0
  for (images, labels), *pieces in zip(whole, *parts):
    np.testing.assert_array_equal(
      images, np.concatenate([piece[0] for piece in pieces])
    )
    np.testing.assert_array_equal(
      labels, np.concatenate([piece[1] for piece in pieces])
    )
    num_batches += 1
  assert num_batches == 4


def test_examples_of_other_hosts_are_not_decoded(tmp_path):
  good = records.example(records.jpeg(records.picture(80, 80)), 1)
  bad = records.example(b'no image', 1)
  records.write_shards(tmp_path, 'train', [[good, bad]])
  data = dataset.Dataset(
    name='two',
    data_dir=str(tmp_path),
    class_names=('a',),
    num_examples_of={'train': 2},
  )
  failed = 0
  for host in range(2):
    try:
      list(
        input_pipeline.train_batches(
          data, _settings(data, batch_size=2), part=(host, 2)
        ).take(1)
      )
    except tf.errors.InvalidArgumentError:
      failed += 1
  assert failed == 1


@pytest.mark.parametrize(
  ('changes', 'arguments', 'problem'),
  [
    ({}, {'start_example': -1}, 'start_example must be >= 0, got -1'),
    ({}, {'part': (0, 3)}, 'batch_size 4 cannot be shared by 3 hosts'),
    ({}, {'part': (2, 2)}, r'part must be .*, got \(2, 2\)'),
    ({}, {'part': (-1, 2)}, r'part must be .*, got \(-1, 2\)'),
    ({}, {'part': (0, 0)}, r'part must be .*, got \(0, 0\)'),
    ({'seed': None}, {'part': (0, 2)}, 'need a seed'),
    ({'seed': None}, {'start_example': 4}, 'need a seed'),
  ],
)
def test_train_batches_reject_invalid_arguments(
  tmp_path, changes, arguments, problem
):
  data = records.flat_dataset(tmp_path)
  with pytest.raises(ValueError, match=problem):
    input_pipeline.train_batches(data, _settings(data, **changes), **arguments)


@pytest.mark.parametrize(
  ('batch_size', 'part', 'size'),
  [(8, (0, 1), 8), (8, (1, 2), 4), (6, (2, 3), 2)],
)
def test_pieces_are_equal(batch_size, part, size):
  assert input_pipeline.piece_size(batch_size, part) == size


def test_each_epoch_distorts_an_example_differently(tmp_path):
  records.write_shards(
    tmp_path,
    'train',
    [[records.example(records.jpeg(records.picture(80, 80)), 1)]],
  )
  data = dataset.Dataset(
    name='one',
    data_dir=str(tmp_path),
    class_names=('a',),
    num_examples_of={'train': 1},
  )
  settings = _settings(data, augmentation='inception', batch_size=3)
  ((images, _),) = input_pipeline.train_batches(data, settings).take(1)
  for a, b in itertools.combinations(images.numpy(), 2):
    assert np.abs(a - b).max() > 0.01


def test_boxes_of_the_records_are_used(tmp_path):
  pixels = np.full([64, 64, 3], 40, np.uint8)
  pixels[48:, 48:] = 220
  records.write_shards(
    tmp_path,
    'train',
    [[records.example(records.png(pixels), 1, boxes=[(0.75, 0.75, 1.0, 1.0)])]],
  )
  data = dataset.Dataset(
    name='one',
    data_dir=str(tmp_path),
    class_names=('a',),
    num_examples_of={'train': 1},
  )
  settings = _settings(data, augmentation='light', batch_size=100)
  ((images, _),) = input_pipeline.train_batches(data, settings).take(1)
  assert np.ptp(images, axis=(1, 2, 3)).min() > 0.5


def _eval_numbers(data, num_examples=None, **changes):
  """Returns (numbers of the examples, sizes of the batches)."""
  numbers, sizes = [], []
  settings = _settings(data, subset='validation', **changes)
  for images, labels, mask in input_pipeline.eval_batches(
    data, settings, num_examples
  ):
    assert images.shape[0] == labels.shape[0] == settings.batch_size
    size = int(tf.math.count_nonzero(mask))
    assert mask.numpy().tolist() == [True] * size + [False] * (
      settings.batch_size - size
    )
    assert not images.numpy()[size:].any()
    assert not labels.numpy()[size:].any()
    batch_numbers = records.number_of(images)[:size]
    np.testing.assert_array_equal(labels[:size], batch_numbers % 5 + 1)
    numbers += batch_numbers.tolist()
    sizes.append(size)
  return numbers, sizes


@pytest.mark.parametrize(
  ('batch_size', 'sizes'),
  [(1, [1] * 10), (3, [3, 3, 3, 1]), (5, [5, 5]), (10, [10]), (16, [10])],
)
def test_eval_batches_have_each_example_once_in_order(
  tmp_path, batch_size, sizes
):
  data = records.flat_dataset(tmp_path, subset='validation', num_shards=3)
  assert _eval_numbers(data, batch_size=batch_size) == (list(range(10)), sizes)


@pytest.mark.parametrize(
  ('num_examples', 'sizes'),
  [(1, [1]), (4, [4]), (7, [4, 3]), (10, [4, 4, 2]), (99, [4, 4, 2])],
)
def test_eval_batches_end_after_num_examples(tmp_path, num_examples, sizes):
  data = records.flat_dataset(tmp_path, subset='validation')
  assert _eval_numbers(data, num_examples) == (
    list(range(min(num_examples, 10))),
    sizes,
  )


def test_eval_batches_have_static_shapes_and_no_distortions(tmp_path):
  data = records.flat_dataset(tmp_path, subset='validation')
  batches = input_pipeline.eval_batches(
    data, _settings(data, subset='validation', augmentation='inception')
  )
  assert batches.element_spec == (
    tf.TensorSpec([4, 75, 75, 3], tf.float32),
    tf.TensorSpec([4], tf.int32),
    tf.TensorSpec([4], tf.bool),
  )
  assert _eval_numbers(data, augmentation='inception')[0] == list(range(10))


def test_eval_batches_reject_zero_examples(tmp_path):
  data = records.flat_dataset(tmp_path, subset='validation')
  with pytest.raises(ValueError, match='num_examples must be >= 1, got 0'):
    input_pipeline.eval_batches(data, _settings(data, subset='validation'), 0)


def _photo_dataset(folder, num_examples=5):
  records.write_shards(
    folder,
    'train',
    [
      [
        records.example(records.jpeg(records.picture(90, 80, seed=i)), i + 1)
        for i in shard
      ]
      for shard in np.array_split(range(num_examples), 2)
    ],
  )
  return dataset.Dataset(
    name='waves',
    data_dir=str(folder),
    class_names=tuple('abcde'),
    num_examples_of={'train': num_examples},
  )


def _view(data, view, num_skipped=0, **changes):
  """Returns images [examples, size, size, 3] and labels of a complete view."""
  batches = [
    (images[mask], labels[mask])
    for images, labels, mask in input_pipeline.view_batches(
      data,
      _settings(data, augmentation='inception', **changes),
      view=view,
      num_skipped=num_skipped,
    )
  ]
  return [np.concatenate(parts) for parts in zip(*batches)]


def test_view_0_equals_evaluation(tmp_path):
  data = _photo_dataset(tmp_path)
  batches = input_pipeline.view_batches(
    data, _settings(data, seed=None), view=0
  )
  expected = input_pipeline.eval_batches(data, _settings(data))
  assert batches.element_spec == expected.element_spec
  pairs = list(zip(batches, expected))
  assert len(pairs) == 2
  for actual, wanted in pairs:
    for a, b in zip(actual, wanted):
      np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize('view', [1, 3])
def test_distortions_depend_on_seed_view_and_position(tmp_path, view):
  data = _photo_dataset(tmp_path)
  images, labels = _view(data, view)
  np.testing.assert_array_equal(labels, [1, 2, 3, 4, 5])
  for position, image in enumerate(images):
    np.testing.assert_allclose(
      image,
      image_processing.train_image(
        records.jpeg(records.picture(90, 80, seed=position)),
        tf.zeros([1, 0, 4]),
        [7, 5 * view + position],
        size=75,
        augmentation='inception',
      ),
      atol=1e-5,
    )


@pytest.mark.parametrize('view', [0, 2])
def test_view_can_start_at_any_example(tmp_path, view):
  data = _photo_dataset(tmp_path)
  images, labels = _view(data, view)
  rest, rest_labels = _view(data, view, num_skipped=3)
  np.testing.assert_array_equal(rest, images[3:])
  np.testing.assert_array_equal(rest_labels, labels[3:])


@pytest.mark.parametrize(
  ('seed', 'arguments', 'problem'),
  [
    (1, {'view': -1}, 'must be >= 0, got -1 and 0'),
    (1, {'view': 0, 'num_skipped': -1}, 'must be >= 0, got 0 and -1'),
    (None, {'view': 1}, 'view 1 is distorted, which needs a seed'),
  ],
)
def test_view_batches_reject_invalid_arguments(
  tmp_path, seed, arguments, problem
):
  data = records.flat_dataset(tmp_path)
  with pytest.raises(ValueError, match=problem):
    input_pipeline.view_batches(data, _settings(data, seed=seed), **arguments)


@pytest.mark.parametrize(
  'batches',
  [
    input_pipeline.train_batches,
    input_pipeline.eval_batches,
    functools.partial(input_pipeline.view_batches, view=1),
  ],
)
def test_unusable_folders_are_rejected(tmp_path, batches):
  data = records.flat_dataset(tmp_path)
  with pytest.raises(dataset.DatasetError, match='test'):
    batches(data, _settings(data, subset='test'))
  for path in data.shard_files('train'):
    pathlib.Path(path).write_bytes(b'')
  with pytest.raises(dataset.DatasetError, match='2 train shards .* no rec'):
    batches(data, _settings(data))


def test_one_empty_shard_is_allowed(tmp_path):
  data = records.flat_dataset(tmp_path, num_examples=1, num_shards=2)
  assert _train_numbers(data, 1, batch_size=2) == [0, 0]


def _checked(data, subset='train', num_batches=4):
  settings = _settings(data, subset=subset)
  batches = (
    input_pipeline.train_batches
    if subset == 'train'
    else input_pipeline.eval_batches
  )(data, settings)
  return list(input_pipeline.checked(batches.take(num_batches), data, subset))


@pytest.mark.parametrize('subset', ['train', 'validation'])
def test_checked_returns_good_batches(tmp_path, subset):
  data = records.flat_dataset(tmp_path, subset=subset, num_examples=12)
  batches = [
    records.number_of(batch[0])
    for batch in _checked(data, subset, num_batches=3)
  ]
  assert sorted(np.concatenate(batches)) == list(range(12))


@pytest.mark.parametrize('subset', ['train', 'validation'])
def test_checked_names_the_record(tmp_path, subset):
  data = records.flat_dataset(tmp_path, subset=subset, num_classes=5)
  data = dataclasses.replace(data, class_names=('a', 'b', 'c', 'd'))
  with pytest.raises(dataset.DatasetError) as caught:
    _checked(data, subset)
  assert f'{subset}-00000-of-00002, record 4 ' in str(caught.value)
  assert isinstance(caught.value.__cause__, tf.errors.InvalidArgumentError)


@pytest.mark.parametrize('subset', ['train', 'validation'])
def test_checked_names_a_truncated_shard(tmp_path, subset):
  data = records.flat_dataset(tmp_path, subset=subset)
  path = pathlib.Path(data.shard_files(subset)[1])
  path.write_bytes(path.read_bytes()[:-50])
  with pytest.raises(
    dataset.DatasetError,
    match=(f'{subset}-00001-of-00002, record 4 .*truncated'),
  ):
    _checked(data, subset)


def test_checked_names_a_vanished_shard(tmp_path):
  data = records.flat_dataset(tmp_path)
  batches = input_pipeline.train_batches(data, _settings(data))
  (tmp_path / 'train-00001-of-00002').unlink()
  with pytest.raises(dataset.DatasetError, match='1 of the 2 train shards'):
    list(input_pipeline.checked(batches.take(9), data, 'train'))


def _failing(data, error):
  """Returns `checked` of a batch, which it has yielded, and an error."""

  def batches():
    yield 1
    raise error

  checked = input_pipeline.checked(batches(), data, 'train')
  assert next(checked) == 1
  return checked


@pytest.mark.parametrize(
  'error',
  [
    tf.errors.ResourceExhaustedError(None, None, 'not of the data'),
    ZeroDivisionError('not of the data'),
  ],
)
def test_checked_passes_through_errors_not_caused_by_the_data(tmp_path, error):
  checked = _failing(records.flat_dataset(tmp_path), error)
  with pytest.raises(type(error), match='not of the data'):
    next(checked)


def test_checked_reports_the_reason_if_no_record_is_damaged(tmp_path):
  error = tf.errors.InvalidArgumentError(
    None,
    None,
    '{{function_node __wrapped__IteratorGetNext}} Error in user-defined '
    'function passed to ParallelMapDatasetV2:34 transformation with iterator: '
    'Iterator::Root::ParallelMapV2: not of the data\n\t [[{{node Decode}}]] '
    '[Op:IteratorGetNext] name: ',
  )
  checked = _failing(records.flat_dataset(tmp_path), error)
  with pytest.raises(dataset.DatasetError) as caught:
    next(checked)
  assert str(caught.value) == (
    f'reading the train records in {str(tmp_path)!r} failed (not of the data), '
    'but no record is damaged: run the command again'
  )
  assert caught.value.__cause__ is error


def test_real_photos_become_batches(tmp_path):
  path = goldens.shared_photos()
  if path is None:
    pytest.skip('the shared photographs are not on this machine')
  photos = []
  with tarfile.open(path) as archive:
    for member in archive:
      if member.name.endswith('.jpg') and len(photos) < 16:
        photos.append(archive.extractfile(member).read())
  records.write_shards(
    tmp_path, 'train', [[records.example(photo, 1) for photo in photos]]
  )
  data = dataset.Dataset(
    name='photos',
    data_dir=str(tmp_path),
    class_names=('a',),
    num_examples_of={'train': 16},
  )
  settings = _settings(data, batch_size=16, augmentation='inception')
  ((images, _),) = input_pipeline.checked(
    input_pipeline.train_batches(data, settings).take(1), data, 'train'
  )
  assert np.abs(images).max() <= 1
  assert np.std(images, axis=(1, 2, 3)).min() > 0.05
