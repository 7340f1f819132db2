"""TIFF files: what kind one is, and libtiff without its words on the screen.

kind      the bands and bits of a file that Pillow does not know, as a reason
silence   within it, libtiff writes nothing to the standard error
"""

import contextlib
import ctypes
import functools
import io
import os
import struct
import threading
from collections.abc import Iterator

from PIL import Image
from PIL import TiffImagePlugin

_BITS, _BANDS = 258, 277  # Tags.
_USUAL_BANDS, _USUAL_BITS = (1, 3, 4), 16
_FIRST_BYTES = 8
_STDERR = 2
_HANDLERS = ('TIFFSetErrorHandler', 'TIFFSetWarningHandler')

_redirection = threading.Lock()


def kind(data: bytes) -> str | None:
  """Returns 'a TIFF of 13 bands of 16 bits'.

  None where the header cannot be read, or its bands and bits are usual ones.
  """
  try:
    directory = TiffImagePlugin.ImageFileDirectory_v2(data[:_FIRST_BYTES])
    file = io.BytesIO(data)
    file.seek(directory.next)
    directory.load(file)
    bands = int(directory.get(_BANDS, 1))
    bits = directory.get(_BITS, 1)
    bits = max(bits) if isinstance(bits, tuple) else int(bits)
  except (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    struct.error,
  ):
    return None
  if bands in _USUAL_BANDS and bits <= _USUAL_BITS:
    return None
  return f'a TIFF of {bands} band{"s" * (bands != 1)} of {bits} bits'


@contextlib.contextmanager
def silence() -> Iterator[None]:
  """Keeps what libtiff says of damaged files from the user's screen.

  It writes to the standard error itself, whatever Python does with its own.
  """
  if _is_silenced():
    yield
    return
  with _redirection:
    kept = os.dup(_STDERR)
    try:
      with open(os.devnull, 'wb') as nothing:
        os.dup2(nothing.fileno(), _STDERR)
      yield
    finally:
      os.dup2(kept, _STDERR)
      os.close(kept)


@functools.cache
def _is_silenced() -> bool:
  """Takes its handlers of errors from Pillow's libtiff, where it has a name.

  Where Pillow is linked with libtiff for good, as on Windows, it has none.
  """
  try:
    library = ctypes.CDLL(Image.core.__file__)
    for name in _HANDLERS:
      handler = getattr(library, name)
      handler.argtypes, handler.restype = [ctypes.c_void_p], ctypes.c_void_p
      handler(None)
  except (OSError, AttributeError):
    return False
  return True
