"""HEIC and HEIF photographs, which Pillow reads with a plugin.

  is_heif        recognises such a file by its first bytes
  register       registers the plugin with Pillow
  is_turned_by_container
                 reports whether the decoder rotates or mirrors the picture

libheif is loaded only if a folder has such a file.
"""

import functools
import re

# Brands of pixels coded in HEVC (ISO/IEC 23008-12, annex B); mif1 and msf1 may
# hold AVIF's pixels instead.
_BEGINNING = re.compile(
  rb'.{4}ftyp(hei[cxms]|hev[cxms]|(mif1|msf1)(?!.{4}(.{4})*avi[fs]))', re.DOTALL
)
FORMAT = 'HEIF'  # Its name in Pillow.

_LONGEST_BEGINNING = 256
# Rotation and mirroring (6.5.10, 6.5.12): properties in the box `meta`.
_TURNS = (b'irot', b'imir')


def is_heif(data: bytes) -> bool:
  """Returns True if the file is HEIC or HEIF."""
  length = min(int.from_bytes(data[:4], 'big'), _LONGEST_BEGINNING)
  return _BEGINNING.match(data[:length]) is not None


@functools.cache
def register() -> None:
  """Registers the plugin that lets Pillow read HEIF."""
  import pi_heif

  # One decoder thread per picture: the caller already has a thread per core.
  pi_heif.register_heif_opener(decode_threads=1)


def is_turned_by_container(data: bytes) -> bool:
  """Returns True if the file has a rotation or mirroring of its own.

  The decoder applies these, so the EXIF orientation, which most of these files
  have as well, must not be applied on top (MIAF, 7.2.1). Without them only the
  EXIF orientation is left, as in files of converters that copy only EXIF.
  """
  start = data.find(b'meta')
  if start < 4:
    return False
  end = start - 4 + int.from_bytes(data[start - 4 : start], 'big')
  return any(data.find(name, start, end) >= 0 for name in _TURNS)
