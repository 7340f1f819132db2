"""Tests of inception.input.pipeline_steps."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

from inception import dataset
from inception import image_processing
from inception.input import pipeline_steps
from inception.settings import config
from inception.testing import records


def _settings(data, **changes):
  return config.InputConfig(
    **(dict(data_dir=data.data_dir, batch_size=4, image_size=75) | changes)
  )


def test_shard_files_are_those_of_the_data(tmp_path):
  data = records.flat_dataset(tmp_path)
  assert pipeline_steps.shard_files(data, 'train') == data.shard_files('train')


def test_shards_without_records_are_rejected(tmp_path):
  data = records.flat_dataset(tmp_path)
  for path in data.shard_files('train'):
    pathlib.Path(path).write_bytes(b'')
  with pytest.raises(
    dataset.DatasetError, match='the 2 train shards in .* hold no records'
  ):
    pipeline_steps.shard_files(data, 'train')


def test_missing_subset_is_rejected(tmp_path):
  data = records.flat_dataset(tmp_path)
  with pytest.raises(dataset.DatasetError, match='no test-'):
    pipeline_steps.shard_files(data, 'test')


def _first_record(data):
  path = data.shard_files('train')[0]
  return next(iter(tf.data.TFRecordDataset(path)))


def test_without_a_seed_images_are_read_as_in_evaluation(tmp_path):
  data = records.flat_dataset(tmp_path)
  read = pipeline_steps.example_reader(
    data, _settings(data, augmentation='inception'), None
  )
  serialized = _first_record(data)
  image, label = read(tf.constant(0, tf.int64), serialized)
  features = tf.train.Example.FromString(serialized.numpy()).features.feature
  (encoded,) = features['image/encoded'].bytes_list.value
  np.testing.assert_array_equal(
    image, image_processing.eval_image(tf.constant(encoded), size=75)
  )
  assert [label] == features['image/class/label'].int64_list.value


def test_seed_and_index_decide_the_distortions(tmp_path):
  data = records.flat_dataset(tmp_path)
  serialized = _first_record(data)

  def image(seed, index):
    read = pipeline_steps.example_reader(
      data, _settings(data, augmentation='inception'), seed
    )
    return read(tf.constant(index, tf.int64), serialized)[0].numpy()

  np.testing.assert_array_equal(image(1, 2), image(1, 2))
  assert (image(1, 2) != image(1, 3)).any()
  assert (image(1, 2) != image(2, 2)).any()


@pytest.mark.parametrize('num_examples', [1, 2, 3])
def test_batches_are_padded_with_zeros(num_examples):
  images, labels, mask = pipeline_steps.padded(
    tf.ones([num_examples, 2, 2, 3]), tf.ones([num_examples], tf.int32), 3
  )
  present = np.arange(3) < num_examples
  np.testing.assert_array_equal(mask, present)
  np.testing.assert_array_equal(labels, present)
  np.testing.assert_array_equal(
    images, np.broadcast_to(present[:, None, None, None], [3, 2, 2, 3])
  )


def test_options_fix_the_parallelism(tmp_path):
  data = records.flat_dataset(tmp_path)
  options = pipeline_steps.options(_settings(data, num_preprocess_threads=3))
  assert options.deterministic
  assert options.threading.private_threadpool_size == 3
  assert options.threading.max_intra_op_parallelism == 1
  assert not options.autotune.enabled
  assert options.experimental_warm_start
