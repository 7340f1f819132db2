"""A file that is being downloaded, as far as it is there.

  Part      <path>.part, and a note of where its bytes are from
  Origin    what the note says

The note is what lets the next run go on: with it a server can tell whether the
file is still the one that these bytes are the beginning of.
"""

import dataclasses
import os
import pathlib
import shutil

from inception.jobs import atomic_files
from inception.jobs import errors
from inception.jobs import json_notes


class NoSpaceError(errors.UserError):
  """The file would not fit; the text says how much is needed and free."""


@dataclasses.dataclass(frozen=True)
class Origin:
  """Where a part's bytes are from.

  Attributes:
    address: as the user gave it; '' for bytes of several.
    validator: for If-Range: an ETag or a Last-Modified; '' for neither.
    total: size of the whole in bytes; None where the server did not say.
  """

  address: str = ''
  validator: str = ''
  total: int | None = None


@dataclasses.dataclass(frozen=True)
class Part:
  """What there is of a file that is being downloaded to `target`."""

  target: pathlib.Path

  @property
  def path(self) -> pathlib.Path:
    return self.target.with_name(f'{self.target.name}.part')

  @property
  def _note(self) -> pathlib.Path:
    return self.target.with_name(f'.{self.target.name}.part.json')

  def size(self) -> int:
    """Returns how many bytes are there."""
    try:
      return self.path.stat().st_size
    except FileNotFoundError:
      return 0

  def is_ours(self) -> bool:
    """Whether there is a note: no bytes are written without one."""
    return self._note.is_file()

  def origin(self) -> Origin:
    """Returns where they are from, as far as that is known."""
    try:
      return Origin(**json_notes.read(self._note))
    except TypeError:
      return Origin()

  def begin(self, origin: Origin) -> None:
    """Empties the part, for bytes from elsewhere."""
    # In this order: a kill in between must not leave old bytes and a new note.
    self.path.write_bytes(b'')
    self.note(origin)

  def note(self, origin: Origin) -> None:
    """Notes where the bytes are from."""
    json_notes.write(self._note, dataclasses.asdict(origin))

  def move(self, path: str | os.PathLike) -> None:
    """Gives the part another name, which ends it."""
    atomic_files.put_in_place(self.path, path)
    self.forget()

  def forget(self) -> None:
    """Removes the note."""
    self._note.unlink(missing_ok=True)

  def check_space(self, total: int | None) -> None:
    """Checks that a file of `total` bytes fits; None: nobody knows how many.

    Raises:
      NoSpaceError: it does not.
      OSError: there is no such folder.
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
