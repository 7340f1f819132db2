"""Tiny TFRecord shards for tests, written without the code under test.

jpeg, png      a generated picture, encoded
example        a serialized tf.train.Example with the 2016 fields
write_shards   <subset>-NNNNN-of-NNNNN files
flat_dataset   a folder of shards whose images encode their index
number_of      the indices of such images
"""

import collections.abc
import os
import pathlib

import numpy as np
import tensorflow as tf

from inception import dataset


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
  """Returns a smooth colourful uint8 [height, width, 3] picture."""
  rng = np.random.default_rng(seed)
  rows = np.linspace(0, 1, height)[:, None, None]
  columns = np.linspace(0, 1, width)[None, :, None]
  turns = rng.uniform(1, 3, [2, 1, 1, 3])
  phase = rng.uniform(0, 2 * np.pi, 3)
  wave = np.sin(2 * np.pi * (turns[0] * rows + turns[1] * columns) + phase)
  return np.round(127.5 + 110 * wave).astype(np.uint8)


def jpeg(image: np.ndarray) -> bytes:
  """Returns uint8 [height, width, 1 or 3] as a JPEG file."""
  return tf.io.encode_jpeg(image, quality=95).numpy()


def png(image: np.ndarray) -> bytes:
  """Returns uint8 or uint16 [height, width, 1 to 4] as a PNG file."""
  return tf.io.encode_png(image).numpy()


def example(
  encoded: bytes | None,
  label: int | None,
  *,
  filename: str = 'image.jpg',
  boxes: collections.abc.Sequence[tuple[float, float, float, float]] = (),
) -> bytes:
  """Returns a serialized tf.train.Example.

  Args:
    encoded: bytes of the image file; None omits the field.
    label: class number, which is not checked; None omits the field.
    filename: name of the image file.
    boxes: ymin, xmin, ymax, xmax of each box, which are not checked.
  """
  feature = {
    'image/filename': _bytes(filename.encode('utf-8')),
    'image/format': _bytes(b'JPEG'),
  }
  if encoded is not None:
    feature['image/encoded'] = _bytes(encoded)
  if label is not None:
    feature['image/class/label'] = tf.train.Feature(
      int64_list=tf.train.Int64List(value=[label])
    )
  for i, side in enumerate(('ymin', 'xmin', 'ymax', 'xmax')):
    if boxes:
      feature[f'image/object/bbox/{side}'] = tf.train.Feature(
        float_list=tf.train.FloatList(value=[box[i] for box in boxes])
      )
  features = tf.train.Features(feature=feature)
  return tf.train.Example(features=features).SerializeToString()


def write_shards(
  folder: str | os.PathLike,
  subset: str,
  shards: collections.abc.Sequence[collections.abc.Sequence[bytes]],
) -> list[str]:
  """Writes one file for each list of serialized examples; returns the paths."""
  paths = []
  for i, examples in enumerate(shards):
    path = pathlib.Path(folder) / f'{subset}-{i:05d}-of-{len(shards):05d}'
    with tf.io.TFRecordWriter(str(path)) as writer:
      for serialized in examples:
        writer.write(serialized)
    paths.append(str(path))
  return paths


def flat_dataset(
  folder: str | os.PathLike,
  *,
  subset: str = 'train',
  num_examples: int = 10,
  num_shards: int = 2,
  num_classes: int = 5,
  size: int = 16,
) -> dataset.Dataset:
  """Writes shards of one-coloured images and returns their Dataset.

  Image i (from 0, in the order of the shards) is grey of level 8 * i + 4, so at
  most 31 images can be distinguished, and has the label i % num_classes + 1.
  """
  examples = [
    example(
      jpeg(np.full([size, size, 3], 8 * i + 4, np.uint8)),
      i % num_classes + 1,
      filename=f'{i}.jpg',
    )
    for i in range(num_examples)
  ]
  bounds = np.linspace(0, num_examples, num_shards + 1).astype(int)
  write_shards(
    folder,
    subset,
    [examples[begin:end] for begin, end in zip(bounds, bounds[1:])],
  )
  return dataset.Dataset(
    name='greys',
    data_dir=str(folder),
    class_names=tuple(f'grey {i + 1}' for i in range(num_classes)),
    num_examples_of={subset: num_examples},
  )


def number_of(images: np.ndarray) -> np.ndarray:
  """Returns the indices of flat_dataset's undistorted images.

  Args:
    images: float32 [batch, size, size, 3] in [-1, 1].

  Returns:
    int [batch].
  """
  levels = (np.asarray(images).mean((1, 2, 3)) + 1) * 127.5
  return np.round((levels - 4) / 8).astype(int)


def _bytes(value: bytes) -> tf.train.Feature:
  return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
