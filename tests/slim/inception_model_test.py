"""Tests of inception.slim.inception_model: shapes, names, the fused kernel."""

import numpy as np
import pytest
import tensorflow as tf

from inception.slim import inception_model
from inception.slim import ops
from inception.slim import variables

# From table 1 and the figures of the paper.
SHAPES = {
  'conv0': (149, 149, 32),
  'conv1': (147, 147, 32),
  'conv2': (147, 147, 64),
  'pool1': (73, 73, 64),
  'conv3': (73, 73, 80),
  'conv4': (71, 71, 192),
  'pool2': (35, 35, 192),
  'mixed_35x35x256a': (35, 35, 256),
  'mixed_35x35x288a': (35, 35, 288),
  'mixed_35x35x288b': (35, 35, 288),
  'mixed_17x17x768a': (17, 17, 768),
  'mixed_17x17x768b': (17, 17, 768),
  'mixed_17x17x768c': (17, 17, 768),
  'mixed_17x17x768d': (17, 17, 768),
  'mixed_17x17x768e': (17, 17, 768),
  'aux_logits': (6,),
  'mixed_17x17x1280a': (8, 8, 1280),
  'mixed_8x8x2048a': (8, 8, 2048),
  'mixed_8x8x2048b': (8, 8, 2048),
  'flattened_features': (2048,),
  'features': (2048,),
  'logits': (6,),
  'predictions': (6,),
}


def network(store, images, *, is_training=False, fused=True):
  with variables.use(store) as updates:
    with inception_model.inception_v3_arg_scope(
      batch_norm_params=ops.BatchNormParams(fused=fused)
    ):
      logits, end_points = inception_model.inception_v3(
        images, num_logits=6, is_training=is_training
      )
  return logits, end_points, updates


@pytest.fixture(scope='module')
def store():
  """Variables that all tests of this file share."""
  made = variables.VariableStore(seed=1)
  network(made, tf.zeros([1, 75, 75, 3]))
  return made


def test_end_points_have_the_papers_shapes(store):
  def trace(images):
    return network(store, images)[1]

  end_points = (
    tf
    .function(trace)
    .get_concrete_function(tf.TensorSpec([2, 299, 299, 3]))
    .structured_outputs
  )
  assert {
    name: tuple(tensor.shape[1:]) for name, tensor in end_points.items()
  } == SHAPES


@pytest.mark.parametrize('size', [75, 107, 139, 224, 331, 399])
def test_every_size_uses_the_same_variables(store, size):
  before = list(store.variables)
  logits = tf.function(lambda images: network(store, images)[0])
  shape = logits.get_concrete_function(
    tf.TensorSpec([1, size, size + 1, 3])
  ).structured_outputs.shape
  assert shape == [1, 6]
  assert list(store.variables) == before


def test_too_small_images_are_refused(store):
  with pytest.raises(ValueError, match='at least 75 x 75, got 74 x 80'):
    network(store, tf.zeros([1, 74, 80, 3]))


def test_number_of_parameters_is_as_published(store):
  # Keras' InceptionV3 counts 21,802,784 without its top; the auxiliary head's
  # two convolutions and the two classifiers come on top of that.
  def count(prefix):
    return sum(np.prod(v.shape) for v in store.select(prefix=prefix).values())

  heads = count('aux_logits/') + count('logits/')
  assert count('') - heads == 21_802_784
  assert count('logits/') == 2048 * 6 + 6
  assert count('aux_logits/FC/') == 768 * 6 + 6
  assert len(store.select(trainable=True)) == 196


def test_only_the_two_classifiers_are_marked_restore_false():
  made = variables.VariableStore()
  with variables.use(made):
    inception_model.inception_v3(
      tf.zeros([1, 75, 75, 3]),
      num_logits=6,
      is_training=False,
      restore_logits=False,
    )
  assert sorted(made.select(restore=False)) == [
    'aux_logits/FC/biases',
    'aux_logits/FC/weights',
    'logits/logits/biases',
    'logits/logits/weights',
  ]


def test_initial_standard_deviations(store):
  # A normal truncated at two deviations has 0.8796 of its deviation.
  for name, stddev in (
    ('conv4/weights', 0.1),
    ('aux_logits/Conv/weights', 0.01),
    ('aux_logits/FC/weights', 0.001),
    ('logits/logits/weights', 0.01),
  ):
    assert np.std(store.variables[name]) == pytest.approx(
      0.8796 * stddev, rel=0.05
    ), name


def layer_io(fused):
  """Returns values and gradients of one block, with either batch norm."""
  rng = np.random.default_rng(3)
  images = tf.constant(rng.normal(size=(4, 9, 9, 288)), tf.float32)
  target = tf.constant(rng.normal(size=(4, 4, 4, 768)), tf.float32)
  made = variables.VariableStore(seed=2)
  with tf.GradientTape() as tape:
    with variables.use(made) as updates:
      with inception_model.inception_v3_arg_scope(
        batch_norm_params=ops.BatchNormParams(fused=fused)
      ):
        out = inception_model._reduce_to_17(images, scope='block')
    objective = tf.reduce_sum(out * target)
  trainable = made.select(trainable=True)
  by_variable = tape.gradient(objective, list(trainable.values()))
  values = {'out': out} | dict(zip(trainable, by_variable, strict=True))
  values |= {f'statistic {i}': value for i, (_, value) in enumerate(updates)}
  return {name: np.asarray(value) for name, value in values.items()}


def test_fused_batch_norm_equals_separate_operations():
  fused, written_out = layer_io(True), layer_io(False)
  assert fused.keys() == written_out.keys() and len(fused) == 1 + 8 + 8
  for name, value in written_out.items():
    # Relative to the largest value, because terms cancel in single elements.
    np.testing.assert_allclose(
      fused[name], value, atol=2e-5 * np.abs(value).max(), err_msg=name
    )
