"""Reads image files of every kind with Pillow.

  open_file     checks the file's header -> Pillow's image
  load          decodes every pixel
  orientation, upright, plain, plain_and_levels, source_format
                work on such an image
  reasons       turns Pillow's errors into ImageError
  ImageError    the bytes are not a usable image; the text gives the reason

Call open_file first, then load, then the rest: data that follows the pixels in
a file is known only after loading.
"""

import contextlib
import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from inception.images import deep_pixels
from inception.images import heif_files
from inception.images import image_errors
from inception.images import image_signatures
from inception.images import jpeg_decoder
from inception.images import jpeg_markers
from inception.images import jpeg_mending
from inception.images import pillow_settings
from inception.images import png_chunks
from inception.images import tiff_files

ImageError = image_errors.ImageError

# Pillow's modes -> the modes to which colour profiles apply.
_PLAIN_MODES = {
  'L': 'L',
  '1': 'L',
  'RGB': 'RGB',
  'P': 'RGB',
  'YCbCr': 'RGB',
  'RGBX': 'RGB',
  'CMYK': 'CMYK',
}

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

# TIFF tags that mark cameras' raw files: bit 0 of the first is set for a
# smaller version of another image; the second is in every DNG file.
_NEW_SUBFILE_TYPE, _DNG_VERSION = 254, 50_706

# Errors that Pillow's readers raise for hostile files.
_PILLOW_ERRORS = (
  OSError,
  SyntaxError,
  ValueError,
  TypeError,
  LookupError,
  ArithmeticError,
  AttributeError,
  AssertionError,
  EOFError,
  RuntimeError,
  struct.error,
  zlib.error,
)
# Pillow messages that carry no information.
_UNINFORMATIVE = (
  'decoder error',
  'broken data stream',
  'cannot load this image',
  'unrecognized data stream',
)


def open_file(data: bytes) -> Image.Image:
  """Returns the image with only its header read.

  Raises:
    ImageError: the file is empty, not an image of a supported kind, damaged in
      its header, or declares too many pixels.
  """
  if not data:
    raise ImageError('the file is empty')
  image_errors.check_size(image_signatures.webp_size(data) or (1, 1))
  header = jpeg_markers.read(data) if data[:2] == b'\xff\xd8' else None
  if header and header.frame and not header.has_end:
    # Pillow refuses a file without an end, even if its picture is complete;
    # `load` checks that.
    data = jpeg_mending.mended(data)
  pillow_settings.apply()
  formats = list(image_signatures.FORMATS)
  if heif_files.is_heif(data):
    heif_files.register()
  else:  # Pillow may not have the plugin.
    formats.remove(heif_files.FORMAT)
  try:
    image = Image.open(io.BytesIO(data), formats=formats)
  except Image.DecompressionBombError as error:
    raise ImageError(image_errors.too_many_pixels()) from error
  except _PILLOW_ERRORS as error:
    excess = pillow_settings.excess_of_metadata(error)
    if excess:
      raise ImageError(excess) from error
    raise ImageError(image_signatures.why_unreadable(data)) from error
  image_errors.check_size(image.size)
  if image.format == 'PNG':
    damage = png_chunks.damage(data)
    if damage:
      raise ImageError(damage)
  if image.format == 'TIFF' and _is_preview(image):
    raise ImageError(
      "a TIFF that begins with a preview, as cameras' raw files "
      'do, is not supported: export it as JPEG'
    )
  return image


def _is_preview(image: Image.Image) -> bool:
  tags = getattr(image, 'tag_v2', {})
  try:
    return _DNG_VERSION in tags or tags.get(_NEW_SUBFILE_TYPE) == 1
  except _PILLOW_ERRORS:
    return False


@contextlib.contextmanager
def reasons(image: Image.Image) -> Iterator[None]:
  """Turns Pillow's errors about `image` within the block into ImageError.

  Raises:
    ImageError: Pillow raised an error; the text gives the reason.
  """
  try:
    yield
  except ImageError:
    raise
  except _PILLOW_ERRORS as error:
    excess = pillow_settings.excess_of_metadata(error)
    if excess:
      raise ImageError(excess) from error
    text = ' '.join(str(error).split()) or type(error).__name__
    kind = source_format(image)
    # The rest of Pillow's message counts bytes of its buffer.
    if isinstance(error, EOFError) or 'truncated' in text.lower():
      raise ImageError(
        f'truncated {kind}: the file ends before its last pixel'
      ) from error
    if text.startswith(_UNINFORMATIVE):
      text = 'its pixels cannot be decoded'
    raise ImageError(f'damaged {kind}: {text}') from error


