"""Photographs for benchmarks of the input.

load            returns encoded images
write           writes records of them
plain_batches   reads the records by a straightforward tf.data pipeline
"""

import os
import pathlib
import tarfile
from collections.abc import Callable, Sequence

import tensorflow as tf

from inception import dataset
from inception.records import example_proto
from inception.settings import config
from inception.testing import goldens
from inception.testing import records


def load(where: str, limit: int, *, quick: bool = False) -> list[bytes]:
  """Returns up to `limit` encoded images.

  Args:
    where: Folder or .tgz of JPEG files; '' means the shared photographs, or
      drawn pictures if there are none.
    limit: Maximum number of images.
    quick: Whether to return drawn pictures, at most 64.
  """
  path = pathlib.Path(where) if where else goldens.shared_photos()
  if path is None or quick:
    return [
      records.jpeg(records.picture(333, 500, seed=i))
      for i in range(min(limit, 64))
    ]
  if path.is_dir():
    return [p.read_bytes() for p in sorted(path.rglob('*.jpg'))[:limit]]
  photos = []
  with tarfile.open(path) as archive:
    for member in archive:
      if member.name.endswith('.jpg') and len(photos) < limit:
        photos.append(archive.extractfile(member).read())
  return photos


def write(
  folder: str | os.PathLike, photos: Sequence[bytes], *, num_shards: int
) -> dataset.Dataset:
  """Writes records of the subset train, of five classes in turn."""
  names = tuple('abcde')
  examples = [
    records.example(photo, i % len(names) + 1) for i, photo in enumerate(photos)
  ]
  records.write_shards(
    folder, 'train', [examples[i::num_shards] for i in range(num_shards)]
  )
  return dataset.Dataset(
    name='photos',
    data_dir=str(folder),
    class_names=names,
    num_examples_of={'train': len(photos)},
  )


def plain_batches(
  data: dataset.Dataset,
  settings: config.InputConfig,
  distort: Callable[..., tf.Tensor],
) -> tf.data.Dataset:
  """Returns the batches of a straightforward tf.data pipeline.

  Args:
    data: Records of write.
    settings: Settings for reading them.
    distort: plain_images.train_image or plain_images.light_image.
  """

  def distorted(
    index: tf.Tensor, serialized: tf.Tensor
  ) -> tuple[tf.Tensor, tf.Tensor]:
    example = example_proto.parse(serialized)
    image = distort(
      example.encoded, example.bbox, tf.stack([0, index]), settings.image_size
    )
    return image, example.label

  return (
    tf.data
    .TFRecordDataset(data.shard_files('train'))
    .shuffle(data.num_examples('train'))
    .repeat()
    .enumerate()
    .map(distorted, settings.num_preprocess_threads)
    .batch(settings.batch_size, drop_remainder=True)
    .prefetch(2)
  )
