"""Tests of parsing records within tf.data."""

import pytest
import tensorflow as tf

from inception.records import example_message
from inception.records import example_proto
from inception.testing import records

FIELDS = {
  'height': 3,
  'width': 4,
  'label': 2,
  'text': 'roses',
  'filename': 'a.jpg',
}


def test_parse_reads_what_encode_writes():
  parsed = example_proto.parse(
    tf.constant(
      example_message.encode(b'jpeg', **FIELDS, boxes=[(0.0, 0.25, 0.5, 1.0)])
    )
  )
  assert parsed.encoded.numpy() == b'jpeg'
  assert parsed.label.dtype == tf.int32
  assert parsed.label.numpy() == 2
  assert parsed.bbox.numpy().tolist() == [[[0.0, 0.25, 0.5, 1.0]]]


def test_parse_reads_records_of_other_programs():
  parsed = example_proto.parse(
    records.example(
      b'jpeg', 5, boxes=[(0.0, 0.25, 0.5, 1.0), (0.5, 0.0, 0.75, 0.125)]
    )
  )
  assert parsed.label.numpy() == 5
  assert parsed.bbox.numpy().tolist() == [
    [[0.0, 0.25, 0.5, 1.0], [0.5, 0.0, 0.75, 0.125]]
  ]


def test_absent_fields_have_default_values():
  parsed = example_proto.parse(records.example(None, None))
  assert parsed.encoded.numpy() == b''
  assert parsed.label.numpy() == example_proto.NO_LABEL == -1
  assert parsed.bbox.shape == (1, 0, 4)


def test_parse_works_within_tf_data():
  data = tf.data.Dataset.from_tensors(
    example_message.encode(b'jpeg', **FIELDS)
  ).map(example_proto.parse)
  (element,) = data
  assert element.label.numpy() == 2
  assert data.element_spec.bbox.shape.as_list() == [1, None, 4]


def test_bytes_that_are_no_example_are_refused():
  with pytest.raises(tf.errors.InvalidArgumentError):
    example_proto.parse(b'nonsense')


def test_label_of_the_wrong_type_is_refused():
  features = tf.train.Features(
    feature={
      'image/class/label': tf.train.Feature(
        float_list=tf.train.FloatList(value=[1.0])
      )
    }
  )
  with pytest.raises(tf.errors.InvalidArgumentError, match='image/class/label'):
    example_proto.parse(tf.train.Example(features=features).SerializeToString())
