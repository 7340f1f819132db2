"""Copies pictures into one folder per class, and never overwrites a file.

copy       copies a file into a folder
folder_of  returns the folder for an answer
check      refuses class names that cannot be folders
SortError  a copy cannot be made
"""

import contextlib
import hashlib
import os
import pathlib
import shutil
from collections.abc import Sequence

from inception.jobs import errors
from inception.prediction import answers

UNSURE = 'unsure'
_DIGITS = 8  # Digits of the digest in the name of a copy.


class SortError(errors.UserError):
  """A copy cannot be made; the text says why and what to do."""


def check(class_names: Sequence[str]) -> None:
  """Refuses class names that cannot be names of separate folders.

  Raises:
    SortError: a class name cannot be used.
  """
  for name in class_names:
    if name == UNSURE:
      raise SortError(
        f'a class is called {UNSURE!r}, as is the folder for '
        'unsure pictures: give --labels_file with another name for it'
      )
    if name in ('', '.', '..') or any(sign in name for sign in '/\\\0'):
      raise SortError(
        f'the class name {name!r} cannot be the name of a folder: '
        'give --labels_file with another name for it'
      )


def folder_of(answer: answers.Answer) -> str:
  """Returns the name of the folder for a good file."""
  return answer.name if answer.is_sure else UNSURE


def copy(source: str | os.PathLike, folder: str | os.PathLike) -> pathlib.Path:
  """Copies a file into a folder, which is made if it does not exist.

  If the folder has another file with that name, the copy's name gets a digest
  of its content. If it has the same file already, as after an interruption,
  nothing is written.

  Args:
    source: path of the file.
    folder: folder for the copy.

  Returns:
    The path of the copy.

  Raises:
    SortError: the file cannot be read, or the copy cannot be written.
  """
  source, folder = pathlib.Path(source), pathlib.Path(folder)
  try:
    content = source.read_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(content).hexdigest()[:_DIGITS]
    for name in (source.name, f'{source.stem}-{digest}{source.suffix}'):
      target = folder / name
      if _placed(content, source, target):
        return target
  except OSError as error:
    raise SortError(
      f'cannot copy {str(source)!r} into {str(folder)!r} '
      f'({error.strerror or error}): make room, or give another folder'
    ) from error
  raise SortError(
    f'{str(folder)!r} has two other files called '
    f'{source.name!r}: give another folder'
  )


def _placed(content: bytes, source: pathlib.Path, target: pathlib.Path) -> bool:
  """Writes the file unless one exists; returns whether it has the content."""
  if target.exists():
    return target.read_bytes() == content
  # The link gives a complete file its name, and fails if the name is taken.
  # Its own name is short, so that a long one of the file is no problem.
  mark = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:_DIGITS]
  temporary = target.with_name(f'.{mark}.{os.getpid()}.tmp')
  try:
    temporary.write_bytes(content)
    with contextlib.suppress(OSError):
      shutil.copystat(source, temporary)
    try:
      os.link(temporary, target)
    except FileExistsError:
      return target.read_bytes() == content
    except OSError:  # Not every file system has links.
      with open(target, 'xb') as file:
        file.write(content)
  finally:
    temporary.unlink(missing_ok=True)
  return True
