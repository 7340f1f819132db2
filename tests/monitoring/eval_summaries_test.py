"""Tests of the summaries of an evaluation's figures."""

import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.plugins.pr_curve import metadata as pr_curve_metadata

from inception.monitoring import eval_summaries


def test_curve_equals_a_hand_computed_one():
  scores = np.array([0.0, 0.305, 0.3, 0.9, 1.0])
  is_positive = np.array([False, True, False, False, True])
  curve = eval_summaries.pr_curve(scores, is_positive)
  assert curve.shape == (6, 101) and curve.dtype == np.float32
  expected = {
    0: (2, 3, 0, 0, 0.4, 1.0),
    30: (2, 2, 1, 0, 0.5, 1.0),
    31: (1, 1, 2, 1, 0.5, 0.5),
    90: (1, 1, 2, 1, 0.5, 0.5),
    91: (1, 0, 3, 1, 1.0, 0.5),
    100: (1, 0, 3, 1, 1.0, 0.5),
  }
  for threshold, point in expected.items():
    np.testing.assert_allclose(curve[:, threshold], point, err_msg=threshold)


def test_class_without_examples_has_a_curve():
  curve = eval_summaries.pr_curve(np.array([0.2]), np.array([False]))
  assert np.isfinite(curve).all()
  assert curve[5].max() == 0


def test_matrix_is_darker_where_more_of_a_row_is():
  image = eval_summaries.confusion_image(np.array([[0, 3, 1], [5, 0, 0]]))
  assert image.shape == (400, 600, 3) and image.dtype == np.uint8
  # The columns are a, b, and the background.
  brightness = image[100::200, 100::200].sum(axis=-1)
  assert brightness[0, 0] < brightness[0, 1] < brightness[0, 2] == 765
  assert image[300, 500].tolist() == [8, 48, 107]
  assert image[0, 0].tolist() == image[199, 199].tolist()


def test_many_classes_have_a_pixel_each():
  assert eval_summaries.confusion_image(
    np.zeros([1000, 1001], np.int64)
  ).shape == (1000, 1001, 3)


def test_tensorboard_reads_the_summaries(tmp_path):
  eval_summaries.write(
    tmp_path,
    7,
    class_names=('a', 'b'),
    matrix=np.array([[0, 1, 0], [0, 1, 1]]),
    probabilities=np.array([[0, 0.9, 0.1], [0, 0.4, 0.6], [0, 0.6, 0.4]]),
    labels=np.array([1, 2, 2]),
  )
  accumulator = event_accumulator.EventAccumulator(str(tmp_path))
  accumulator.Reload()
  assert set(accumulator.Tags()['tensors']) == {
    'confusion matrix',
    'precision-recall/0001',
    'precision-recall/0002',
  }
  (event,) = accumulator.Tensors('precision-recall/0002')
  assert event.step == 7
  curve = tf.make_ndarray(event.tensor_proto)
  # At 0.5, one of the two examples of b is found.
  assert curve[:, 50].tolist() == [1, 0, 1, 1, 1, 0.5]
  metadata = accumulator.SummaryMetadata('precision-recall/0002')
  assert metadata.display_name == 'b'
  assert metadata.plugin_data.plugin_name == pr_curve_metadata.PLUGIN_NAME
  content = pr_curve_metadata.parse_plugin_metadata(
    metadata.plugin_data.content
  )
  assert content.num_thresholds == curve.shape[1]


def test_number_of_curves_is_limited(tmp_path):
  count = 60
  eval_summaries.write(
    tmp_path,
    7,
    class_names=[str(i) for i in range(count)],
    matrix=np.zeros([count, count + 1], np.int64),
    probabilities=np.zeros([1, count + 1]),
    labels=np.array([1]),
  )
  accumulator = event_accumulator.EventAccumulator(str(tmp_path))
  accumulator.Reload()
  assert len(accumulator.Tags()['tensors']) == 51
