"""Tests of summaries, read back as TensorBoard reads them."""

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

from inception.monitoring import summaries


def accumulate(folder):
  accumulator = event_accumulator.EventAccumulator(str(folder))
  accumulator.Reload()
  return accumulator


def read(folder):
  accumulator = accumulate(folder)
  tensors = {}
  for tag in accumulator.Tags()['tensors']:
    tensors[tag] = [
      (e.step, tf.make_ndarray(e.tensor_proto))
      for e in accumulator.Tensors(tag)
    ]
  return tensors


def plugin(folder, tag):
  return accumulate(folder).SummaryMetadata(tag).plugin_data


def test_training_writes_raw_and_smoothed_losses_scalars_and_images(tmp_path):
  writer = summaries.TrainSummaries(tmp_path)
  images = tf.constant(
    np.linspace(-1, 1, 4 * 75).reshape(4, 5, 5, 3), tf.float32
  )
  for step, loss in enumerate([4.0, 2.0]):
    writer.smooth({'total_loss': loss})
    writer.write(
      step,
      losses={'total_loss': loss},
      scalars={'learning_rate': 0.5},
      images=images,
    )
  writer.close()
  tensors = read(tmp_path)
  assert set(tensors) == {
    'total_loss',
    'total_loss (raw)',
    'learning_rate',
    'images',
  }
  assert tensors['total_loss (raw)'] == [(0, 4.0), (1, 2.0)]
  assert [float(v) for _, v in tensors['total_loss']] == [
    4.0,
    pytest.approx(0.9 * 4 + 0.1 * 2),
  ]
  # Width, height and three PNG files.
  assert len(tensors['images'][0][1]) == 2 + 3
  assert writer.problem is None


def test_step_without_images_writes_no_images(tmp_path):
  writer = summaries.TrainSummaries(tmp_path)
  writer.write(3, losses={}, scalars={'learning_rate': 0.5})
  writer.close()
  assert read(tmp_path) == {'learning_rate': [(3, 0.5)]}


def test_scalars_are_written_under_their_tags(tmp_path):
  writer = summaries.TrainSummaries(tmp_path)
  writer.write_scalars(
    7, {'validation/Precision @ 1': 0.75, 'validation/Recall @ 5': 1.0}
  )
  # Readers see it before the file is closed.
  assert read(tmp_path) == {
    'validation/Precision @ 1': [(7, 0.75)],
    'validation/Recall @ 5': [(7, 1.0)],
  }
  writer.close()


def test_histograms_equal_those_of_tensorflow(tmp_path):
  rng = np.random.default_rng(5)
  weights = {
    'conv0/weights': tf.Variable(
      rng.normal(size=[3, 3, 2, 40]), dtype=tf.float32
    ),
    'conv0/beta': tf.Variable(tf.fill([32], 0.25)),
    'nothing': tf.zeros([0]),
  }
  gradients = {
    'conv0/weights': tf.constant(rng.normal(size=[200]), tf.bfloat16)
  }
  writer = summaries.TrainSummaries(tmp_path / 'own')
  writer.write_histograms(3, weights, gradients)
  writer.close()
  reference = tf.summary.create_file_writer(str(tmp_path / 'reference'))
  with reference.as_default(step=3):
    for tag, value in weights.items():
      tf.summary.histogram(tag, value)
    tf.summary.histogram('conv0/weights/gradients', gradients['conv0/weights'])
  reference.close()

  tensors, expected = read(tmp_path / 'own'), read(tmp_path / 'reference')
  assert set(tensors) == {
    'conv0/weights',
    'conv0/beta',
    'nothing',
    'conv0/weights/gradients',
  }
  for tag, ((step, buckets),) in expected.items():
    assert tensors[tag][0][0] == step == 3
    np.testing.assert_allclose(tensors[tag][0][1], buckets, rtol=1e-12)
    assert plugin(tmp_path / 'own', tag) == plugin(tmp_path / 'reference', tag)


