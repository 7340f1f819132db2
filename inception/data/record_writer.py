"""Photos -> TFRecord shards, whole or not at all, and resumable.

  stage             writes a subset's shards under temporary names -> Staged
  publish           gives them their names
  unpublished       what an interrupted publish was given
  partials, discard_partials
                    the temporaries that are there

Two steps, so that a run which fails leaves what was there before as it was: its
caller stages every subset, then publishes. What was staged when a run ended too
early is sound up to its last whole record: the next one goes on behind it.

Threads read and encode the images; one hands the records to the shards in the
order of the photos. So the bytes of a shard depend on the photos and their
order only, not on threads or interruptions, and a few images a thread are all
that is in memory. (The 2016 log told of each thread's own part; here "thread 0"
is the one that writes.)
"""

import collections
import contextlib
import dataclasses
import os
import pathlib
import re
from collections.abc import Callable, Mapping, Sequence

from inception import dataset
from inception.data.curation import image_survey
from inception.jobs import atomic_files
from inception.jobs import ordered_pool
from inception.jobs import progress
from inception.records import tfrecord_file

# What the dot hides are our files, not shards, to everything that looks for
# train-*.
_PARTIAL = '.{}.partial'
_PARTIAL_PATTERN = re.compile(r'\..+-\d{5}-of-\d{5}\.partial')

_IMAGES_PER_LOG_LINE = 1000
_BUFFER_BYTES = 2**20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Staged:
  """A subset whose shards are complete, but not yet under their names.

  Attributes:
    shards: {temporary path: final path}.
    examples_per_class: {class name: images}.
  """

  shards: Mapping[str, str]
  examples_per_class: collections.Counter[str]

  @property
  def num_examples(self) -> int:
    """Images in the shards."""
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
  """Writes the photos, in their order, into temporaries of num_shards shards.

  Temporaries that are there are gone on with: they must be of the same photos.

  Args:
    photos: shuffled; each shard gets a part of equal length.
    subset: the shards' name, such as 'train'.
    output_directory: an existing folder.
    num_shards: how many shards; some are empty where there are fewer images.
    num_threads: images being read and encoded at a time.
    make_record: photo -> the record's bytes; called by several threads at once.
    log: called with each line for the user.

  Raises:
    OSError: a shard cannot be written, or what make_record raises. What has
      been written stays, for the next run.
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
  """Gives the shards their names; each appears at once, and whole.

  A temporary that is not there has its name already, from a run that was
  interrupted in this.

  Raises:
    OSError: a shard that was there cannot be replaced.
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
  """Returns what an interrupted `publish` was given.

  None where it cannot have been: a shard is there under neither name.
  """
  staged = _staged(photos, subset, output_directory, num_shards)
  if all(
    os.path.exists(temporary) or os.path.exists(final)
    for temporary, final in staged.shards.items()
  ):
    return staged
  return None


def partials(output_directory: str | os.PathLike) -> list[pathlib.Path]:
  """Returns the temporaries that interrupted runs have left."""
  return [
    path
    for path in pathlib.Path(output_directory).iterdir()
    if _PARTIAL_PATTERN.fullmatch(path.name)
  ]


def discard_partials(output_directory: str | os.PathLike) -> None:
  """Removes the temporaries that interrupted runs have left.

  The caller has made sure that no other run is writing into the folder.
  """
  for path in partials(output_directory):
    path.unlink(missing_ok=True)


def _staged(photos, subset, folder, num_shards) -> Staged:
  """Returns what the shards of a subset are, or will be."""
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
  """Counts the images, and tells the user now and then."""

  def __init__(self, num_images: int, log: progress.Log):
    self._written = 0
    self._num_images = num_images
    self._log = log

  def count(self, number: int) -> None:
    """Counts images that are in their shard."""
    lines = self._written // _IMAGES_PER_LOG_LINE
    self._written += number
    if self._written // _IMAGES_PER_LOG_LINE > lines:
      self._log(
        f'{progress.timestamp()} [thread 0]: Processed {self._written} '
        f'of {self._num_images} images in thread batch.'
      )


@contextlib.contextmanager
def _open(path: str, num_records: int):
  """Yields (file, how many records it has); all is on the disk afterwards."""
  number, length = 0, 0
  if os.path.exists(path):
    number, length = tfrecord_file.whole_records(path)
    if number > num_records:
      number, length = 0, 0
  with open(path, 'ab', buffering=_BUFFER_BYTES) as file:
    if file.tell() != length:  # A whole shard is not touched.
      file.truncate(length)
    yield file, number
    file.flush()
    os.fsync(file.fileno())
