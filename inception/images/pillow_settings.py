"""What Pillow may read and say; both are settings of the whole program.

apply                sets them
excess_of_metadata   an error of Pillow's -> the limit that was hit
"""

import logging
import warnings

from PIL import PngImagePlugin

# Bytes that a chunk of a PNG's metadata may unpack to; all of them, twice that.
# A print shop's profile has 3 MB, a phone's XMP with a depth map more.
_MAX_METADATA = 2**26
# What Pillow's errors name -> a sentence's beginning.
_METADATA_LIMITS = (
  ('MAX_TEXT_CHUNK', 'the metadata of the PNG: a chunk unpacks to'),
  ('MAX_TEXT_MEMORY', 'the metadata of the PNG: its text takes'),
)

_PILLOW = r'PIL\.'
_logger = logging.getLogger('PIL')


def apply() -> None:
  """Lets PNGs have large metadata, and keeps Pillow's words off the screen.

  PNGs with profiles, EXIF, XMP or text of some megabytes are legitimate. What
  matters of Pillow's warnings is said by an ImageError, with the file's name.
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
  """Returns one sentence where Pillow's error is about too much of it."""
  for name, text in _METADATA_LIMITS:
    if name in str(error):
      return f'{text} more than {getattr(PngImagePlugin, name) // 2**20} MiB'
  return ''
