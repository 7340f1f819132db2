"""TIFF files: their unsupported kinds, and silencing libtiff.

kind      the bands and bits of a file that Pillow does not support, as a reason
silence   a block in which libtiff writes nothing to standard error
"""

import contextlib
import ctypes
import functools
import io
import struct
from collections.abc import Iterator

from PIL import Image
from PIL import TiffImagePlugin

from inception.jobs import standard_error

_BITS, _BANDS = 258, 277  # Tags.
_USUAL_BANDS, _USUAL_BITS = (1, 3, 4), 16
_FIRST_BYTES = 8
_HANDLERS = ('TIFFSetErrorHandler', 'TIFFSetWarningHandler')


def kind(data: bytes) -> str | None:
  """Describes an unusual file, such as 'a TIFF of 13 bands of 16 bits'.

  Returns:
    The description; None if the header cannot be read, or if its bands and bits
    are usual ones.
  """
  try:
    directory = TiffImagePlugin.ImageFileDirectory_v2(data[:_FIRST_BYTES])
    file = io.BytesIO(data)
    file.seek(directory.next)
    directory.load(file)
    bands = int(directory.get(_BANDS, 1))
    bits = directory.get(_BITS, 1)
    bits = int(max(bits) if isinstance(bits, tuple) else bits)
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
  """Keeps libtiff's messages about damaged files off the user's screen.

  libtiff writes to the process's standard error directly, so redirecting
  sys.stderr does not help.
  """
  if _is_silenced():
    yield
    return
  with standard_error.silenced():
    yield


@functools.cache
def _is_silenced() -> bool:
  """Removes the error handlers of Pillow's libtiff; returns True on success.

  Fails if Pillow is statically linked with libtiff, as on Windows: its
  functions cannot be looked up by name then.
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
