"""Tests of inception.summaries, read back as TensorBoard reads them."""

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

from inception import summaries


def read(folder):
  accumulator = event_accumulator.EventAccumulator(str(folder))
  accumulator.Reload()
  found = {}
  for tag in accumulator.Tags()['tensors']:
    found[tag] = [(e.step, tf.make_ndarray(e.tensor_proto))
                  for e in accumulator.Tensors(tag)]
  return found


def test_training_writes_raw_and_smoothed_losses_scalars_and_images(tmp_path):
  writer = summaries.TrainSummaries(tmp_path)
  images = tf.constant(np.linspace(-1, 1, 4 * 75).reshape(4, 5, 5, 3),
                       tf.float32)
  for step, loss in enumerate([4.0, 2.0]):
    writer.smooth({'total_loss': loss})
    writer.write(step, losses={'total_loss': loss},
                 scalars={'learning_rate': 0.5}, images=images)
  writer.close()
  found = read(tmp_path)
  assert set(found) == {'total_loss', 'total_loss (raw)', 'learning_rate',
                        'images'}
  assert found['total_loss (raw)'] == [(0, 4.0), (1, 2.0)]
  assert [float(v) for _, v in found['total_loss']] == [
      4.0, pytest.approx(0.9 * 4 + 0.1 * 2)]
  # Width, height and three PNG files.
  assert len(found['images'][0][1]) == 2 + 3


def test_evaluation_writes_the_originals_tags(tmp_path):
  summaries.write_eval(tmp_path, 1999, precision_at_1=0.75, recall_at_k=1.0,
                       k=3)
  assert read(tmp_path) == {'Precision @ 1': [(1999, 0.75)],
                            'Recall @ 3': [(1999, 1.0)]}
