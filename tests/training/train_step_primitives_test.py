"""Tests that oneDNN computes a training step with the expected primitives.

oneDNN logs each primitive that it executes; see ONEDNN_VERBOSE in its
documentation. TensorFlow would compute a step without oneDNN as well, only
several times as slowly, and no other test would notice.
"""

import collections
import platform

import pytest

from inception.hardware import mixed_precision
from inception.testing import commands

_PROGRAM = """
import sys
import tensorflow as tf
from inception import inception_model
from inception.training import train_state, train_step

step = train_step.make_train_step(
  train_state.TrainState(
    inception_model.InceptionModel(
      num_classes=2, compute_dtype=tf.as_dtype(sys.argv[1])
    )
  )
)
images, labels = tf.zeros([2, 75, 75, 3]), tf.ones([2], tf.int32)
step = step.get_concrete_function(
  images, labels, tf.constant(0.1), tf.constant(0.0)
)
print('STEP', flush=True)
step(images, labels, tf.constant(0.1), tf.constant(0.0))
"""

# Index of each field of a line of the log, which is separated by commas.
_KIND, _PASS, _TENSORS = 5, 7, 8

_HAS_BFLOAT16 = bool(mixed_precision.cpu_instructions())


@pytest.fixture(scope='module')
def convolutions():
  """[(pass, tensors)] of each convolution of one step.

  The step computes in bfloat16 if the processor has instructions for it.
  """
  done = commands.python(
    _PROGRAM,
    {'ONEDNN_VERBOSE': 'profile_exec'},
    arguments=['bfloat16' if _HAS_BFLOAT16 else 'float32'],
  )
  assert done.returncode == 0, done.stderr
  lines = done.stdout.partition('STEP\n')[2].splitlines()
  primitives = [line.split(',') for line in lines if ',exec,' in line]
  if not primitives:
    pytest.skip('oneDNN is not in use or logs nothing')
  return [
    (fields[_PASS], fields[_TENSORS])
    for fields in primitives
    if fields[_KIND] == 'convolution'
  ]


@pytest.mark.skipif(
  platform.machine() not in ('x86_64', 'AMD64'),
  reason='TensorFlow uses oneDNN by default on x86-64 only',
)
def test_each_convolution_is_computed_once_in_each_direction(convolutions):
  passes = collections.Counter(direction for direction, _ in convolutions)
  assert passes == {
    # 94 of the network and 2 of the auxiliary classifier.
    'forward_training': 96,
    'backward_weights': 96,
    # The images need no gradient.
    'backward_data': 95,
  }


@pytest.mark.skipif(
  not _HAS_BFLOAT16, reason='the processor has no instructions for bfloat16'
)
def test_no_convolution_of_a_bfloat16_step_uses_float32(convolutions):
  assert convolutions
  assert not [tensors for _, tensors in convolutions if 'f32' in tensors]
  assert all('bf16' in tensors for _, tensors in convolutions)
