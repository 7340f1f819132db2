"""The part of a file that has been downloaded so far.

  Part      <path>.part, and a note of the origin of its bytes
  Origin    the content of the note

The note allows the next run to resume: with it, a server can check whether its
file is still the one from which these bytes came.
"""

import dataclasses
import os
import pathlib
import shutil

from inception.jobs import atomic_files
from inception.jobs import errors
from inception.jobs import json_notes


class NoSpaceError(errors.UserError):
  """The file does not fit on the disk; the text gives the sizes."""


@dataclasses.dataclass(frozen=True)
class Origin:
  """The origin of a part's bytes.

  Attributes:
    address: the address as the user gave it; '' for bytes of several addresses.
    validator: the value for If-Range, an ETag or a Last-Modified; '' for
      neither.
    total: size of the complete file in bytes; None if the server did not give
      it.
  """

  address: str = ''
  validator: str = ''
  total: int | None = None


@dataclasses.dataclass(frozen=True)
class Part:
  """The part of a file that has been downloaded so far.

  Attributes:
    target: the path that the complete file will have.
  """

  target: pathlib.Path

  @property
  def path(self) -> pathlib.Path:
    return self.target.with_name(f'{self.target.name}.part')

  @property
  def _note(self) -> pathlib.Path:
    return self.target.with_name(f'.{self.target.name}.part.json')

  def size(self) -> int:
    """Returns the number of downloaded bytes."""
    try:
      return self.path.stat().st_size
    except FileNotFoundError:
      return 0

  def is_ours(self) -> bool:
    """Returns True if a note exists: we write no part without one."""
    return self._note.is_file()

  def origin(self) -> Origin:
    """Returns the origin of the bytes; an empty one if it is unknown."""
    try:
      return Origin(**json_notes.read(self._note))
    except TypeError:
      return Origin()

  def begin(self, origin: Origin) -> None:
    """Empties the part, and notes the origin of the bytes to come."""
    # In this order, so that a kill in between never leaves a new note with old
    # bytes.
    self.path.write_bytes(b'')
    self.note(origin)

  def note(self, origin: Origin) -> None:
    """Writes the note of the bytes' origin."""
    json_notes.write(self._note, dataclasses.asdict(origin))

  def move(self, path: str | os.PathLike) -> None:
    """Renames the completed part to `path` and removes the note."""
    atomic_files.put_in_place(self.path, path)
    self.forget()

  def forget(self) -> None:
    """Removes the note."""
    self._note.unlink(missing_ok=True)

  def check_space(self, total: int | None) -> None:
    """Checks that a file of `total` bytes fits; None skips the check.

    Raises:
      NoSpaceError: the file does not fit.
      OSError: the folder does not exist.
    """
    if total is None:
      return
    needed = total - self.size()
    folder = self.target.parent
    free = shutil.disk_usage(folder).free
    if needed > free:
      raise NoSpaceError(
        f'{self.target.name!r} does not fit into {str(folder)!r}: it needs '
        f'{needed:,} bytes and {free:,} are free: free some space, or choose '
        'another folder'
      )
