"""Writes and reads an image as a tf.train.Example; defines its fields.

  encode         an image and its metadata -> a serialized Example
  decode         a serialized Example -> Example
  Example        the contents of a record
  is_sound_box   decides whether a box is valid
  MessageError   the bytes are not an Example, or a field is of the wrong type

The fields are those of the 2016 records, so that the code of either generation
reads the other's records. Labels count from 1: label 0 is the background class,
which no image has. (TF-Slim's own flowers records count from 0.)

TensorFlow is not used, because it takes seconds to import. The few protobuf
messages of an Example are declared here instead, in a separate descriptor pool
where they cannot conflict with TensorFlow's. example_proto reads records within
tf.data.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf import descriptor_pool
from google.protobuf import message
from google.protobuf import message_factory

from inception.jobs import errors

ENCODED = 'image/encoded'
LABEL = 'image/class/label'
TEXT = 'image/class/text'
SYNSET = 'image/class/synset'
FILENAME = 'image/filename'
# Not a field of 2016.
FOLDER = 'image/folder'
HEIGHT = 'image/height'
WIDTH = 'image/width'
CHANNELS = 'image/channels'
COLORSPACE = 'image/colorspace'
FORMAT = 'image/format'
# ymin, xmin, ymax, xmax: the order of every box in this project.
BOX_SIDES = tuple(
  f'image/object/bbox/{side}' for side in ('ymin', 'xmin', 'ymax', 'xmax')
)

# Fields that encode writes for every image, as it accepts only RGB JPEGs.
_COLORSPACE = 'RGB'
_CHANNELS = 3
_FORMAT = 'JPEG'

_FieldType = descriptor_pb2.FieldDescriptorProto


class MessageError(errors.UserError):
  """Not an Example, or a field has the wrong type or number of values."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Example:
  """One record. An absent field is empty or None.

  Attributes:
    encoded: the bytes of the image's JPEG (or PNG) file.
    label: class number; in [1, num_classes] in valid records.
    text: class name.
    filename: name of the image file, without its folder.
    folder: folder of the image file, relative to the folder of images, with /
      on every system; empty if it is the class name.
    height: declared number of pixel rows.
    width: declared number of pixel columns.
    channels: declared number of values per pixel.
    synset: WordNet identifier of the class.
    colorspace: 'RGB' in valid records.
    format: 'JPEG' or 'PNG' in valid records.
    boxes: ymin, xmin, ymax, xmax of each object; in [0, 1] in valid records.
  """

  encoded: bytes
  label: int | None
  text: str
  filename: str
  folder: str
  height: int | None
  width: int | None
  channels: int | None
  synset: str
  colorspace: str
  format: str
  boxes: tuple[tuple[float, float, float, float], ...]


def encode(
  jpeg: bytes,
  *,
  height: int,
  width: int,
  label: int,
  text: str,
  filename: str,
  folder: str = '',
  synset: str = '',
  boxes: Sequence[tuple[float, float, float, float]] = (),
) -> bytes:
  """Returns a serialized Example; equal arguments give equal bytes.

  Args:
    jpeg: the bytes of an RGB JPEG file.
    height: the number of its pixel rows.
    width: the number of its pixel columns.
    label: class number, counted from 1.
    text: class name.
    filename: name of the image file, without its folder.
    folder: folder of the image file, relative to the folder of images, with /;
      '' omits the field.
    synset: WordNet identifier of the class, for ImageNet; '' omits the field.
    boxes: ymin, xmin, ymax, xmax in [0, 1] of each object of the class.

  Raises:
    ValueError: label is less than 1, or a box is empty or not within the image.
  """
  if label < 1:
    raise ValueError(f'label must be >= 1 (0 is the background), got {label}')
  for box in boxes:
    if not is_sound_box(box):
      raise ValueError(
        f'a box must be ymin < ymax and xmin < xmax within '
        f'[0, 1], got {tuple(box)}'
      )
  example = _ExampleMessage()
  feature = example.features.feature
  for name, number in (
    (HEIGHT, height),
    (WIDTH, width),
    (LABEL, label),
    (CHANNELS, _CHANNELS),
  ):
    feature[name].int64_list.value.append(number)
  for name, words in (
    (COLORSPACE, _COLORSPACE),
    (TEXT, text),
    (FORMAT, _FORMAT),
    (FILENAME, filename),
  ):
    feature[name].bytes_list.value.append(_to_bytes(words))
  feature[ENCODED].bytes_list.value.append(jpeg)
  if folder:
    feature[FOLDER].bytes_list.value.append(_to_bytes(folder))
  if synset:
    feature[SYNSET].bytes_list.value.append(_to_bytes(synset))
  if boxes:
    for name, values in zip(BOX_SIDES, zip(*boxes)):
      feature[name].float_list.value.extend(values)
  # The features are a protobuf map, which has no fixed order.
  return example.SerializeToString(deterministic=True)


