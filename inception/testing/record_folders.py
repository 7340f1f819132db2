"""Folders of small records, sound and not, made without TensorFlow.

picture, noise   an image file; no two seeds look alike
record           a serialized Example of it
with_field       the same with another value in a field
write_shard, write
                 a file; a folder of subsets with dataset_info.json
"""

import io
import os
import pathlib
import struct
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from inception import dataset
from inception.records import example_message
from inception.records import tfrecord_file

CLASSES = ('daisy', 'roses', 'tulips')


def noise(seed: int, height: int = 48, width: int = 64) -> np.ndarray:
  """Returns coloured blotches, uint8 [height, width, 3]."""
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
  """Returns an image file; the same seed looks alike at any size."""
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
  **fields,
) -> bytes:
  """Returns a sound record of picture(seed).

  Args:
    seed: of the picture.
    label: of CLASSES, from 1.
    encoded: another image file.
    height: of the image.
    width: of the image.
    **fields: others of example_message.encode.
  """
  if encoded is None:
    encoded = picture(seed, height=height, width=width)
  fields = {'text': CLASSES[label - 1], 'filename': f'{seed}.jpg'} | fields
  return example_message.encode(
    encoded, height=height, width=width, label=label, **fields
  )


def with_field(serialized: bytes, name: str, *values) -> bytes:
  """Returns a record with a field of these bytes, ints or floats.

  Protocol buffers that follow each other are one, in which the last value of a
  field counts. No value is a field without any, which reads as absent.
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
  **info,
) -> None:
  """Writes a data set: {subset: the records of each of its shards}.

  Args:
    folder: is made where it is not there.
    shards: what to write.
    class_names: for dataset_info.json.
    with_info: write dataset_info.json.
    **info: fields of its Dataset that are to be others.
  """
  pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
  for subset, parts in shards.items():
    for i, records in enumerate(parts):
      write_shard(
        pathlib.Path(folder, dataset.shard_name(subset, i, len(parts))), records
      )
  if with_info:
    fields = {
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
  """Returns a field of the wire type 2: its length and content."""
  return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _value(value: bytes | int | float) -> bytes:
  """Returns one value of a list, whose field has the number 1."""
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
