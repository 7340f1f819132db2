"""Image files -> TFRecord shards, whole or not at all.

  stage             writes a subset's shards under temporary names -> Staged
  publish           gives them their names
  discard_partials  removes the temporaries that an interruption left

Two steps, so that a run which fails, or finds no usable image, leaves what was
there before as it was: its caller stages every subset, then publishes.

Threads read, check and encode the images; one hands the records to the shards
in the order of the files. So the bytes of a shard depend on the files and their
order only, not on threads, and a few images a thread are all that is in memory.
(The 2016 log told of each thread's own part; here "thread 0" is the one that
writes.)
"""

import collections
import concurrent.futures
import contextlib
import dataclasses
import itertools
import os
import pathlib
import re
from collections.abc import Iterable, Mapping, Sequence

import tensorflow as tf

from inception import dataset
from inception.data import example_proto
from inception.data import image_coder
from inception.data import image_files
from inception.data import progress

# What the dot hides are our files, not shards, to everything that looks for
# train-*.
_PARTIAL = '.{}.partial'
_PARTIAL_PATTERN = re.compile(r'\..+-\d{5}-of-\d{5}\.partial')

# A file so large is no photograph, and would not fit a record (2 GiB).
_MAX_FILE_BYTES = 2**30

# Images being read and encoded, or waiting for their turn, for each thread.
_WINDOW_PER_THREAD = 4
_IMAGES_PER_LOG_LINE = 1000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Staged:
  """A subset whose shards are complete, but not yet under their names.

  Attributes:
    shards: {temporary path: final path}.
    examples_per_class: {class name: images written}.
    skipped: the files that are left out.
  """
  shards: Mapping[str, str]
  examples_per_class: collections.Counter[str]
  skipped: tuple[image_files.Skipped, ...]

  @property
  def num_examples(self) -> int:
    """Images written."""
    return self.examples_per_class.total()


def stage(images: Sequence[image_files.ImageFile], *,
          subset: str, output_directory: str | os.PathLike, num_shards: int,
          num_threads: int, log: progress.Log) -> Staged:
  """Writes the images, in their order, into temporaries of num_shards shards.

  Args:
    images: shuffled; each shard gets a part of equal length.
    subset: the shards' name, such as 'train'.
    output_directory: an existing folder.
    num_shards: how many shards; some are empty where there are fewer images.
    num_threads: images being read and encoded at a time.
    log: called with each line for the user.

  Raises:
    OSError: a shard cannot be written. No temporary is left behind.
  """
  shards = {}
  for index in range(num_shards):
    name = dataset.shard_name(subset, index, num_shards)
    shards[os.path.join(output_directory, _PARTIAL.format(name))] = (
        os.path.join(output_directory, name))
  tally = _Tally(len(images), log)
  with contextlib.ExitStack() as on_failure:
    on_failure.callback(_remove, shards)
    with concurrent.futures.ThreadPoolExecutor(num_threads) as pool:
      records = _in_order(pool, images, num_threads * _WINDOW_PER_THREAD)
      for index, (temporary, final) in enumerate(shards.items()):
        before, first = tally.written, len(images) * index // num_shards
        share = len(images) * (index + 1) // num_shards - first
        with _shard_writer(temporary, final) as writer:
          for image, record in itertools.islice(records, share):
            tally.count(image, record)
            if isinstance(record, bytes):
              writer.write(record)
        log(f'{progress.timestamp()} [thread 0]: Wrote '
            f'{tally.written - before} images to {final}')
    on_failure.pop_all()
  log(f'{progress.timestamp()} [thread 0]: Wrote {tally.written} images to '
      f'{num_shards} shards.')
  return Staged(shards=shards, examples_per_class=tally.examples_per_class,
                skipped=tuple(tally.skipped))


def publish(staged: Staged) -> None:
  """Gives the shards their names; each appears at once, and whole.

  Raises:
    OSError: a shard that was there cannot be replaced.
  """
  for temporary, final in staged.shards.items():
    os.replace(temporary, final)


def discard_partials(output_directory: str | os.PathLike) -> None:
  """Removes the temporaries that an interrupted run has left.

  The caller has made sure that no other run is writing into the folder.
  """
  _remove(path for path in pathlib.Path(output_directory).iterdir()
          if _PARTIAL_PATTERN.fullmatch(path.name))


class _Tally:
  """Counts what becomes of the images, and tells the user now and then."""

  def __init__(self, num_images: int, log: progress.Log):
    self.examples_per_class = collections.Counter()
    self.skipped = []
    self.written = 0
    self._num_images = num_images
    self._log = log

  def count(self, image: image_files.ImageFile,
            record: bytes | image_files.Skipped) -> None:
    """Counts one image, of which `record` was made."""
    if isinstance(record, bytes):
      self.examples_per_class[image.class_name] += 1
      self.written += 1
    else:
      self.skipped.append(record)
      self._log(f'SKIPPED: {record.path}: {record.reason}.')
    processed = self.written + len(self.skipped)
    if processed % _IMAGES_PER_LOG_LINE == 0:
      self._log(f'{progress.timestamp()} [thread 0]: Processed {processed} '
                f'of {self._num_images} images in thread batch.')


def _in_order(pool, images, window):
  """Yields (image, its record) in order, with `window` of them under way."""
  waiting = collections.deque()
  for image in images:
    waiting.append((image, pool.submit(_record, image)))
    if len(waiting) >= window:
      first, future = waiting.popleft()
      yield first, future.result()
  for first, future in waiting:
    yield first, future.result()


def _record(image: image_files.ImageFile) -> bytes | image_files.Skipped:
  """Returns the serialized Example of an image file."""
  path = pathlib.Path(image.path)
  try:
    size = path.stat().st_size
    if size > _MAX_FILE_BYTES:
      return image_files.Skipped(image.path, f'{size:,} bytes are too many')
    encoded = image_coder.encode(path.read_bytes())
  except image_coder.ImageError as error:
    return image_files.Skipped(image.path, str(error))
  except OSError as error:
    return image_files.Skipped(image.path, error.strerror or str(error))
  return example_proto.encode(
      encoded.jpeg, height=encoded.height, width=encoded.width,
      label=image.label, text=image.class_name, filename=path.name)


@contextlib.contextmanager
def _shard_writer(path: str, final: str):
  """Yields a TFRecordWriter; what it wrote is on the disk afterwards."""
  try:
    # Bytes: TensorFlow takes a str for UTF-8, which a Linux path need not be.
    with tf.io.TFRecordWriter(os.fsencode(path)) as writer:
      yield writer
  except tf.errors.OpError as error:
    # TensorFlow's messages read '<path>; <reason>'.
    reason = error.message.rpartition(';')[2].strip()
    raise OSError(f'cannot write {final}: {reason}') from error
  with open(path, 'r+b') as file:
    os.fsync(file.fileno())


def _remove(paths: Iterable[str | os.PathLike]) -> None:
  for path in paths:
    pathlib.Path(path).unlink(missing_ok=True)
