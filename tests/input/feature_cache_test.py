"""Tests of inception.input.feature_cache."""

import dataclasses
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from inception import dataset
from inception import image_processing
from inception.input import feature_cache
from inception.input import feature_files
from inception.input import feature_keys
from inception.input import feature_notes
from inception.records import tfrecord_file
from inception.settings import config
from inception.testing import records

_FACTORS = np.array([1.0, -2.0, 0.5], np.float32)


class _Loader:
  """Calls feature_cache.load with a tiny network: mean colour times weight."""

  def __init__(self, folder, data, **changes):
    self.progress = []
    self.num_traces = 0
    self.stop_after = None
    self.data = data
    self.settings = dataclasses.replace(
      config.InputConfig(
        data_dir=data.data_dir,
        batch_size=4,
        image_size=75,
        augmentation='light',
        seed=7,
      ),
      **changes,
    )
    self.code = folder / 'network.py'
    self.code.write_text('a source', encoding='utf-8')
    self.arguments = {
      'cache_dir': folder / 'cache',
      'weights': {'w': tf.Variable(_FACTORS)},
      'num_features': 3,
      'code': [str(self.code)],
      'make_compute': lambda: self._compute,
      'on_progress': self._on_progress,
    }

  def _compute(self, images):
    self.num_traces += 1
    return tf.reduce_mean(images, [1, 2]) * self.arguments['weights']['w']

  def _on_progress(self, done, total):
    self.progress.append((done, total))
    if done == self.stop_after:
      raise KeyboardInterrupt

  def __call__(self, **changes):
    self.progress.clear()
    return feature_cache.load(
      self.data, self.settings, **(self.arguments | changes)
    )

  def files(self):
    """Returns the names of the cached files."""
    return {
      path.name
      for path in self.arguments['cache_dir'].iterdir()
      if path.suffix in ('.npy', '.part')
    }


@pytest.fixture(name='loader')
def _loader(tmp_path):
  return _Loader(tmp_path, records.flat_dataset(tmp_path, num_examples=10))


def _greys(num_examples=10):
  """Returns the features of flat_dataset's images, whose colours are known."""
  levels = (8 * np.arange(num_examples, dtype=np.float32) + 4) / 127.5 - 1
  return levels[:, np.newaxis] * _FACTORS


def test_features_are_computed_in_the_order_of_the_records(loader):
  features = loader()
  (values,) = features.values
  np.testing.assert_allclose(values, _greys(), atol=0.01)
  assert values.dtype == np.float32 and not values.flags.writeable
  assert features.labels.dtype == np.int32
  assert features.labels.tolist() == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]
  assert loader.progress == [(0, 10), (4, 10), (8, 10), (10, 10)]
  assert loader.num_traces == 1
  (name,) = loader.files()
  prefix, subset, key = name.removesuffix('.npy').split('-')
  assert (prefix, subset) == ('features', 'train')
  assert len(key) == 16 and int(key, 16)


def test_note_identifies_the_records_of_the_features(loader):
  loader()
  (filename,) = loader.files()
  digest = feature_notes.RecordsDigest()
  for path in loader.data.shard_files('train'):
    for record in tfrecord_file.read(path):
      digest.add(record)
  cache_dir = loader.arguments['cache_dir']
  ((name_in_note, note),) = feature_notes.read_all(cache_dir)
  assert f'{name_in_note}.npy' == filename
  assert (note.subset, note.records) == ('train', digest.hexdigest())
  assert (note.num_examples, note.num_features) == (10, 3)
  assert note.image_size == 75
  # The distorted views have no note of their own; a missing one is replaced.
  (cache_dir / f'{name_in_note}.json').unlink()
  loader(num_views=2)
  assert feature_notes.read_all(cache_dir) == [(name_in_note, note)]


def test_network_digest_depends_on_weights_but_not_on_records(loader):
  loader()
  _change_records(loader)
  loader()
  cache_dir = loader.arguments['cache_dir']
  notes = [note for _, note in feature_notes.read_all(cache_dir)]
  assert len({note.records for note in notes}) == 2
  assert len({note.network for note in notes}) == 1
  _change_weight(loader)
  loader()
  notes = [note for _, note in feature_notes.read_all(cache_dir)]
  assert len(notes) == 3
  assert len({note.network for note in notes}) == 2


def test_existing_features_are_not_computed_again(loader):
  expected = np.array(loader().values[0])
  features = loader()
  assert loader.progress == [(10, 10)] and loader.num_traces == 1
  np.testing.assert_array_equal(features.values[0], expected)
  assert features.labels.tolist() == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(('stop_after', 'rows'), [(4, 4), (10, 10), (14, 14)])
def test_interrupted_computation_is_resumed(loader, stop_after, rows):
  loader.stop_after = stop_after
  with pytest.raises(KeyboardInterrupt):
    loader(num_views=2)
  loader.stop_after = None
  features = loader(num_views=2)
  assert loader.progress[0] == (rows, 20)
  assert loader.progress[-1] == (20, 20)
  expected = loader(num_views=2, cache_dir=loader.code.parent / 'another')
  for values, wanted in zip(features.values, expected.values):
    np.testing.assert_allclose(values, wanted, atol=1e-6)


