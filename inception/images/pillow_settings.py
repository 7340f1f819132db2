"""Pillow's limits and warnings, which are settings of the whole program.

apply                sets them
excess_of_metadata   an error of Pillow's -> the limit that was exceeded
"""

import logging
import warnings

from PIL import PngImagePlugin

# Bytes to which one chunk of a PNG's metadata may unpack; all chunks together
# may have twice as many. A print shop's profile has 3 MB, a phone's XMP with a
# depth map more.
_MAX_METADATA = 2**26
# (constant that Pillow's error names, beginning of our message).
_METADATA_LIMITS = (
  ('MAX_TEXT_CHUNK', 'the metadata of the PNG: a chunk unpacks to'),
  ('MAX_TEXT_MEMORY', 'the metadata of the PNG: its text takes'),
)

_PILLOW = r'PIL\.'
_logger = logging.getLogger('PIL')


def apply() -> None:
  """Allows large metadata in PNGs, and silences Pillow's warnings.

  PNGs with profiles, EXIF, XMP or text of some megabytes are legitimate. The
  warnings that matter are reported as an ImageError, with the file's name.
  """
  if _logger.level == logging.CRITICAL:
    return
  PngImagePlugin.MAX_TEXT_CHUNK = max(
    PngImagePlugin.MAX_TEXT_CHUNK, _MAX_METADATA
  )
  PngImagePlugin.MAX_TEXT_MEMORY = max(
    PngImagePlugin.MAX_TEXT_MEMORY, 2 * _MAX_METADATA
  )
  warnings.filterwarnings('ignore', module=_PILLOW)
  _logger.setLevel(logging.CRITICAL)


def excess_of_metadata(error: Exception) -> str:
  """Returns the reason if the error is about too much metadata, else ''."""
  for name, text in _METADATA_LIMITS:
    if name in str(error):
      return f'{text} more than {getattr(PngImagePlugin, name) // 2**20} MiB'
  return ''
