"""What is in each image file: every one is read and checked, once.

  Photo      a usable image, and what is known of it
  Survey     the photos of a folder, and the files that are none
  survey     files -> Survey

A journal in the output folder remembers each file by its path, size and time of
change, so that a run that was killed, or is run again after a few images have
been added, does not look at the others twice. Whoever takes the bytes later
checks them against Photo.key: the journal saves time, and is not trusted.

Threads read and check; Pillow does that without holding Python's interpreter
lock, so they suffice to use every core.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import sys
from collections.abc import Sequence

import PIL

from inception import dataset
from inception.data.curation import content_split
from inception.data.curation import near_duplicates
from inception.data.curation import picture_flaws
from inception.images import image_coder
from inception.images import image_files
from inception.images import image_signatures
from inception.jobs import ordered_pool
from inception.jobs import progress

# A file so large is no photograph, and would not fit a record (2 GiB).
MAX_FILE_BYTES = 2**30

# Of a larger file the beginning is looked at first: a film is not read whole.
_FILM_BYTES = 2**24
_BEGINNING_BYTES = 2**12

_FILES_AT_A_TIME = 8
_FILES_PER_FLUSH = 64
_JOURNAL_VERSION = 4


class ChangedError(OSError):
  """A file is not what was surveyed; the text names it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Photo:
  """A usable image, and what is known of it.

  Attributes:
    path: of its file.
    relative: the path below the folder of images, with /.
    class_name: its class.
    label: the class's number, counted from 1.
    key: content_split.content_key of the file.
    num_bytes: size of the file.
    width: of the upright image, in the record.
    height: of the upright image, in the record.
    source_format: what the file is: 'JPEG', 'PNG', ...
    is_original: the record holds the file itself.
    signature: near_duplicates.signature of the image in the record.
    levels: image_coder.Examination's: the range of more than 8 bits.
    flaw: picture_flaws.of the image in the record; '' for none.
  """

  path: str
  relative: str
  class_name: str
  label: int
  key: bytes
  num_bytes: int
  width: int
  height: int
  source_format: str
  is_original: bool
  signature: bytes
  levels: str = ''
  flaw: str = ''


@dataclasses.dataclass(frozen=True, kw_only=True)
class Survey:
  """What is in a folder.

  Attributes:
    photos: in the order of the files.
    skipped: the files that are no usable images, with the reason.
  """

  photos: tuple[Photo, ...]
  skipped: tuple[image_files.Skipped, ...]


def survey(
  files: Sequence[image_files.ImageFile],
  *,
  seed: int,
  num_threads: int,
  log: progress.Log,
  max_side: int | None = None,
  journal: str | os.PathLike | None = None,
) -> Survey:
  """Reads and checks every file.

  Args:
    files: what to read.
    seed: of the keys.
    num_threads: files being read and checked at a time.
    log: called with each line for the user.
    max_side: what image_coder.encode will be given.
    journal: path of the journal, which nobody else writes; None keeps none.

  Raises:
    OSError: the journal cannot be written.
  """
  with contextlib.ExitStack() as stack:
    known, remember = {}, None
    if journal is not None:
      known, remember = stack.enter_context(_journal(journal, seed, max_side))
    advance = stack.enter_context(
      progress.show('Checking images', len(files), unit='images', log=log)
    )
    photos, skipped = [], []
    for image, facts in ordered_pool.run(
      lambda image: _facts(image, known, seed, max_side),
      files,
      num_threads=num_threads,
      batch_size=_FILES_AT_A_TIME,
    ):
      advance(1)
      if remember and facts.is_new:
        remember(image, facts)
      if facts.reason:
        skipped.append(image_files.Skipped(image.path, facts.reason))
      else:
        photos.append(
          Photo(
            image.path,
            image.relative,
            image.class_name,
            image.label,
            *facts.values,
          )
        )
  return Survey(photos=tuple(photos), skipped=tuple(skipped))


def read(photo: Photo, *, seed: int) -> bytes:
  """Returns the file's bytes, which are still those that were surveyed.

  Raises:
    ChangedError: the file has changed.
    OSError: it cannot be read.
  """
  content = pathlib.Path(photo.path).read_bytes()
  if content_split.content_key(content, seed=seed) != photo.key:
    raise ChangedError(
      f'{photo.path!r} was changed while it was being used: '
      'run the command again'
    )
  return content


