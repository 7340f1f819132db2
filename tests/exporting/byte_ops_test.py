"""Tests of reading numbers out of strings of bytes."""

import numpy as np
import pytest
import tensorflow as tf

from inception.exporting import byte_ops


@pytest.mark.parametrize(
  'position, length, expected',
  [(0, 2, b'ab'), (3, 9, b'd'), (4, 1, b''), (99, 1, b''), (1, -5, b'')],
)
def test_substr_ends_with_the_string(position, length, expected):
  text = tf.constant(b'abcd')
  assert byte_ops.substr(text, position, length).numpy() == expected


def test_numbers_are_zero_beyond_the_end():
  text = tf.constant(b'\x01\xff')
  np.testing.assert_array_equal(byte_ops.numbers(text, 1, 3), [255, 0, 0])


@pytest.mark.parametrize(
  'parts, is_little, expected',
  [
    ([1, 2], False, 258),
    ([1, 2], True, 513),
    ([0, 1, 0, 2], False, 65538),
    ([255] * 4, False, 2**31 - 1),
  ],
)
def test_number(parts, is_little, expected):
  assert byte_ops.number(tf.constant(parts), is_little=is_little) == expected


def test_number_of_each_row():
  np.testing.assert_array_equal(
    byte_ops.number(tf.constant([[1, 0], [0, 7]])), [256, 7]
  )


@pytest.mark.parametrize('num_rows', [2, 2**31 - 1])
def test_table_has_complete_rows_only(num_rows):
  text = tf.constant(b'..abcdefg')
  rows = byte_ops.table(
    text, tf.constant(2), tf.constant(num_rows), row_bytes=3
  )
  np.testing.assert_array_equal(rows, [[97, 98, 99], [100, 101, 102]])
