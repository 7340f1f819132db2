"""One image as a tf.train.Example: the one home of the record's fields.

  encode           an image and what is known of it -> a serialized Example
  parse            a serialized Example -> ParsedExample, for tf.data
  ParsedExample    what the input pipeline uses of a record

The fields are those of the 2016 records, so that either generation of code
reads the other's. Labels count from 1: label 0 is the background class, which
no image has. (TF-Slim's own flowers records count from 0.)
"""

import typing
from collections.abc import Sequence

import tensorflow as tf

COLORSPACE = 'RGB'
CHANNELS = 3
FORMAT = 'JPEG'

# A record without a label is read with this one, which no class has, so that
# the check of labels can name the record.
NO_LABEL = -1

_BOX_SIDES = ('ymin', 'xmin', 'ymax', 'xmax')


class ParsedExample(typing.NamedTuple):
  """One record.

  Attributes:
    encoded: string scalar, the image's JPEG (or PNG) file.
    label: int32 scalar; in [1, num_classes] in sound records, NO_LABEL where
      the record has none.
    bbox: float32 [1, boxes, 4], each ymin, xmin, ymax, xmax in [0, 1]; no boxes
      where the record has none.
    text: string scalar, the class name; '' where the record has none.
  """
  encoded: tf.Tensor
  label: tf.Tensor
  bbox: tf.Tensor
  text: tf.Tensor


def encode(jpeg: bytes, *, height: int, width: int, label: int, text: str,
           filename: str, synset: str = '',
           boxes: Sequence[
               tuple[float, float, float, float]] = ()) -> bytes:
  """Returns a serialized Example; equal arguments give equal bytes.

  Args:
    jpeg: an RGB JPEG file.
    height: its pixel rows.
    width: its pixel columns.
    label: class number, counted from 1.
    text: class name.
    filename: name of the image file, without its folder.
    synset: WordNet identifier of the class, for ImageNet; '' leaves it out.
    boxes: ymin, xmin, ymax, xmax in [0, 1] of each object of the class.

  Raises:
    ValueError: the label is not a class, or a box is not within the image.
  """
  if label < 1:
    raise ValueError(f'label must be >= 1 (0 is the background), got {label}')
  for box in boxes:
    ymin, xmin, ymax, xmax = box
    if not (0 <= ymin < ymax <= 1 and 0 <= xmin < xmax <= 1):
      raise ValueError(f'a box must be ymin < ymax and xmin < xmax within '
                       f'[0, 1], got {tuple(box)}')
  features = {
      'image/height': _int64(height),
      'image/width': _int64(width),
      'image/colorspace': _text(COLORSPACE),
      'image/channels': _int64(CHANNELS),
      'image/class/label': _int64(label),
      'image/class/text': _text(text),
      'image/format': _text(FORMAT),
      'image/filename': _text(filename),
      'image/encoded': _bytes(jpeg),
  }
  if synset:
    features['image/class/synset'] = _text(synset)
  if boxes:
    for side, values in zip(_BOX_SIDES, zip(*boxes)):
      features[f'image/object/bbox/{side}'] = tf.train.Feature(
          float_list=tf.train.FloatList(value=values))
  example = tf.train.Example(features=tf.train.Features(feature=features))
  # The features are a protobuf map, which has no order of its own.
  return example.SerializeToString(deterministic=True)


def parse(serialized: tf.Tensor) -> ParsedExample:
  """Returns the fields of one serialized Example (a string scalar).

  Boxes, class text and synset may be absent. An absent image reads as '' and
  an absent label as NO_LABEL.

  Raises:
    tf.errors.InvalidArgumentError: it is no Example, or a field has another
      type or number of values.
  """
  sides = {f'image/object/bbox/{side}': tf.io.FixedLenSequenceFeature(
      [], tf.float32, allow_missing=True) for side in _BOX_SIDES}
  fields = tf.io.parse_single_example(serialized, {
      'image/encoded': tf.io.FixedLenFeature([], tf.string, ''),
      'image/class/label': tf.io.FixedLenFeature([], tf.int64, NO_LABEL),
      'image/class/text': tf.io.FixedLenFeature([], tf.string, ''),
      **sides})
  boxes = tf.stack([fields[name] for name in sides], axis=-1)
  return ParsedExample(
      encoded=fields['image/encoded'],
      label=tf.cast(fields['image/class/label'], tf.int32),
      bbox=boxes[tf.newaxis],
      text=fields['image/class/text'])


def _int64(value: int) -> tf.train.Feature:
  return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))


def _bytes(value: bytes) -> tf.train.Feature:
  return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def _text(value: str) -> tf.train.Feature:
  # A file name need not be Unicode on Linux; its own bytes are kept then.
  return _bytes(value.encode('utf-8', 'surrogateescape'))