@dataclasses.dataclass(slots=True)
class _Facts:
  """What was found out of a file.

  Attributes:
    stat: (size, time of change in ns); None where it could not be had.
    reason: why it cannot be used; '' where it can.
    values: Photo's fields from `key` on.
    is_new: it is not from the journal.
  """

  stat: tuple[int, int] | None
  reason: str
  values: tuple
  is_new: bool


def _facts(image, known, seed, max_side) -> _Facts:
  """Returns what the journal knows of a file, or reads it."""
  try:
    status = os.stat(image.path)
    stat = (status.st_size, status.st_mtime_ns)
    entry = known.get(image.relative)
    if entry and entry[0] == stat:
      return _Facts(stat, entry[1], entry[2], False)
    if status.st_size > MAX_FILE_BYTES:
      return _Facts(stat, f'{status.st_size:,} bytes are too many', (), True)
    if status.st_size > _FILM_BYTES:
      with open(image.path, 'rb') as file:
        beginning = file.read(_BEGINNING_BYTES)
      if not image_signatures.begins_as_image(beginning):
        reason = image_signatures.why_unreadable(beginning)
        return _Facts(stat, reason, (), True)
    content = pathlib.Path(image.path).read_bytes()
  except OSError as error:
    # Not a fact about the file: it is not remembered.
    return _Facts(None, error.strerror or str(error), (), False)
  key = content_split.content_key(content, seed=seed)
  try:
    found = image_coder.examine(content, max_side=max_side)
    stored = found
    if not found.is_original:
      # The record's image is signed, not the file's: what another decoding or
      # colour profile changes would make near copies of the one alone, and
      # inspect_records, which has only records, would find others.
      encoded = image_coder.encode(content, max_side=max_side, checked=True)
      stored = image_coder.examine(encoded.jpeg)
  except image_coder.ImageError as error:
    return _Facts(stat, str(error), (), True)
  return _Facts(
    stat,
    '',
    (
      key,
      len(content),
      found.width,
      found.height,
      found.source_format,
      found.is_original,
      near_duplicates.signature(stored.thumbnail),
      found.levels,
      picture_flaws.of(stored),
    ),
    True,
  )


@contextlib.contextmanager
def _journal(path, seed, max_side):
  """Yields ({relative path: (stat, reason, values)}, remember)."""
  header = {
    'version': _JOURNAL_VERSION,
    'seed': seed,
    'max_side': max_side,
    'tool': dataset.TOOL,
    'pillow': PIL.__version__,
  }
  known = _known(path, header)
  is_new = not known
  with open(
    path, 'w' if is_new else 'a', encoding='utf-8', newline='\n'
  ) as file:
    if is_new:
      file.write(json.dumps(header) + '\n')
    elif _is_cut_short(path):
      file.write('\n')
    pending = 0

    def remember(image, facts):
      nonlocal pending
      values = facts.values and [
        value.hex() if isinstance(value, bytes) else value
        for value in facts.values
      ]
      file.write(
        json.dumps([image.relative, facts.stat, facts.reason, values]) + '\n'
      )
      pending += 1
      if pending == _FILES_PER_FLUSH:
        pending = 0
        file.flush()

    yield known, remember


def _is_cut_short(path) -> bool:
  """Whether a kill has cut the last line short."""
  with open(path, 'rb') as file:
    file.seek(-1, os.SEEK_END)
    return file.read() != b'\n'


def _known(path, header) -> dict:
  """Reads the journal; empty where it is of other settings or not there."""
  known = {}
  try:
    with open(path, encoding='utf-8') as file:
      if json.loads(file.readline()) != header:
        return {}
      for line in file:
        try:
          relative, stat, reason, values = json.loads(line)
          if values:
            key, *numbers, source_format, is_original, sign, levels, flaw = (
              values
            )
            values = (
              bytes.fromhex(key),
              *numbers,
              sys.intern(source_format),
              is_original,
              bytes.fromhex(sign),
              sys.intern(levels),
              sys.intern(flaw),
            )
          known[relative] = (tuple(stat), reason, values)
        except (ValueError, TypeError):
          continue  # Cut short by a kill.
  except (OSError, ValueError):
    return {}
  return known
