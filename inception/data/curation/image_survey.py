"""What is in each image file: every one is read and checked, once.

  Photo      a usable image, and what is known of it
  Survey     the photos of a folder, and the files that are none
  survey     files -> Survey

survey_journal remembers each file, so that the next run does not look at it
twice. Whoever takes the bytes later checks them against Photo.key: the journal
saves time, and is not trusted.

Threads read and check; Pillow does that without holding Python's interpreter
lock, so they suffice to use every core.
"""

import contextlib
import dataclasses
import os
import pathlib
from collections.abc import Sequence

from inception.data.curation import content_split
from inception.data.curation import picture_flaws
from inception.data.curation import picture_signatures
from inception.data.curation import survey_journal
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
    signature: picture_signatures.signature of the image in the record.
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

  @property
  def folder(self) -> str:
    """Name of the class folder that the file is in."""
    return self.relative.partition('/')[0]


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
      known, remember = stack.enter_context(
        survey_journal.opened(journal, seed=seed, max_side=max_side)
      )
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


def _facts(image, known, seed, max_side) -> survey_journal.Facts:
  """Returns what the journal knows of a file, or reads it."""
  try:
    status = os.stat(image.path)
    stat = (status.st_size, status.st_mtime_ns)
    entry = known.get(image.relative)
    if entry and entry[0] == stat:
      return survey_journal.Facts(stat, entry[1], entry[2], False)
    if status.st_size > MAX_FILE_BYTES:
      return survey_journal.Facts(
        stat, f'{status.st_size:,} bytes are too many', (), True
      )
    if status.st_size > _FILM_BYTES:
      with open(image.path, 'rb') as file:
        beginning = file.read(_BEGINNING_BYTES)
      if not image_signatures.begins_as_image(beginning):
        reason = image_signatures.why_unreadable(beginning)
        return survey_journal.Facts(stat, reason, (), True)
    content = pathlib.Path(image.path).read_bytes()
  except OSError as error:
    # Not a fact about the file: it is not remembered.
    return survey_journal.Facts(None, error.strerror or str(error), (), False)
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
    return survey_journal.Facts(stat, str(error), (), True)
  return survey_journal.Facts(
    stat,
    '',
    (
      key,
      len(content),
      found.width,
      found.height,
      found.source_format,
      found.is_original,
      picture_signatures.signature(stored.thumbnail),
      found.levels,
      picture_flaws.of(stored),
    ),
    True,
  )