def decode(serialized: bytes) -> Example:
  """Returns the contents of a serialized Example.

  Values are not checked: the label may be no class, and a box may lie outside
  the image.

  Raises:
    MessageError: the bytes are not an Example, or a field has the wrong type or
      number of values; the text names the field.
  """
  try:
    example = _ExampleMessage.FromString(serialized)
  except message.DecodeError as error:
    raise MessageError('it is no tf.train.Example') from error
  feature = example.features.feature
  return Example(
    encoded=_one(feature, ENCODED, 'bytes_list', b''),
    label=_one(feature, LABEL, 'int64_list', None),
    text=_text(feature, TEXT),
    filename=_text(feature, FILENAME),
    folder=_text(feature, FOLDER),
    height=_one(feature, HEIGHT, 'int64_list', None),
    width=_one(feature, WIDTH, 'int64_list', None),
    channels=_one(feature, CHANNELS, 'int64_list', None),
    synset=_text(feature, SYNSET),
    colorspace=_text(feature, COLORSPACE),
    format=_text(feature, FORMAT),
    boxes=_boxes(feature),
  )


def is_sound_box(box: Sequence[float]) -> bool:
  """Returns True if ymin, xmin, ymax, xmax bound a part of the image."""
  ymin, xmin, ymax, xmax = box
  return 0 <= ymin < ymax <= 1 and 0 <= xmin < xmax <= 1


def _to_bytes(words: str) -> bytes:
  # A file name may be undecodable on Linux; its bytes are kept.
  return words.encode('utf-8', 'surrogateescape')


def _values(
  feature: Mapping[str, Any], name: str, kind: str
) -> Sequence[Any] | None:
  """Returns the values of a field; None if it is absent."""
  if name not in feature:
    return None
  actual_kind = feature[name].WhichOneof('kind')
  if actual_kind is None:
    return None
  if actual_kind != kind:
    raise MessageError(f'{name} is of the type {actual_kind}, not {kind}')
  return getattr(feature[name], kind).value


def _one(feature: Mapping[str, Any], name: str, kind: str, default: Any) -> Any:
  """Returns the only value of a field; `default` if it is absent."""
  values = _values(feature, name, kind)
  if values is None:
    return default
  if len(values) != 1:
    raise MessageError(f'{name} has {len(values)} values, not one')
  return values[0]


def _text(feature: Mapping[str, Any], name: str) -> str:
  return _one(feature, name, 'bytes_list', b'').decode(
    'utf-8', 'surrogateescape'
  )


def _boxes(
  feature: Mapping[str, Any],
) -> tuple[tuple[float, float, float, float], ...]:
  sides = [_values(feature, name, 'float_list') or () for name in BOX_SIDES]
  for name, values in zip(BOX_SIDES, sides):
    if len(values) != len(sides[0]):
      raise MessageError(
        f'{name} has {len(values)} values, and '
        f'{BOX_SIDES[0]} has {len(sides[0])}'
      )
  return tuple(zip(*sides))


def _add_field(
  owner: descriptor_pb2.DescriptorProto,
  name: str,
  number: int,
  kind: Any,
  label: Any = _FieldType.LABEL_OPTIONAL,
) -> descriptor_pb2.FieldDescriptorProto:
  """Adds a field; `kind` is a type of protobuf's or a message's name."""
  added = owner.field.add(name=name, number=number, label=label)
  if isinstance(kind, str):
    added.type = _FieldType.TYPE_MESSAGE
    added.type_name = f'.inception.{kind}'
  else:
    added.type = kind
  return added


def _example_class() -> type[message.Message]:
  """Returns the protobuf class of the message Example."""
  file = descriptor_pb2.FileDescriptorProto(
    name='inception/example.proto', package='inception', syntax='proto3'
  )

  feature = file.message_type.add(name='Feature')
  feature.oneof_decl.add(name='kind')
  for number, (name, value_type) in enumerate(
    (
      ('Bytes', _FieldType.TYPE_BYTES),
      ('Float', _FieldType.TYPE_FLOAT),
      ('Int64', _FieldType.TYPE_INT64),
    ),
    1,
  ):
    values = file.message_type.add(name=f'{name}List')
    _add_field(values, 'value', 1, value_type, _FieldType.LABEL_REPEATED)
    choice = _add_field(feature, f'{name.lower()}_list', number, f'{name}List')
    choice.oneof_index = 0
  features = file.message_type.add(name='Features')
  entry = features.nested_type.add(name='FeatureEntry')
  entry.options.map_entry = True
  _add_field(entry, 'key', 1, _FieldType.TYPE_STRING)
  _add_field(entry, 'value', 2, 'Feature')
  _add_field(
    features, 'feature', 1, 'Features.FeatureEntry', _FieldType.LABEL_REPEATED
  )
  example = file.message_type.add(name='Example')
  _add_field(example, 'features', 1, 'Features')
  pool = descriptor_pool.DescriptorPool()
  pool.AddSerializedFile(file.SerializeToString())
  return message_factory.GetMessageClass(
    pool.FindMessageTypeByName('inception.Example')
  )


_ExampleMessage = _example_class()
