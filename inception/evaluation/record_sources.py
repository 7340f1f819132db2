"""Finds the record that each evaluated example came from.

index     reads the shards in the order in which they are evaluated
read      reads one record again
path      returns the path of an image file in the folder of images
Source    file name, label and position of a record

The input pipeline yields only pixels and labels: carrying names along would
slow down every batch, also in training. Reading the records a second time takes
about 0.2 s per 1,000 photographs.
"""

import dataclasses
import itertools
import pathlib
from collections.abc import Iterator, Sequence

from inception import dataset
from inception.records import example_message
from inception.records import tfrecord_file


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
  """The record of one example.

  Attributes:
    file: name of the image file, without its folder; '' if the record has none.
    label: class number, counted from 1; None if the record has none.
    shard: path of the shard.
    record: number of the record in its shard, counted from 0.
    offset: position of the record in its shard, in bytes.
    folder: folder of the image file, relative to the folder of images; '' if it
      is the folder of the class, or unknown.
    width: declared number of pixel columns; None if the record has none.
    height: declared number of pixel rows; None if the record has none.
  """

  file: str
  label: int | None
  shard: str
  record: int
  offset: int
  folder: str = ''
  width: int | None = None
  height: int | None = None

  @property
  def key(self) -> str:
    """Identifier of the record, such as 'validation-00000-of-00001:7'."""
    return f'{pathlib.PurePath(self.shard).name}:{self.record}'

  @property
  def subset(self) -> str:
    """Name of the subset, from the shard's name."""
    # SUBSET-00000-of-00001
    return pathlib.PurePath(self.shard).name.rsplit('-', 3)[0]


def path(source: Source, class_name: str) -> str:
  """Returns the path of an image file in the folder of images, with /.

  Args:
    source: record of the image.
    class_name: name of its class, which is its folder unless the record says
      otherwise.
  """
  return f'{source.folder or class_name}/{source.file}'


def read(source: Source) -> example_message.Example:
  """Reads the record again.

  Raises:
    tfrecord_file.RecordError: the shard has changed since it was indexed.
    example_message.MessageError: the record is not an Example.
    OSError: the shard cannot be read.
  """
  return example_message.decode(
    tfrecord_file.read_at(
      source.shard, record=source.record, offset=source.offset
    )
  )


def index(shards: Sequence[str], *, limit: int | None = None) -> list[Source]:
  """Returns the sources of the records, in the order of the shards.

  Args:
    shards: paths of the shards.
    limit: maximum number of records; None reads all of them.

  Raises:
    dataset.DatasetError: a record cannot be read.
  """
  try:
    return list(itertools.islice(_sources(shards), limit))
  except (tfrecord_file.RecordError, example_message.MessageError) as error:
    raise dataset.DatasetError(
      f'{error}: prepare the data again or copy it again'
    ) from error


def _sources(shards: Sequence[str]) -> Iterator[Source]:
  for shard in shards:
    offset = 0
    for record, data in enumerate(tfrecord_file.read(shard)):
      example = example_message.decode(data)
      yield Source(
        file=example.filename,
        label=example.label,
        shard=str(shard),
        record=record,
        offset=offset,
        folder=example.folder,
        width=example.width,
        height=example.height,
      )
      offset += len(data) + tfrecord_file.OVERHEAD_BYTES
