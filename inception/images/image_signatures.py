"""Detects file types by magic bytes, for helpful error messages.

  FORMATS          supported image formats, by Pillow's names
  begins_as_image  tests a file's first bytes for these formats
  why_unreadable   a sentence about a file that Pillow could not open
  webp_size        the size that a WebP file declares, before its decoder
                   allocates memory

Pillow's own message for all of these is 'cannot identify image file'. Besides
images, folders of photographs hold web pages saved instead of pictures,
cameras' raw files, and leftovers of repositories and file systems.
"""

import re

from inception.images import jpeg_markers

FORMATS = ('JPEG', 'PNG', 'GIF', 'BMP', 'WEBP', 'TIFF', 'HEIF', 'AVIF', 'PPM')

# (regular expression of the first bytes, format).
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
    'not an image but a web page: download the image again',
  ),
  (
    rb'version https://git-lfs',
    "not an image but Git LFS's pointer to one: run git lfs pull",
  ),
  (rb'\0\x05\x16[\0\x07]', "not an image but macOS's metadata of one"),
  (rb'.{4}ftyp|RIFF.{4}AVI |\x1aE\xdf\xa3', 'not an image but a video'),
  (rb'%PDF-', 'not an image but a PDF document'),
  (rb'%!PS', 'not an image but a PostScript document'),
  (rb'PK\x03\x04', 'not an image but a ZIP archive: unpack it'),
  (rb'\x1f\x8b|7z\xbc\xaf|Rar!', 'not an image but an archive: unpack it'),
  (rb'MZ|\x7fELF', 'not an image but a program'),
  (rb'\0+\Z', 'not an image: it holds nothing but zeros'),
)
# Enough bytes for each pattern above except the last, which needs all bytes.
_BEGINNING = 1024


def begins_as_image(data: bytes) -> bool:
  """Returns True if a file's first 16 bytes are those of one of FORMATS."""
  return any(_begins(pattern, data) for pattern, _ in _READ)


def _tiff_kind(data: bytes) -> str | None:
  # Pillow is imported only here, because listing a folder does not need it.
  from inception.images import tiff_files

  return tiff_files.kind(data)


def why_unreadable(data: bytes) -> str:
  """Returns the reason why a file cannot be opened, in one sentence.

  Args:
    data: the bytes of a file that is none of FORMATS, or is broken.
  """
  beginning = data[:_BEGINNING]
  for pattern, kind in _READ:
    if _begins(pattern, beginning):
      frame = jpeg_markers.frame(data) if kind == 'JPEG' else None
      if frame and frame.bits in (12, 16):
        return f'a JPEG of {frame.bits} bits per channel {_EXPORT} of 8 bits'
      bands = _tiff_kind(data) if kind == 'TIFF' else None
      if bands:
        return f'{bands} {_EXPORT} or PNG'
      # Bytes 4 to 8 give the length of the rest (RFC 9649, 2.3).
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
  """Returns (width, height) of an extended WebP file; None for other files.

  Pillow's reader allocates the pixels when it opens the file. A side has at
  most 16,383 pixels in a simple file but 2^24 in an extended one (RFC 9649,
  2.7).
  """
  if not (_begins(rb'RIFF.{4}WEBPVP8X', data[:16]) and len(data) >= 30):
    return None
  return (
    1 + int.from_bytes(data[24:27], 'little'),
    1 + int.from_bytes(data[27:30], 'little'),
  )
