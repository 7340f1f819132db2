"""Writes TFRecord shards of photos: complete or not at all, and resumable.

  stage             writes a subset's shards under temporary names -> Staged
  publish           renames them to their final names
  unpublished       the argument of an interrupted publish
  partials, discard_partials
                    list and remove the temporary files of interrupted runs

There are two steps so that a failing run leaves existing records untouched: the
caller stages every subset, then publishes. A temporary file of an interrupted
run is valid up to its last complete record, and the next run continues after
it.

Several threads read and encode the images; one thread writes the records in the
order of the photos. So the bytes of a shard depend only on the photos and their
order, not on threads or interruptions, and only a few images per thread are in
memory. (The log of 2016 reported each thread's own part; here "thread 0" is the
thread that writes.)
"""

import collections
import contextlib
import dataclasses
import os
import pathlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO

from inception import dataset
from inception.data.curation import image_survey
from inception.jobs import atomic_files
from inception.jobs import ordered_pool
from inception.jobs import progress
from inception.records import tfrecord_file

# The leading dot keeps the temporary files out of searches for train-*.
_PARTIAL = '.{}.partial'
_PARTIAL_PATTERN = re.compile(r'\..+-\d{5}-of-\d{5}\.partial')

_IMAGES_PER_LOG_LINE = 1000
_BUFFER_BYTES = 2**20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Staged:
  """A subset with complete shards that do not have their final names yet.

  Attributes:
    shards: {temporary path: final path}.
    examples_per_class: {class name: number of images}.
  """

  shards: Mapping[str, str]
  examples_per_class: collections.Counter[str]

  @property
  def num_examples(self) -> int:
    """The number of images in the shards."""
    return self.examples_per_class.total()


def stage(
  photos: Sequence[image_survey.Photo],
  *,
  subset: str,
  output_directory: str | os.PathLike,
  num_shards: int,
  num_threads: int,
  make_record: Callable[[image_survey.Photo], bytes],
  log: progress.Log,
) -> Staged:
  """Writes the photos, in their order, into temporary files of the shards.

  Existing temporary files are resumed; they must come from the same photos.

  Args:
    photos: Shuffled photos; the shards get parts of equal length, to within
      one.
    subset: Name of the shards, such as 'train'.
    output_directory: An existing folder.
    num_shards: Number of shards; some are empty if there are fewer images.
    num_threads: Number of images that are read and encoded at a time.
    make_record: Function from a photo to its record; called by several threads
      at once.
    log: Called with each line for the user.

  Returns:
    The staged subset, for `publish`.

  Raises:
    OSError: A shard cannot be written.
    And the errors of make_record. Records that have been written stay for the
      next run.
  """
  staged = _staged(photos, subset, output_directory, num_shards)
  tally = _Tally(len(photos), log)
  for index, (temporary, final) in enumerate(staged.shards.items()):
    first = len(photos) * index // num_shards
    part = photos[first : len(photos) * (index + 1) // num_shards]
    with _open(temporary, len(part)) as (file, num_there):
      if num_there:
        log(
          f'{progress.timestamp()} [thread 0]: {num_there} of {len(part)} '
          f'images are in {pathlib.Path(final).name} already.'
        )
      tally.count(num_there)
      for _, record in ordered_pool.run(
        make_record, part[num_there:], num_threads=num_threads
      ):
        tfrecord_file.write(file, record)
        tally.count(1)
    log(
      f'{progress.timestamp()} [thread 0]: Wrote {len(part)} images to {final}'
    )
  log(
    f'{progress.timestamp()} [thread 0]: Wrote {len(photos)} images to '
    f'{num_shards} shards.'
  )
  return staged


def publish(staged: Staged) -> None:
  """Renames the shards to their final names, each in one atomic step.

  A missing temporary file has been renamed already by an interrupted run.

  Raises:
    OSError: An existing shard cannot be replaced.
  """
  for temporary, final in staged.shards.items():
    with contextlib.suppress(FileNotFoundError):
      atomic_files.replace(temporary, final)
  for folder in {os.path.dirname(final) for final in staged.shards.values()}:
    atomic_files.sync_folder(folder)


def unpublished(
  photos: Sequence[image_survey.Photo],
  *,
  subset: str,
  output_directory: str | os.PathLike,
  num_shards: int,
) -> Staged | None:
  """Returns the argument of an interrupted `publish`.

  Returns None if there cannot have been one: a shard exists under neither of
  its names.
  """
  staged = _staged(photos, subset, output_directory, num_shards)
  if all(
    os.path.exists(temporary) or os.path.exists(final)
    for temporary, final in staged.shards.items()
  ):
    return staged
  return None


def partials(output_directory: str | os.PathLike) -> list[pathlib.Path]:
  """Returns the temporary files that interrupted runs have left."""
  return [
    path
    for path in pathlib.Path(output_directory).iterdir()
    if _PARTIAL_PATTERN.fullmatch(path.name)
  ]


def discard_partials(output_directory: str | os.PathLike) -> None:
  """Removes the temporary files that interrupted runs have left.

  The caller must have made sure that no other run is writing to the folder.
  """
  for path in partials(output_directory):
    path.unlink(missing_ok=True)


def _staged(
  photos: Sequence[image_survey.Photo],
  subset: str,
  folder: str | os.PathLike,
  num_shards: int,
) -> Staged:
  """Returns the paths and the counts of a subset's shards; reads no files."""
  names = {}
  for index in range(num_shards):
    name = dataset.shard_name(subset, index, num_shards)
    names[os.path.join(folder, _PARTIAL.format(name))] = os.path.join(
      folder, name
    )
  return Staged(
    shards=names,
    examples_per_class=collections.Counter(
      photo.class_name for photo in photos
    ),
  )


class _Tally:
  """Counts the images, and logs a line for every 1,000."""

  def __init__(self, num_images: int, log: progress.Log):
    self._written = 0
    self._num_images = num_images
    self._log = log

  def count(self, number: int) -> None:
    """Adds a number of images that are in their shards."""
    lines = self._written // _IMAGES_PER_LOG_LINE
    self._written += number
    if self._written // _IMAGES_PER_LOG_LINE > lines:
      self._log(
        f'{progress.timestamp()} [thread 0]: Processed {self._written} '
        f'of {self._num_images} images in thread batch.'
      )


@contextlib.contextmanager
def _open(path: str, num_records: int) -> Iterator[tuple[BinaryIO, int]]:
  """Yields (file, number of records in it) and flushes it to the disk at exit.

  A partial record at the end is cut off. A file with more than num_records
  records comes from another plan and is emptied.
  """
  number, length = 0, 0
  if os.path.exists(path):
    number, length = tfrecord_file.whole_records(path)
    if number > num_records:
      number, length = 0, 0
  with open(path, 'ab', buffering=_BUFFER_BYTES) as file:
    if file.tell() != length:  # Complete shards are not touched.
      file.truncate(length)
    yield file, number
    file.flush()
    os.fsync(file.fileno())