def test_damaged_file_is_computed_again(loader):
  expected = np.array(loader().values[0])
  (name,) = loader.files()
  path = loader.arguments['cache_dir'] / name
  content = bytearray(path.read_bytes())
  content[-30] ^= 1
  path.write_bytes(content)
  features = loader()
  assert loader.progress[0] == (0, 10)
  np.testing.assert_array_equal(features.values[0], expected)


def test_batch_size_and_threads_change_nothing(loader):
  expected = np.array(loader().values[0])
  loader.settings = dataclasses.replace(
    loader.settings, batch_size=3, num_preprocess_threads=1
  )
  loader()
  assert loader.progress == [(10, 10)]
  features = loader(cache_dir=loader.code.parent / 'another')
  np.testing.assert_allclose(features.values[0], expected, atol=1e-6)


def _change_records(loader):
  path = pathlib.Path(loader.data.shard_files('train')[0])
  with tf.io.TFRecordWriter(str(path)) as writer:
    for i in range(5):
      writer.write(
        records.example(
          records.jpeg(np.full([16, 16, 3], 200, np.uint8)), i % 5 + 1
        )
      )


def _change_source(loader):
  loader.code.write_text('another source', encoding='utf-8')


def _change_code(loader):
  loader.arguments['code'] = []


def _change_weight(loader):
  loader.arguments['weights']['w'].assign(_FACTORS * 2)


def _change_weights_name(loader):
  weights = loader.arguments['weights']
  weights['v'] = weights['w']


def _change_size(loader):
  loader.settings = dataclasses.replace(loader.settings, image_size=76)


def _change_type(loader):
  loader.arguments['compute_dtype'] = 'bfloat16'


@pytest.mark.parametrize(
  'change',
  [
    _change_records,
    _change_source,
    _change_code,
    _change_weight,
    _change_weights_name,
    _change_size,
    _change_type,
  ],
)
def test_features_of_other_keys_are_never_used(loader, change):
  loader()
  before = loader.files()
  change(loader)
  loader()
  assert loader.progress[0] == (0, 10)
  assert before < loader.files()


def test_key_depends_on_the_version_of_tensorflow(loader, monkeypatch):
  loader()
  monkeypatch.setattr(tf.version, 'VERSION', '2.0')
  loader()
  assert loader.progress[0] == (0, 10)


@pytest.mark.parametrize('change', [{'seed': 8}, {'augmentation': 'inception'}])
def test_plain_view_does_not_depend_on_the_distortions(loader, change):
  loader(num_views=2)
  loader.settings = dataclasses.replace(loader.settings, **change)
  loader(num_views=2)
  assert loader.progress[0] == (10, 20)


def test_number_of_examples_affects_only_the_distorted_views(loader):
  loader(num_views=2)
  loader.data = dataclasses.replace(loader.data, num_examples_of={'train': 11})
  loader(num_views=2)
  assert loader.progress[0] == (10, 20)
  assert loader.progress[-1] == (20, 20)


def _photos(folder):
  """Writes two shards of 2 and 1 photographs; returns data and photographs."""
  photos = [records.jpeg(records.picture(90, 80, seed=i)) for i in range(3)]
  records.write_shards(
    folder,
    'train',
    [
      [records.example(photo, 1) for photo in shard]
      for shard in (photos[:2], photos[2:])
    ],
  )
  return dataset.Dataset(
    name='waves',
    data_dir=str(folder),
    class_names=('a',),
    num_examples_of={'train': 3},
  ), photos


def test_distorted_views_are_added_to_existing_ones(tmp_path):
  data, photos = _photos(tmp_path)
  loader = _Loader(tmp_path, data)
  loader()
  assert len(loader(num_views=2).values) == 2
  assert loader.progress[0] == (3, 6)
  features = loader(num_views=3)
  assert loader.progress[0] == (6, 9)
  assert len(loader.files()) == 3
  for view, values in enumerate(features.values):
    for index, view_values in enumerate(values):
      image = (
        image_processing.eval_image(photos[index], size=75)
        if not view
        else image_processing.train_image(
          photos[index],
          tf.zeros([1, 0, 4]),
          [7, 3 * view + index],
          size=75,
          augmentation='light',
        )
      )
      np.testing.assert_allclose(
        view_values, image.numpy().mean((0, 1)) * _FACTORS, atol=1e-4
      )


def test_subsets_have_separate_files(tmp_path):
  data = records.flat_dataset(tmp_path, num_examples=10)
  records.flat_dataset(tmp_path, subset='validation', num_examples=4)
  loader = _Loader(tmp_path, data)
  loader()
  loader.data = dataclasses.replace(
    data, num_examples_of={'train': 10, 'validation': 4}
  )
  loader.settings = dataclasses.replace(
    loader.settings, subset='validation', seed=None
  )
  features = loader()
  np.testing.assert_allclose(features.values[0], _greys(4), atol=0.01)
  assert features.labels.tolist() == [1, 2, 3, 4]


