"""Labels files: the names of the classes, one per line, in the labels' order.

read          returns the class names in such a file
check_label   refuses a name that cannot be a class name
"""

import os
import pathlib

from inception.jobs import display_names
from inception.jobs import errors


class LabelsError(errors.UserError):
  """The classes cannot be used; the text names the class and the reason."""


def read(path: str | os.PathLike) -> tuple[str, ...]:
  """Returns the class names in a file, one per line, in the file's order.

  The first class has label 1. Blank lines and spaces around a name are ignored.

  Raises:
    LabelsError: the file names no class, names one twice, has a name that
      cannot be a folder's, or is not UTF-8 text.
    OSError: the file is missing or unreadable.
  """
  data = pathlib.Path(path).read_bytes()
  try:
    text = data.decode('utf-8-sig')
  except UnicodeDecodeError as error:
    raise LabelsError(
      f'{str(path)!r} is not UTF-8 text: save it as UTF-8, one class name per '
      'line'
    ) from error
  # Not splitlines: a folder's name may hold a line break of Unicode's.
  names = [
    display_names.composed(line.strip())
    for line in text.replace('\r', '\n').split('\n')
  ]
  names = [name for name in names if name]
  if not names:
    raise LabelsError(
      f'{str(path)!r} names no class: it should have one class name per line'
    )
  seen = set()
  for name in names:
    if name in seen:
      raise LabelsError(
        f'{str(path)!r} names {name!r} twice: keep one of the lines'
      )
    seen.add(name)
    check_label(name, path)
  return tuple(names)


def check_label(name: str, source: str | os.PathLike) -> None:
  """Refuses a class name that cannot be both a line of text and a folder.

  Args:
    name: the name of the class.
    source: the file or folder with the name, for the message.

  Raises:
    LabelsError: the name cannot be used.
  """
  if name in ('.', '..') or any(sign in name for sign in '/\\\r\n'):
    raise LabelsError(
      f'{str(source)!r} has the class name {name!r}, which '
      'cannot be both a line of text and the name of a folder'
    )
  if not display_names.is_unicode(name):
    raise LabelsError(
      f'{str(source)!r} has a folder whose name is not '
      f'Unicode: {name!r}: rename it'
    )
