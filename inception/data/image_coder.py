"""Any image file -> the RGB JPEG that a record holds.

  encode        a file's bytes -> EncodedImage
  ImageError    the bytes are not an image that can be used; says why

What a file is, its content says; its name is never looked at. A plain upright
RGB JPEG goes into the record byte for byte: to decode and encode it anew would
cost quality and time. Everything else becomes one: pixels turned upright as
EXIF asks, transparency laid on white, grey, palettes, CMYK and 16 bits a
channel brought to 8-bit RGB.

Every image is read to its last pixel here, so that training never meets a
truncated one. Pillow does that without holding Python's interpreter lock, so
threads suffice to use every core.
"""

import dataclasses
import io
import re
import struct
import zlib

import numpy as np
from PIL import Image

# 2^29 bytes of RGB is what tf.io.decode_jpeg takes, and where Pillow refuses a
# file by its header: one that is small and would unpack to gigabytes.
MAX_PIXELS = 2**29 // 3
MAX_SIDE = 65_500  # libjpeg's JPEG_MAX_DIMENSION.

# Of what is encoded here. Without subsampling drawings keep sharp colours.
_QUALITY = 95
_SUBSAMPLING_444 = 0

_FORMATS = ('JPEG', 'PNG', 'GIF', 'BMP', 'WEBP', 'TIFF')
_SIGNATURES = (b'\xff\xd8\xff', b'\x89PNG\r\n\x1a\n', b'GIF8', b'II*\0',
               b'MM\0*')

_MODES_OF_8_BITS = ('RGB', 'L', '1', 'P', 'CMYK', 'YCbCr', 'RGBX')
_MODES_OF_16_BITS = ('I;16', 'I;16L', 'I;16B', 'I;16N', 'I')

_ORIENTATION = 0x0112  # The EXIF tag; 1 is upright.
_TURN_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# JPEG markers: their second bytes (ITU-T T.81, table B.1); the first is 0xFF.
_START_OF_SCAN = b'\xda'
_END_OF_IMAGE = b'\xd9'
_FRAMES = frozenset(
    bytes([code]) for code in range(0xC0, 0xD0)
    if code not in (0xC4, 0xC8, 0xCC))
# Baseline, extended and progressive with Huffman codes: what every decoder
# knows. Pillow's also knows arithmetic coding and lossless.
_COMMON_FRAMES = frozenset((b'\xc0', b'\xc1', b'\xc2'))
# Within a scan 0xFF is followed by 0 or is a restart marker.
_MARKER_AFTER_SCAN = re.compile(rb'\xff[^\x00\xd0-\xd7]')
# Horizontal and vertical sampling factors of Y; Cb and Cr have 1 x 1. Decoders
# differ in which others they take.
_COMMON_SAMPLING = frozenset(
    (y, 0x11, 0x11) for y in (0x11, 0x21, 0x12, 0x22, 0x41))

# What Pillow's readers raise on hostile files.
_PILLOW_ERRORS = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError,
    AttributeError, AssertionError, EOFError, RuntimeError, MemoryError,
    struct.error, zlib.error)


