"""The fields of a record, written and read."""

import pytest
import tensorflow as tf

from inception.data import example_proto
from inception.testing import records

FIELDS = {'height': 3, 'width': 4, 'label': 2, 'text': 'roses',
          'filename': 'a.jpg'}


def features_of(serialized):
  features = tf.train.Example.FromString(serialized).features.feature
  return {name: list(getattr(value, value.WhichOneof('kind')).value)
          for name, value in features.items()}


def test_encode_writes_the_fields_of_2016():
  assert features_of(example_proto.encode(b'jpeg', **FIELDS)) == {
      'image/height': [3],
      'image/width': [4],
      'image/colorspace': [b'RGB'],
      'image/channels': [3],
      'image/class/label': [2],
      'image/class/text': [b'roses'],
      'image/format': [b'JPEG'],
      'image/filename': [b'a.jpg'],
      'image/encoded': [b'jpeg'],
  }


def test_encode_writes_synset_and_boxes_where_there_are_some():
  features = features_of(example_proto.encode(
      b'', **FIELDS, synset='n02085620',
      boxes=[(0.0, 0.25, 0.5, 1.0), (0.5, 0.0, 0.75, 0.125)]))
  assert features['image/class/synset'] == [b'n02085620']
  assert features['image/object/bbox/ymin'] == [0.0, 0.5]
  assert features['image/object/bbox/xmin'] == [0.25, 0.0]
  assert features['image/object/bbox/ymax'] == [0.5, 0.75]
  assert features['image/object/bbox/xmax'] == [1.0, 0.125]


def test_equal_arguments_give_equal_bytes():
  # A protobuf map has no order of its own; unsorted, it varies within a run.
  assert len({example_proto.encode(b'x', **FIELDS) for _ in range(20)}) == 1


@pytest.mark.parametrize(('name', 'expected'), [
    ('Bl\u00fcte \U0001F33B.jpg', 'Bl\u00fcte \U0001F33B.jpg'.encode()),
    # What Linux gives for a name in Latin-1.
    ('\udcfc.jpg', b'\xfc.jpg'),
])
def test_any_file_name_can_be_written(name, expected):
  fields = FIELDS | {'filename': name}
  features = features_of(example_proto.encode(b'', **fields))
  assert features['image/filename'] == [expected]


@pytest.mark.parametrize('label', [0, -1])
def test_a_label_that_is_no_class_is_refused(label):
  with pytest.raises(ValueError, match=f'got {label}'):
    example_proto.encode(b'', **FIELDS | {'label': label})


@pytest.mark.parametrize('box', [
    (0.5, 0.0, 0.5, 1.0), (0.0, 0.9, 1.0, 0.1), (-0.1, 0.0, 1.0, 1.0),
    (0.0, 0.0, 1.0, 1.1), (float('nan'), 0.0, 1.0, 1.0)])
def test_a_box_that_is_not_in_the_image_is_refused(box):
  with pytest.raises(ValueError, match='box'):
    example_proto.encode(b'', **FIELDS, boxes=[box])


def test_parse_reads_what_encode_writes():
  parsed = example_proto.parse(tf.constant(example_proto.encode(
      b'jpeg', **FIELDS, boxes=[(0.0, 0.25, 0.5, 1.0)])))
  assert parsed.encoded.numpy() == b'jpeg'
  assert parsed.label.dtype == tf.int32
  assert parsed.label.numpy() == 2
  assert parsed.text.numpy() == b'roses'
  assert parsed.bbox.numpy().tolist() == [[[0.0, 0.25, 0.5, 1.0]]]


def test_parse_reads_records_of_others():
  parsed = example_proto.parse(records.example(
      b'jpeg', 5, boxes=[(0.0, 0.25, 0.5, 1.0), (0.5, 0.0, 0.75, 0.125)]))
  assert parsed.label.numpy() == 5
  assert parsed.bbox.numpy().tolist() == [
      [[0.0, 0.25, 0.5, 1.0], [0.5, 0.0, 0.75, 0.125]]]


def test_absent_fields_have_their_stand_ins():
  parsed = example_proto.parse(records.example(None, None))
  assert parsed.encoded.numpy() == b''
  assert parsed.label.numpy() == example_proto.NO_LABEL == -1
  assert parsed.text.numpy() == b''
  assert parsed.bbox.shape == (1, 0, 4)


def test_parse_works_within_tf_data():
  data = tf.data.Dataset.from_tensors(
      example_proto.encode(b'jpeg', **FIELDS)).map(example_proto.parse)
  element, = data
  assert element.label.numpy() == 2
  assert data.element_spec.bbox.shape.as_list() == [1, None, 4]


def test_what_is_no_example_is_refused():
  with pytest.raises(tf.errors.InvalidArgumentError):
    example_proto.parse(b'nonsense')


def test_a_label_of_another_type_is_refused():
  features = tf.train.Features(feature={
      'image/class/label': tf.train.Feature(
          float_list=tf.train.FloatList(value=[1.0]))})
  with pytest.raises(tf.errors.InvalidArgumentError, match='image/class/label'):
    example_proto.parse(
        tf.train.Example(features=features).SerializeToString())