def source_format(image: Image.Image) -> str:
  """Returns the format of an opened image, one of image_signatures.FORMATS."""
  # MPO is a JPEG followed by further ones.
  return 'JPEG' if image.format == 'MPO' else image.format or ''


def load(
  image: Image.Image, data: bytes, *, at_least: tuple[int, int] | None = None
) -> tuple[float, float, float, float] | None:
  """Decodes the complete file.

  A JPEG is checked first, since Pillow accepts a truncated one as complete.

  Args:
    image: the result of open_file for `data`.
    data: the bytes of the file.
    at_least: the (width, height) that suffice, as stored: a JPEG may be decoded
      at 1/2, 1/4 or 1/8 of its size if that has at least as many pixels.

  Returns:
    The box (0, 0, width, height) that the picture takes of the decoded pixels,
    in possibly fractional pixels; None if it takes all of them.

  Raises:
    ImageError: a JPEG is damaged or truncated. Call within `reasons` for all
      other errors.
  """
  draft = None
  if source_format(image) == 'JPEG':
    header = jpeg_markers.read(data)
    jpeg_decoder.check(data, header)
    if at_least and header.frame and header.frame.is_common:
      draft = image.draft('RGB', at_least)
  with contextlib.ExitStack() as stack:
    if image.format == 'TIFF':
      stack.enter_context(tiff_files.silence())
    image.load()
  return draft[1] if draft else None


def orientation(image: Image.Image, data: bytes = b'') -> int:
  """Returns the EXIF orientation, 1 to 8; 1 if it is absent or unreadable.

  For files other than JPEG it is known only after loading: in a PNG it may
  follow the pixels, and Pillow turns a TIFF upright while loading it.

  Args:
    image: an opened image.
    data: the bytes of its file, needed for HEIF only: they say whether the
      decoder has already turned the picture.
  """
  if image.format == heif_files.FORMAT:
    # The plugin keeps the orientation here and sets EXIF's own to 1.
    value = image.info.get('original_orientation')
    is_turned = heif_files.is_turned_by_container(data)
    return value if value in _TURN_UPRIGHT and not is_turned else 1
  try:
    value = image.getexif().get(_ORIENTATION)
  except _PILLOW_ERRORS:
    return 1
  return value if value in _TURN_UPRIGHT else 1


def upright(image: Image.Image, exif_orientation: int) -> Image.Image:
  """Returns the image turned upright, given its EXIF orientation (1 to 8)."""
  if exif_orientation == 1:
    return image
  return image.transpose(_TURN_UPRIGHT[exif_orientation])


def plain(image: Image.Image, data: bytes = b'') -> Image.Image:
  """Returns 8-bit pixels of mode L, RGB or CMYK, composed with white.

  Args:
    image: a loaded image.
    data: the bytes of its file. Without them, the range that the file declares
      for its samples is unknown.

  Raises:
    ImageError: the pixels are of a kind that no photograph has.
  """
  return plain_and_levels(image, data)[0]


def plain_and_levels(
  image: Image.Image, data: bytes
) -> tuple[Image.Image, str]:
  """Returns the image of `plain`, and the range of deep_pixels.scaled."""
  image, levels = deep_pixels.scaled(image, data)
  return _plain(image), levels


def _plain(image: Image.Image) -> Image.Image:
  if image.has_transparency_data:
    mode = 'L' if image.mode in ('1', 'L', 'LA') else 'RGB'
    has_alpha = image.mode in ('LA', 'RGBA')  # And no transparent colour.
    image = image.convert('RGBA')
    lowest, highest = image.getchannel('A').getextrema()
    # Transparent all over: a program has left the fourth byte of each pixel at
    # 0, as Windows' BMP files have it, and everything shows the colours.
    if lowest == 255 or (has_alpha and highest == 0):
      return image.convert(mode)
    white = Image.new('RGBA', image.size, 'white')
    return Image.alpha_composite(white, image).convert(mode)
  if image.mode not in _PLAIN_MODES:
    raise ImageError(f'pixels of the kind {image.mode} are not supported')
  mode = _PLAIN_MODES[image.mode]
  return image if image.mode == mode else image.convert(mode)
