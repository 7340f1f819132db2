"""Folders of small records, valid and invalid, made without TensorFlow.

noise, picture   pixels and an image file; no two seeds look alike
record           a serialized Example of such an image
with_field       a record with another value in a field
write_shard      a TFRecord file
write            a folder of subsets with dataset_info.json
"""

import io
import os
import pathlib
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from inception import dataset
from inception.records import example_message
from inception.records import tfrecord_file

CLASSES = ('daisy', 'roses', 'tulips')


def noise(seed: int, height: int = 48, width: int = 64) -> np.ndarray:
  """Returns a picture of coloured blotches, uint8 [height, width, 3]."""
  blotches = np.random.default_rng(seed).integers(0, 256, [6, 8, 3], np.uint8)
  return np.asarray(
    Image.fromarray(blotches).resize((width, height), Image.Resampling.BICUBIC)
  )


def picture(
  seed: int,
  *,
  height: int = 48,
  width: int = 64,
  mode: str = 'RGB',
  file_format: str = 'JPEG',
  quality: int = 90,
  orientation: int = 1,
) -> bytes:
  """Returns an image file; a seed gives the same picture at any size."""
  exif = Image.Exif()
  if orientation != 1:
    exif[0x0112] = orientation
  buffer = io.BytesIO()
  Image.fromarray(noise(seed, height, width)).convert(mode).save(
    buffer, file_format, quality=quality, exif=exif
  )
  return buffer.getvalue()


def record(
  seed: int,
  label: int = 1,
  *,
  encoded: bytes | None = None,
  height: int = 48,
  width: int = 64,
  **fields: Any,
) -> bytes:
  """Returns a valid record of picture(seed).

  Args:
    seed: seed of the picture.
    label: number of the class in CLASSES, counted from 1.
    encoded: another image file to use; None uses picture(seed).
    height: height of the image in pixels.
    width: width of the image in pixels.
    **fields: other arguments of example_message.encode.
  """
  if encoded is None:
    encoded = picture(seed, height=height, width=width)
  fields = {'text': CLASSES[label - 1], 'filename': f'{seed}.jpg'} | fields
  return example_message.encode(
    encoded, height=height, width=width, label=label, **fields
  )


def with_field(
  serialized: bytes, name: str, *values: bytes | int | float
) -> bytes:
  """Returns a record with a field set to these bytes, ints or floats.

  Concatenated protocol buffers are read as one, in which the last value of a
  field counts. Without values, the field is empty and reads as absent.
  """
  feature = b''
  for kind, number in ((bytes, 1), (float, 2), (int, 3)):
    if values and isinstance(values[0], kind):
      feature = _part(number, b''.join(_value(value) for value in values))
  entry = _part(1, name.encode()) + _part(2, feature)
  return serialized + _part(1, _part(1, entry))


def write_shard(path: str | os.PathLike, records: Sequence[bytes]) -> None:
  """Writes one TFRecord file."""
  with open(path, 'wb') as file:
    for serialized in records:
      tfrecord_file.write(file, serialized)


def write(
  folder: str | os.PathLike,
  shards: Mapping[str, Sequence[Sequence[bytes]]],
  *,
  class_names: Sequence[str] = CLASSES,
  with_info: bool = True,
  **info: Any,
) -> None:
  """Writes a folder of records.

  Args:
    folder: the folder, which is created if it does not exist.
    shards: {subset: the records of each of its shards}.
    class_names: class names for dataset_info.json.
    with_info: False omits dataset_info.json.
    **info: other fields of the Dataset in dataset_info.json, or other values
      for the default ones.
  """
  pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
  for subset, parts in shards.items():
    for i, records in enumerate(parts):
      write_shard(
        pathlib.Path(folder, dataset.shard_name(subset, i, len(parts))), records
      )
  if with_info:
    fields: dict[str, Any] = {
      'name': 'flowers',
      'tool': 'a test',
      'num_examples_of': {
        subset: sum(map(len, parts)) for subset, parts in shards.items()
      },
    }
    dataset.write_info(
      dataset.Dataset(
        data_dir=str(folder), class_names=tuple(class_names), **fields | info
      )
    )


def _part(number: int, content: bytes) -> bytes:
  """Returns a field of wire type 2: its length and content."""
  return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _value(value: bytes | int | float) -> bytes:
  """Returns one value of a list, whose field number is 1."""
  if isinstance(value, bytes):
    return _part(1, value)
  if isinstance(value, float):
    return b'\x0d' + struct.pack('<f', value)
  return b'\x08' + _varint(value % 2**64)


def _varint(number: int) -> bytes:
  encoded = bytearray()
  while number > 127:
    encoded.append(number & 127 | 128)
    number >>= 7
  return bytes([*encoded, number])
