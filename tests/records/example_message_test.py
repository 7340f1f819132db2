"""The fields of a record, written and read without TensorFlow.

TensorFlow's own tf.train.Example says what is right.
"""

import pytest
import tensorflow as tf

from inception.records import example_message
from inception.testing import commands
from inception.testing import records

FIELDS = {
  'height': 3,
  'width': 4,
  'label': 2,
  'text': 'roses',
  'filename': 'a.jpg',
}
BOXES = [(0.0, 0.25, 0.5, 1.0), (0.5, 0.0, 0.75, 0.125)]


def feature(*values):
  """Returns a tf.train.Feature of int, float or bytes values."""
  if isinstance(values[0], bytes):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
  if isinstance(values[0], float):
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))
  return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def serialized(features):
  return tf.train.Example(
    features=tf.train.Features(feature=features)
  ).SerializeToString(deterministic=True)


def of_2016(encoded):
  return {
    'image/height': feature(3),
    'image/width': feature(4),
    'image/colorspace': feature(b'RGB'),
    'image/channels': feature(3),
    'image/class/label': feature(2),
    'image/class/text': feature(b'roses'),
    'image/format': feature(b'JPEG'),
    'image/filename': feature(b'a.jpg'),
    'image/encoded': feature(encoded),
  }


@pytest.mark.parametrize('size', [0, 1, 127, 128, 70_000])
def test_encode_writes_the_same_bytes_as_tensorflow(size):
  assert example_message.encode(bytes(size), **FIELDS) == serialized(
    of_2016(bytes(size))
  )


@pytest.mark.parametrize('boxes', [BOXES[:1], BOXES, BOXES * 20])
def test_encode_writes_synset_and_boxes_if_given(boxes):
  sides = zip(('ymin', 'xmin', 'ymax', 'xmax'), zip(*boxes))
  assert example_message.encode(
    b'jpeg', **FIELDS, synset='n02085620', boxes=boxes
  ) == serialized({
    **of_2016(b'jpeg'),
    'image/class/synset': feature(b'n02085620'),
    **{f'image/object/bbox/{side}': feature(*values) for side, values in sides},
  })


def test_a_folder_is_written_if_given():
  assert example_message.encode(
    b'', **FIELDS, folder='roses/2016'
  ) == serialized({**of_2016(b''), 'image/folder': feature(b'roses/2016')})


def test_equal_arguments_give_equal_bytes():
  # A protobuf map has no fixed order; unsorted, it varies within a run.
  assert len({example_message.encode(b'x', **FIELDS) for _ in range(20)}) == 1


@pytest.mark.parametrize(
  ('name', 'expected'),
  [
    ('Bl\u00fcte \U0001f33b.jpg', 'Bl\u00fcte \U0001f33b.jpg'.encode()),
    # A Latin-1 name as Linux returns it.
    ('\udcfc.jpg', b'\xfc.jpg'),
    ('two\nlines.jpg', b'two\nlines.jpg'),
  ],
)
def test_any_file_name_can_be_written_and_read(name, expected):
  record = example_message.encode(b'', **FIELDS | {'filename': name})
  features = tf.train.Example.FromString(record).features.feature
  assert features['image/filename'].bytes_list.value == [expected]
  assert example_message.decode(record).filename == name


@pytest.mark.parametrize('label', [0, -1])
def test_label_below_1_is_refused(label):
  with pytest.raises(ValueError, match=f'got {label}'):
    example_message.encode(b'', **FIELDS | {'label': label})


@pytest.mark.parametrize(
  'box',
  [
    (0.5, 0.0, 0.5, 1.0),
    (0.0, 0.9, 1.0, 0.1),
    (-0.1, 0.0, 1.0, 1.0),
    (0.0, 0.0, 1.0, 1.1),
    (float('nan'), 0.0, 1.0, 1.0),
  ],
)
def test_box_outside_the_image_is_refused(box):
  with pytest.raises(ValueError, match='box'):
    example_message.encode(b'', **FIELDS, boxes=[box])


def test_decode_reads_every_field():
  features = {
    **of_2016(b'\x00\xff'),
    'image/class/synset': feature(b'n1'),
    'image/folder': feature(b'roses/2016'),
    'of others': feature(1.5, 2.5),
  }
  for i, side in enumerate(('ymin', 'xmin', 'ymax', 'xmax')):
    features[f'image/object/bbox/{side}'] = feature(*(b[i] for b in BOXES))
  assert example_message.decode(serialized(features)) == (
    example_message.Example(
      encoded=b'\x00\xff',
      label=2,
      text='roses',
      filename='a.jpg',
      folder='roses/2016',
      height=3,
      width=4,
      channels=3,
      synset='n1',
      colorspace='RGB',
      format='JPEG',
      boxes=tuple(BOXES),
    )
  )


def test_decode_reads_records_of_other_programs():
  decoded = example_message.decode(records.example(b'jpeg', 5, boxes=BOXES))
  assert (decoded.encoded, decoded.label, decoded.filename, decoded.boxes) == (
    b'jpeg',
    5,
    'image.jpg',
    tuple(BOXES),
  )


@pytest.mark.parametrize(
  'record',
  [b'', serialized({}), serialized({'image/encoded': tf.train.Feature()})],
)
def test_absent_fields_have_default_values(record):
  assert example_message.decode(record) == example_message.Example(
    encoded=b'',
    label=None,
    text='',
    filename='',
    folder='',
    height=None,
    width=None,
    channels=None,
    synset='',
    colorspace='',
    format='',
    boxes=(),
  )


@pytest.mark.parametrize(
  'record',
  [b'nonsense', b'\x0a\x05abc', example_message.encode(b'x', **FIELDS)[:-1]],
)
def test_bytes_that_are_no_example_are_refused(record):
  with pytest.raises(example_message.MessageError, match=r'no tf\.train\.Ex'):
    example_message.decode(record)


@pytest.mark.parametrize(
  ('name', 'value', 'reason'),
  [
    ('image/encoded', feature(1), 'of the type int64_list, not bytes_list'),
    ('image/encoded', feature(b'a', b'b'), 'has 2 values, not one'),
    ('image/class/label', feature(1.0), 'of the type float_list, not int64_'),
    ('image/class/label', feature(1, 2), 'has 2 values, not one'),
    ('image/class/text', feature(1), 'of the type int64_list'),
    ('image/class/synset', feature(b'a', b'b', b'c'), 'has 3 values'),
    ('image/filename', feature(2.0), 'of the type float_list'),
    ('image/height', feature(b'3'), 'of the type bytes_list, not int64_list'),
    ('image/width', feature(1, 2), 'has 2 values'),
    ('image/channels', feature(3.0), 'of the type float_list'),
    ('image/colorspace', feature(1), 'of the type int64_list'),
    ('image/format', feature(1), 'of the type int64_list'),
    ('image/object/bbox/ymin', feature(1), 'of the type int64_list, not float'),
    ('image/object/bbox/xmax', feature(0.5), 'has 1 values, and image/object'),
  ],
)
def test_field_of_the_wrong_type_or_count_is_refused(name, value, reason):
  with pytest.raises(example_message.MessageError) as raised:
    example_message.decode(serialized({**of_2016(b'x'), name: value}))
  assert str(raised.value).startswith(f'{name} ')
  assert reason in str(raised.value)


def test_tensorflow_is_not_imported():
  done = commands.python(
    'import sys\n'
    'from inception.records import example_message\n'
    'print("tensorflow" in sys.modules)\n',
    {},
  )
  assert done.stdout == 'False\n', done.stderr
