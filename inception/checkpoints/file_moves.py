"""Renames files so that an error undoes it, and deletes them if possible.

undone_after_an_error   yields a function that renames files
unlink                  deletes a file, unless the system refuses
"""

import contextlib
import os
from collections.abc import Callable, Iterator

from inception.jobs import atomic_files


@contextlib.contextmanager
def undone_after_an_error() -> Iterator[Callable[[str, str], None]]:
  """Yields a function that renames files; an OSError undoes its renames."""
  done: list[tuple[str, str]] = []

  def move(source: str, target: str) -> None:
    atomic_files.replace(source, target)
    done.append((source, target))

  try:
    yield move
  except OSError:
    for source, target in reversed(done):
      with contextlib.suppress(OSError):
        atomic_files.replace(target, source)
    raise


def unlink(path: str) -> bool:
  """Deletes a file; returns whether it is gone."""
  try:
    os.unlink(path)
  except FileNotFoundError:
    pass
  except OSError:
    # On Windows, while an evaluation reads the file. A later save tries again.
    return False
  return True
