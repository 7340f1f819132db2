"""Tests of inception.checkpoints.variable_values."""

import contextlib

import numpy as np
import pytest
import tensorflow as tf

from inception.checkpoints import checkpoint
from inception.checkpoints import checkpoint_readers
from inception.checkpoints import variable_values

_WEIGHTS = 'logits/logits/weights'


@pytest.fixture(name='reader')
def _reader(tmp_path):
  """A checkpoint of a classifier with three classes, and of a layer."""
  values = {
    _WEIGHTS: np.ones([2, 4], np.float32),
    'conv0/weights': np.full([3], 5.0, np.float32),
  }
  prefix = checkpoint.save(tmp_path, 1, values)
  with contextlib.closing(checkpoint_readers.open_reader(prefix)) as opened:
    yield opened


def _variables(**shapes):
  return {
    name.replace('__', '/'): tf.Variable(tf.zeros(shape))
    for name, shape in shapes.items()
  }


def test_equal_shapes_are_accepted(reader):
  variables = _variables(logits__logits__weights=[2, 4], conv0__weights=[3])
  variable_values.check_shapes(reader, variables, 'pass --fine_tune')


@pytest.mark.parametrize(
  'shapes,text',
  [
    (
      {'logits__logits__weights': [2, 6]},
      r'3 classes, this data has 5\): pass --fine_tune',
    ),
    (
      {'logits__logits__weights': [9, 4]},
      r'shape \(2, 4\) there, \(9, 4\) here: give a checkpoint of this network',
    ),
    (
      {'conv0__weights': [4]},
      r'shape \(3,\) there, \(4,\) here: give a checkpoint of this network',
    ),
  ],
)
def test_other_shapes_are_an_error(reader, shapes, text):
  with pytest.raises(checkpoint.CheckpointError, match=text):
    variable_values.check_shapes(
      reader, _variables(**shapes), 'pass --fine_tune'
    )


def test_values_are_converted_to_the_variables_dtype(reader):
  variable = tf.Variable(tf.zeros([3], tf.float64))
  variable_values.assign(reader, {'conv0/weights': variable})
  np.testing.assert_array_equal(variable, [5.0, 5.0, 5.0])


def test_unreadable_value_leaves_all_variables_unchanged(reader, monkeypatch):
  read = reader.read

  def fail(name):
    if name == 'conv0/weights':
      raise checkpoint.DamagedError(name, 'is damaged', 'give another')
    return read(name)

  monkeypatch.setattr(reader, 'read', fail)
  variables = _variables(logits__logits__weights=[2, 4], conv0__weights=[3])
  with pytest.raises(checkpoint.DamagedError, match='is damaged'):
    variable_values.assign(reader, variables)
  assert not np.any(variables[_WEIGHTS])


@pytest.mark.parametrize(
  'names,text',
  [
    ([], ''),
    (['a', 'b', 'c'], 'a, b, c'),
    (list('abcde'), 'a, b, c and 2 more'),
  ],
)
def test_few(names, text):
  assert variable_values.few(names) == text