def test_features_computed_by_another_run_meanwhile_are_used(
  loader, monkeypatch
):
  other = _Loader(loader.code.parent, loader.data)
  lock = feature_files.Folder.lock

  def slow_lock(folder, name):
    monkeypatch.setattr(feature_files.Folder, 'lock', lock)
    other()
    return lock(folder, name)

  monkeypatch.setattr(feature_files.Folder, 'lock', slow_lock)
  features = loader()
  assert loader.progress == [(0, 10), (10, 10)]
  assert (loader.num_traces, other.num_traces) == (0, 1)
  np.testing.assert_allclose(features.values[0], _greys(), atol=0.01)


def test_variables_of_a_distribution_strategy_are_read(loader):
  with tf.distribute.MirroredStrategy(['cpu:0']).scope():
    loader.arguments['weights'] = {'w': tf.Variable(_FACTORS)}
  np.testing.assert_allclose(loader().values[0], _greys(), atol=0.01)


def test_wrong_label_is_reported_before_the_computation(loader):
  loader.data = dataclasses.replace(loader.data, class_names=('a', 'b'))
  with pytest.raises(
    dataset.DatasetError,
    match=('train-00000-of-00002, record 2 .* label 3 is no class'),
  ):
    loader()
  assert not loader.progress


def test_damaged_image_is_reported(tmp_path):
  good = records.example(records.jpeg(records.picture(80, 80)), 1)
  records.write_shards(
    tmp_path, 'train', [[good] * 9, [good, records.example(b'no image', 1)]]
  )
  loader = _Loader(
    tmp_path,
    dataset.Dataset(
      name='one',
      data_dir=str(tmp_path),
      class_names=('a',),
      num_examples_of={'train': 11},
    ),
  )
  with pytest.raises(
    dataset.DatasetError,
    match=('train-00001-of-00002, record 1 .* cannot be used'),
  ):
    loader()
  assert loader.progress[-1] == (8, 11)


def test_folders_without_records_are_rejected(loader):
  for path in loader.data.shard_files('train'):
    pathlib.Path(path).write_bytes(b'')
  with pytest.raises(dataset.DatasetError, match='hold no records'):
    loader()
  loader.settings = dataclasses.replace(loader.settings, subset='test')
  with pytest.raises(dataset.DatasetError, match='no test-'):
    loader()


def test_unusable_folder_is_reported(loader):
  loader.arguments['cache_dir'].write_bytes(b'a file')
  with pytest.raises(feature_cache.FeatureError, match='cannot be kept in'):
    loader()


@pytest.mark.parametrize(
  ('compute', 'returned'),
  [
    (lambda images: images[:, 0, 0, :2], r'float32 \(4, 2\)'),
    (lambda images: images[:1, 0, 0], r'float32 \(1, 3\)'),
    (lambda images: tf.cast(images[:, 0, 0], tf.float16), r'float16 \(4, 3\)'),
  ],
)
def test_features_of_another_shape_are_rejected(loader, compute, returned):
  with pytest.raises(ValueError, match=r'float32 \(4, 3\), got ' + returned):
    loader(make_compute=lambda: compute)


def test_invalid_views_are_rejected(loader):
  with pytest.raises(ValueError, match='num_views must be >= 1, got 0'):
    loader(num_views=0)
  loader.settings = dataclasses.replace(loader.settings, seed=None)
  with pytest.raises(ValueError, match='num_views 2 needs a seed'):
    loader(num_views=2)


def _find(loader, **changes):
  arguments = loader.arguments | changes
  del arguments['make_compute'], arguments['on_progress']
  return feature_cache.find(loader.data, loader.settings, **arguments)


def test_complete_features_are_found(loader):
  assert _find(loader) is None  # The folder does not exist.
  loaded = loader()
  found = _find(loader)
  np.testing.assert_array_equal(found.values[0], loaded.values[0])
  np.testing.assert_array_equal(found.labels, loaded.labels)
  assert loader.num_traces == 1


@pytest.mark.parametrize('change', ['weights', 'records', 'subset', 'size'])
def test_features_of_anything_else_are_not_found(loader, change):
  loader()
  if change == 'weights':
    _change_weight(loader)
  elif change == 'records':
    _change_records(loader)
  else:
    other = (
      {'subset': 'validation'} if change == 'subset' else {'image_size': 80}
    )
    loader.settings = dataclasses.replace(loader.settings, **other)
  assert _find(loader) is None


def test_incomplete_features_are_not_found(loader):
  loader()
  (name,) = loader.files()
  path = loader.arguments['cache_dir'] / name
  path.write_bytes(path.read_bytes()[:-1])
  assert _find(loader) is None


def test_records_are_not_read_without_features_of_the_network(
  loader, monkeypatch
):
  loader()
  _change_weight(loader)
  monkeypatch.delattr(feature_keys, 'read_records')
  assert _find(loader) is None