class ImageError(ValueError):
  """The bytes are not an image that can be used; the text says why."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class EncodedImage:
  """An image as a record holds it.

  Attributes:
    jpeg: the bytes of an RGB JPEG file.
    height: its pixel rows.
    width: its pixel columns.
    source_format: what the file was: 'JPEG', 'PNG', ...
    is_original: jpeg is the file itself, byte for byte.
  """
  jpeg: bytes
  height: int
  width: int
  source_format: str
  is_original: bool


def encode(data: bytes) -> EncodedImage:
  """Returns the image file `data` as an RGB JPEG.

  Raises:
    ImageError: it is empty, no image, damaged, truncated, of a kind that is
      not supported, or too large.
  """
  image = _open(data)
  source_format = 'JPEG' if image.format == 'MPO' else image.format
  try:
    orientation = _orientation(image)
    is_original = (
        source_format == 'JPEG' and image.mode == 'RGB' and
        orientation not in _TURN_UPRIGHT and _is_common_jpeg(data))
    if is_original:
      jpeg, (width, height) = data, image.size
      # All of the file is read, but of each 8x8 block only the mean of its
      # brightness is computed: that finds the same damage in 2/3 of the time.
      image.draft('L', (width // 8, height // 8))
      image.load()
    else:
      jpeg, (width, height) = _reencoded(image, orientation)
  except _PILLOW_ERRORS as error:
    if isinstance(error, ImageError):
      raise
    raise ImageError(f'damaged or truncated {source_format}: '
                     f'{_one_line(error)}') from error
  return EncodedImage(jpeg=jpeg, height=height, width=width,
                      source_format=source_format, is_original=is_original)


def _open(data: bytes) -> Image.Image:
  """Returns the image, of which only the header has been read."""
  if not data:
    raise ImageError('the file is empty')
  try:
    image = Image.open(io.BytesIO(data), formats=_FORMATS)
  except Image.DecompressionBombError as error:
    raise ImageError(
        f'declares more than {MAX_PIXELS:,} pixels') from error
  except _PILLOW_ERRORS as error:
    if data.startswith(_SIGNATURES) or data[8:12] == b'WEBP':
      raise ImageError('damaged or truncated in its header') from error
    raise ImageError(
        f'not an image ({", ".join(_FORMATS)}), whatever its name') from error
  if max(image.size) > MAX_SIDE:
    raise ImageError(f'{image.width} x {image.height} pixels: a side has more '
                     f'than {MAX_SIDE:,}')
  return image


def _orientation(image: Image.Image) -> int | None:
  """Returns the EXIF orientation; None where it is not (readably) there."""
  try:
    return image.getexif().get(_ORIENTATION)
  except _PILLOW_ERRORS:
    return None


def _is_common_jpeg(data: bytes) -> bool:
  """Whether every JPEG decoder reads this file as Pillow does.

  True where the chain of markers leads from the start to the end-of-image, and
  the frame has 8-bit Huffman-coded samples of three components in the usual
  sampling. Nothing is said against other files, but they are safer encoded
  anew: Pillow stops at the last pixel, TensorFlow reads on to the end.
  """
  is_common, position = False, 2
  while data[position:position + 1] == b'\xff':
    marker = data[position + 1:position + 2]
    if marker == _END_OF_IMAGE:
      return is_common
    end = position + 2 + int.from_bytes(data[position + 2:position + 4], 'big')
    if marker in _FRAMES:
      frame = data[position + 4:end]
      is_common = (marker in _COMMON_FRAMES and frame[0] == 8 and
                   tuple(frame[7::3]) in _COMMON_SAMPLING)
    position = end
    if marker == _START_OF_SCAN:
      following = _MARKER_AFTER_SCAN.search(data, end)
      position = following.start() if following else len(data)
  return False


def _reencoded(image: Image.Image,
               orientation: int | None) -> tuple[bytes, tuple[int, int]]:
  """Returns (JPEG file, (width, height)) of the image, turned upright."""
  rgb = _rgb(image)
  if orientation in _TURN_UPRIGHT:
    rgb = rgb.transpose(_TURN_UPRIGHT[orientation])
  buffer = io.BytesIO()
  rgb.save(buffer, 'JPEG', quality=_QUALITY, subsampling=_SUBSAMPLING_444)
  return buffer.getvalue(), rgb.size


def _rgb(image: Image.Image) -> Image.Image:
  """Returns the image with 8-bit RGB pixels and no metadata."""
  image.load()
  if image.mode in _MODES_OF_16_BITS:
    # Image.convert would clip at 255 instead of scaling.
    values = np.clip(np.asarray(image), 0, 2**16 - 1)
    image = Image.fromarray((values >> 8).astype(np.uint8))
  if image.has_transparency_data:
    image = image.convert('RGBA')
    white = Image.new('RGBA', image.size, 'white')
    image = Image.alpha_composite(white, image)
  elif image.mode not in _MODES_OF_8_BITS:
    raise ImageError(f'pixels of the kind {image.mode} are not supported')
  rgb = image.convert('RGB')
  rgb.info = {}
  return rgb


def _one_line(error: BaseException) -> str:
  return ' '.join(str(error).split()) or type(error).__name__
