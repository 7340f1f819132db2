"""HEIC and HEIF photographs, which Pillow reads by a plugin.

  is_heif        whether a file begins as they do
  register       gives Pillow the plugin
  is_turned_by_container
                 whether the decoder has set the picture upright

libheif is only loaded when a folder has such a file.
"""

import functools
import re

# Pixels by HEVC (ISO/IEC 23008-12, annex B); mif1 and msf1 may hold AVIF's.
_BEGINNING = re.compile(
  rb'.{4}ftyp(hei[cxms]|hev[cxms]|(mif1|msf1)(?!.{4}(.{4})*avi[fs]))', re.DOTALL
)
FORMAT = 'HEIF'  # Its name in Pillow.

_LONGEST_BEGINNING = 256
# Rotation and mirroring (6.5.10, 6.5.12): properties in the box `meta`.
_TURNS = (b'irot', b'imir')


def is_heif(data: bytes) -> bool:
  """Whether the file is HEIC or HEIF."""
  length = min(int.from_bytes(data[:4], 'big'), _LONGEST_BEGINNING)
  return _BEGINNING.match(data[:length]) is not None


@functools.cache
def register() -> None:
  """Makes Pillow read HEIF."""
  import pi_heif

  # One picture at a time a thread: the caller has as many as there are cores.
  pi_heif.register_heif_opener(decode_threads=1)


def is_turned_by_container(data: bytes) -> bool:
  """Whether the file has a rotation or mirroring, which the decoder applies.

  EXIF's orientation, which most of these files have too, is not to be applied
  again then (7.2.1 of MIAF). Without them, it is all there is: converters that
  copy EXIF and nothing else leave it so.
  """
  start = data.find(b'meta')
  if start < 4:
    return False
  end = start - 4 + int.from_bytes(data[start - 4 : start], 'big')
  return any(data.find(name, start, end) >= 0 for name in _TURNS)
