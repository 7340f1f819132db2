"""Reads and checks every image file once.

  Photo      the facts about a usable image
  Survey     the photos of a folder, and the files that are not usable
  survey     files -> Survey
  read       the bytes of a photo, checked against the survey

survey_journal stores the facts about each file, so that the next run need not
read it again. The journal only saves time and is not trusted: `read` checks the
bytes against Photo.key.

Threads read and check the files. Pillow decodes without holding Python's
interpreter lock, so threads suffice to use every core.
"""

import contextlib
import dataclasses
import os
import pathlib
from collections.abc import Mapping, Sequence

from inception.data.curation import content_split
from inception.data.curation import picture_flaws
from inception.data.curation import picture_signatures
from inception.data.curation import survey_journal
from inception.images import image_coder
from inception.images import image_errors
from inception.images import image_files
from inception.images import image_signatures
from inception.jobs import ordered_pool
from inception.jobs import progress

# Larger files are not photographs, and would not fit into a record (2 GiB).
MAX_FILE_BYTES = 2**30

# For files larger than this, the beginning is checked first, so that a film is
# not read completely.
_FILM_BYTES = 2**24
_BEGINNING_BYTES = 2**12

_FILES_AT_A_TIME = 8


class ChangedError(OSError):
  """A file has changed since the survey; the text names it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Photo:
  """The facts about a usable image.

  Attributes:
    path: Path of the file.
    relative: Path below the folder of images, with /.
    class_name: Name of the class.
    label: Number of the class, counted from 1.
    key: content_split.content_key of the file.
    num_bytes: Size of the file in bytes.
    width: Width in pixels of the upright image in the record.
    height: Height in pixels of the upright image in the record.
    source_format: Format of the file: 'JPEG', 'PNG', ...
    is_original: True if the record holds the file's own bytes.
    signature: picture_signatures.signature of the image in the record.
    levels: Range of samples with more than 8 bits, from
      image_coder.Examination; '' otherwise.
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
  """The contents of a folder.

  Attributes:
    photos: Usable images, in the order of the files.
    skipped: Files that are not usable images, with the reasons.
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
    files: The files to read.
    seed: Seed of the content keys.
    num_threads: Number of files that are read and checked at a time.
    log: Called with each line for the user.
    max_side: Largest width and height of the images in the records, as for
      image_coder.encode; None for no limit.
    journal: Path of the journal, which no other process may write; None keeps
      no journal.

  Returns:
    The survey. Unreadable files are among the skipped ones.

  Raises:
    OSError: The journal cannot be written.
  """
  with contextlib.ExitStack() as stack:
    known: Mapping[str, survey_journal.Entry] = {}
    remember: survey_journal.Remember | None = None
    if journal is not None:
      known, remember = stack.enter_context(
        survey_journal.opened(journal, seed=seed, max_side=max_side)
      )
    advance = stack.enter_context(
      progress.show('Checking images', len(files), unit='images', log=log)
    )
    photos: list[Photo] = []
    skipped: list[image_files.Skipped] = []
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
  """Returns the bytes of the file, which are those of the survey.

  Args:
    photo: The photo to read.
    seed: Seed of the photo's content key.

  Raises:
    ChangedError: The file has changed since the survey.
    OSError: The file cannot be read.
  """
  content = pathlib.Path(photo.path).read_bytes()
  if content_split.content_key(content, seed=seed) != photo.key:
    raise ChangedError(
      f'{photo.path!r} was changed while it was in use: run the command again'
    )
  return content


def _facts(
  image: image_files.ImageFile,
  known: Mapping[str, survey_journal.Entry],
  seed: int,
  max_side: int | None,
) -> survey_journal.Facts:
  """Returns the facts about a file, from the journal or by reading it."""
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
    # is_new is False, so that the journal does not store this: the file may be
    # readable the next time.
    return survey_journal.Facts(None, error.strerror or str(error), (), False)
  return _facts_of(content, stat, seed, max_side)


def _facts_of(
  content: bytes, stat: tuple[int, int], seed: int, max_side: int | None
) -> survey_journal.Facts:
  """Returns the facts about the content of a file.

  Args:
    content: Content of the file.
    stat: Its size and time of modification.
    seed: Seed of the content key.
    max_side: Largest width and height that the records keep.
  """
  key = content_split.content_key(content, seed=seed)
  try:
    examined = image_coder.examine(content, max_side=max_side)
    stored = examined
    if not examined.is_original:
      # The signature is of the image in the record, not of the file. Encoding
      # and colour conversion change the pixels, so that otherwise
      # inspect_records, which has only the records, would find other near
      # copies.
      encoded = image_coder.encode(content, max_side=max_side, checked=True)
      stored = image_coder.examine(encoded.jpeg)
  except image_errors.MemoryShortage as error:
    # As above: there may be more memory the next time.
    return survey_journal.Facts(None, str(error), (), False)
  except image_coder.ImageError as error:
    return survey_journal.Facts(stat, str(error), (), True)
  return survey_journal.Facts(
    stat,
    '',
    (
      key,
      len(content),
      examined.width,
      examined.height,
      examined.source_format,
      examined.is_original,
      picture_signatures.signature(stored.thumbnail),
      examined.levels,
      picture_flaws.of(stored),
    ),
    True,
  )