@pytest.mark.parametrize(
  ('values', 'first', 'last'),
  [
    ([np.nan, np.inf, 0.25, 0.25], [0.25, 0.25, 0], [0.25, 0.25, 2]),
    ([np.nan, -np.inf], [0, 0, 0], [0, 0, 0]),
    # float32 cannot represent this range.
    ([-3e38, 3e38], [-3e38, -2.8e38, 1], [2.8e38, 3e38, 1]),
  ],
)
def test_histograms_of_odd_values(tmp_path, values, first, last):
  writer = summaries.TrainSummaries(tmp_path)
  writer.write_histograms(0, {}, {'x': tf.constant(values, tf.float32)})
  writer.close()
  ((_, buckets),) = read(tmp_path)['x/gradients']
  np.testing.assert_allclose(buckets[[0, -1]], [first, last], rtol=1e-6)


def test_texts_are_written_for_tensorboards_text_page(tmp_path):
  writer = summaries.TrainSummaries(tmp_path)
  writer.write_text('hyperparameters', 'a **b**')
  writer.close()
  ((step, text),) = read(tmp_path)['hyperparameters']
  assert (step, text.item()) == (0, b'a **b**')
  assert plugin(tmp_path, 'hyperparameters').plugin_name == 'text'


def test_hyperparameters_are_formatted_as_a_table():
  assert summaries.hyperparameters({
    'seed': None,
    'layers': 'a|b\nc',
    'folder': 'C:\\data',
  }) == (
    '| name | value |\n'
    '| --- | --- |\n'
    '| seed | None |\n'
    '| layers | a\\|b<br>c |\n'
    '| folder | C:\\\\data |'
  )


def use_all(writer):
  writer.smooth({'loss': 1.0})
  writer.write(
    0, losses={'loss': 1.0}, scalars={}, images=tf.zeros([1, 2, 2, 3])
  )
  writer.write_scalars(0, {'x': 1.0})
  writer.write_histograms(0, {'x': tf.ones([2])}, {})
  writer.write_text('x', 'y')
  writer.close()


def test_unwritable_folder_is_reported(tmp_path):
  (tmp_path / 'file').write_bytes(b'')
  writer = summaries.TrainSummaries(tmp_path / 'file')
  assert writer.problem.startswith(
    f'summaries cannot be written to {str(tmp_path / "file")!r} ('
  )
  assert writer.problem.endswith('): training continues without them')
  assert '\n' not in writer.problem
  use_all(writer)


@pytest.mark.parametrize(
  'error',
  [
    tf.errors.ResourceExhaustedError(
      None,
      None,
      '{{node x}} No space left\n\tFailed to flush 1 events [Op:Flush]',
    ),
    OSError('No space left'),
  ],
)
def test_full_disk_ends_the_summaries_and_not_the_training(
  tmp_path, monkeypatch, error
):
  writer = summaries.TrainSummaries(tmp_path)
  writer.write_scalars(0, {'x': 1.0})
  flushes = []

  def flush(self):
    flushes.append(1)
    raise error

  monkeypatch.setattr(type(writer._writer), 'flush', flush)
  writer.write_scalars(1, {'x': 2.0})
  assert '(No space left): training continues' in writer.problem
  tried = len(flushes)
  use_all(writer)
  assert len(flushes) == tried


def test_full_disk_at_the_end_is_reported(tmp_path, monkeypatch):
  writer = summaries.TrainSummaries(tmp_path)

  def close(self):
    raise tf.errors.UnknownError(None, None, 'No space left')

  monkeypatch.setattr(type(writer._writer), 'close', close)
  writer.close()
  assert '(No space left)' in writer.problem
  writer.close()


def test_evaluation_writes_the_tags_of_the_original(tmp_path):
  summaries.write_eval(
    tmp_path, 1999, precision_at_1=0.75, recall_at_k=1.0, k=3
  )
  assert read(tmp_path) == {
    'Precision @ 1': [(1999, 0.75)],
    'Recall @ 3': [(1999, 1.0)],
  }
