"""What a file is by its first bytes, for a reason that helps.

  FORMATS        the kinds of images that are read, by Pillow's names
  begins_as_image    of a file's first bytes
  why_unreadable a sentence about a file that Pillow could not open
  webp_size      what a WebP file declares, before its decoder makes room

Pillow's own words for all of these are 'cannot identify image file'. Folders
of photographs hold, besides images: pages saved in the place of pictures, raw
files of cameras, what a repository or a file system left behind.
"""

import re

from inception.images import jpeg_markers

FORMATS = ('JPEG', 'PNG', 'GIF', 'BMP', 'WEBP', 'TIFF', 'HEIF', 'AVIF', 'PPM')

# The beginning as a regular expression -> the kind.
_READ = (
  (rb'\xff\xd8\xff', 'JPEG'),
  (rb'\x89PNG\r\n\x1a\n', 'PNG'),
  (rb'GIF8', 'GIF'),
  (rb'BM.{4}\0{4}', 'BMP'),
  (rb'RIFF.{4}WEBP', 'WEBP'),
  (rb'II\*\0|MM\0\*|II\+\0|MM\0\+', 'TIFF'),
  (rb'.{4}ftyp(avif|avis)|.{4}ftyp.{8}(.{4})*avif', 'AVIF'),
  (rb'.{4}ftyp(hei|hev|mif1|msf1)', 'HEIF'),
  (rb'P[1-6f]\s', 'PPM'),
)

_EXPORT = 'is not supported: export it as JPEG'
_NOT_READ = (
  (rb'.{4}ftypcrx', f"a camera's raw file (CR3) {_EXPORT}"),
  (rb'FUJIFILMCCD-RAW', f"a camera's raw file (RAF) {_EXPORT}"),
  (rb'\0\0\0\x0cjP  |\xff\x4f\xff\x51', f'a JPEG 2000 image {_EXPORT}'),
  (rb'\0\0\0\x0cJXL |\xff\x0a', f'a JPEG XL image {_EXPORT}'),
  (rb'8BPS', f'a Photoshop document {_EXPORT} or PNG'),
  (rb'\0\0[\x01\x02]\0[^\0]\0', f'an icon {_EXPORT} or PNG'),
  (
    rb'(\xef\xbb\xbf)?\s*(<\?xml.*)?(<!--.*-->\s*)?(<!DOCTYPE svg.*)?<svg\b',
    f'an SVG drawing {_EXPORT} or PNG',
  ),
  (
    rb'(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)',
    'not an image but a web page: download the image anew',
  ),
  (
    rb'version https://git-lfs',
    "not an image but Git LFS's pointer to one: run git lfs pull",
  ),
  (rb'\0\x05\x16[\0\x07]', "not an image but macOS's notes about one"),
  (rb'.{4}ftyp|RIFF.{4}AVI |\x1aE\xdf\xa3', 'not an image but a film'),
  (rb'%PDF-', 'not an image but a PDF document'),
  (rb'%!PS', 'not an image but a PostScript document'),
  (rb'PK\x03\x04', 'not an image but a ZIP archive: unpack it'),
  (rb'\x1f\x8b|7z\xbc\xaf|Rar!', 'not an image but an archive: unpack it'),
  (rb'MZ|\x7fELF', 'not an image but a program'),
  (rb'\0+\Z', 'not an image: it holds nothing but zeros'),
)
# Enough for any of the above but the last, which needs all.
_BEGINNING = 1024


def begins_as_image(data: bytes) -> bool:
  """Returns whether a file's first 16 bytes are those of one of FORMATS."""
  return any(_begins(pattern, data) for pattern, _ in _READ)


def _tiff_kind(data: bytes) -> str | None:
  # Pillow is imported only here, because listing a folder does without it.
  from inception.images import tiff_files

  return tiff_files.kind(data)


def why_unreadable(data: bytes) -> str:
  """Returns one sentence about a file that is none of FORMATS, or broken."""
  beginning = data[:_BEGINNING]
  for pattern, kind in _READ:
    if _begins(pattern, beginning):
      frame = jpeg_markers.frame(data) if kind == 'JPEG' else None
      if frame and frame.bits in (12, 16):
        return f'a JPEG of {frame.bits} bits a channel {_EXPORT} of 8 bits'
      bands = _tiff_kind(data) if kind == 'TIFF' else None
      if bands:
        return f'{bands} {_EXPORT} or PNG'
      # The length of what follows is in the first bytes (RFC 9649, 2.3).
      if kind == 'WEBP' and 8 + int.from_bytes(data[4:8], 'little') > len(data):
        return 'truncated WEBP: the file ends before its last pixel'
      return f'damaged or truncated {kind}: its header cannot be read'
  for pattern, reason in _NOT_READ:
    if _begins(pattern, data if pattern.endswith(rb'\Z') else beginning):
      return reason
  return f'not an image ({", ".join(FORMATS)}), whatever its name'


def _begins(pattern: bytes, data: bytes) -> bool:
  return bool(re.match(pattern, data, re.DOTALL | re.IGNORECASE))


def webp_size(data: bytes) -> tuple[int, int] | None:
  """Returns (width, height) of an extended WebP file; None of other files.

  Simple ones have 16,383 pixels a side at most, extended ones 2^24 (RFC 9649,
  2.7): Pillow's reader makes room for the pixels as it opens the file.
  """
  if not (_begins(rb'RIFF.{4}WEBPVP8X', data[:16]) and len(data) >= 30):
    return None
  return (
    1 + int.from_bytes(data[24:27], 'little'),
    1 + int.from_bytes(data[27:30], 'little'),
  )
