"""Opened image files of any kind: their properties and pixels.

  open_file   a file's bytes -> Picture
  Picture     size, orientation, colour profile; `load` decodes the pixels

JPEGs as cameras write them, the most frequent kind, are read by simplejpeg, all
other files by Pillow (image_reader). Reading a JPEG's markers here takes a
tenth of the time that Pillow needs, which is half of the total for small
images.
"""

import abc
import functools
import typing

import numpy as np
from PIL import Image

from inception.images import colour_profiles
from inception.images import image_errors
from inception.images import image_reader
from inception.images import jpeg_decoder
from inception.images import jpeg_markers

# (left, upper, right, lower) in the decoded pixels; may be fractional.
Box = tuple[float, float, float, float]

# A baseline JPEG is decoded row by row at 1/8 of its size, so it may be larger
# than files that are decoded at full size. The largest sensors have 200 to 400
# megapixels.
_MAX_PIXELS_SHRUNK = 2**30
_BASELINE = (0xC0, 0xC1)
# A block of 8 x 8 pixels has two codes of at least one bit, so a byte holds at
# most this many pixels. A file that declares more pixels cannot contain them.
_MAX_PIXELS_PER_BYTE = 64 * 8 // 2


class Picture(abc.ABC):
  """An image file whose header has been read.

  Attributes:
    source_format: one of image_signatures.FORMATS.
    size: (width, height), as stored.
    is_plain_jpeg: True for a JPEG in RGB that every decoder reads in the same
      way.
    levels: the range of samples of more than 8 bits, known after `load`, such
      as 'declared 0 to 4095' or 'assumed 0 to 4095'; '' for other samples.
  """

  source_format: str
  size: tuple[int, int]
  is_plain_jpeg: bool
  levels: str = ''

  @property
  @abc.abstractmethod
  def orientation(self) -> int:
    """The EXIF orientation, 1 to 8; for some files known only after `load`."""

  @property
  @abc.abstractmethod
  def profile(self) -> bytes | None:
    """The colour profile (ICC); None if there is none."""

  @abc.abstractmethod
  def load(
    self, at_least: tuple[int, int] | None = None
  ) -> tuple[Image.Image, Box | None]:
    """Decodes the complete file.

    At 1/8 of its size, only the mean of each 8x8 block of a JPEG is computed,
    but from the same bytes: that finds the same damage in 2/3 of the time.

    Args:
      at_least: the (width, height) that suffice, as stored: a JPEG may be
        decoded at 1/2, 1/4 or 1/8 of its size if that has at least as many
        pixels.

    Returns:
      The pixels, of mode L, RGB or CMYK, not turned upright; and the box that
      the picture takes of them, None for all.

    Raises:
      ImageError: the file is damaged, truncated or of an unsupported kind.
    """

  def tensorflow_pixels(self) -> np.ndarray | None:
    """Decodes a flawless plain JPEG as tf.io.decode_image does.

    Returns:
      uint8 [height, width, 3] RGB, as stored; None for any other file, and
      where only TensorFlow itself is sure to give these pixels.
    """
    return None


def open_file(data: bytes, *, max_side: int | None = None) -> Picture:
  """Returns the picture with only its header read.

  Args:
    data: the bytes of the file.
    max_side: the length to which the longer side will be shrunk; with it, a
      JPEG may have more pixels than image_errors.MAX_PIXELS.

  Raises:
    ImageError: the file is empty, not an image of a supported kind, damaged in
      its header, or declares too many pixels.
  """
  if data[:2] == b'\xff\xd8':
    header = jpeg_markers.read(data)
    if _is_camera_like(header.frame):
      return _CameraPicture(data, header, header.frame, max_side)
  return _PillowPicture(data)


def _is_camera_like(
  frame: jpeg_markers.Frame | None,
) -> typing.TypeGuard[jpeg_markers.Frame]:
  return (
    jpeg_decoder.can_decode(frame)
    and frame.is_common
    and (frame.has_common_sampling or len(frame.sampling) == 1)
    and min(frame.size) > 0
  )


class _CameraPicture(Picture):
  """A grey or colour JPEG with Huffman codes."""

  source_format = 'JPEG'

  def __init__(
    self,
    data: bytes,
    header: jpeg_markers.Header,
    frame: jpeg_markers.Frame,
    max_side: int | None,
  ):
    self._data = data
    self._header = header
    self._frame = frame
    self.size = frame.size
    self._min_divisor = self._checked_size(max_side)
    self.is_plain_jpeg = header.is_common and len(frame.sampling) == 3

  def _checked_size(self, max_side: int | None) -> int:
    """Returns the smallest divisor of the sides that respects MAX_PIXELS.

    Raises:
      ImageError: there are too many pixels to decode at any allowed size.
    """
    width, height = self.size
    pixels = width * height
    if pixels <= image_errors.MAX_PIXELS:
      image_errors.check_sides(self.size)
      return 1
    if (
      max(self.size) > image_errors.MAX_SIDE
      or pixels > _MAX_PIXELS_SHRUNK
      or pixels > len(self._data) * _MAX_PIXELS_PER_BYTE
    ):
      raise image_errors.ImageError(image_errors.too_many_pixels())
    if self._frame.coding not in _BASELINE:
      raise image_errors.ImageError(
        f'{image_errors.too_many_pixels()}, and a progressive JPEG cannot be '
        'decoded at a smaller size: export it smaller'
      )
    divisor = next(
      part
      for part in (2, 4, 8)
      if -(-width // part) * -(-height // part) <= image_errors.MAX_PIXELS
    )
    largest = max(self.size) // divisor
    if max_side is None or max_side > largest:
      raise image_errors.ImageError(
        f'has {pixels:,} pixels, more than {image_errors.MAX_PIXELS:,}: pass '
        f'--max_side={min(largest, 4096)} to shrink it'
      )
    return divisor

  @functools.cached_property
  def _metadata(self) -> Image.Image:
    """A placeholder image of Pillow's with this file's metadata."""
    image = Image.new('RGB', (1, 1))
    image.info = {
      name: content
      for name, content in (
        ('exif', self._header.exif),
        ('xmp', self._header.xmp),
        ('icc_profile', self._header.profile),
      )
      if content
    }
    return image

  @property
  def orientation(self) -> int:
    """See Picture."""
    if not (self._header.exif or self._header.xmp):
      return 1
    return image_reader.orientation(self._metadata)

  @property
  def profile(self) -> bytes | None:
    """See Picture."""
    return self._header.profile or colour_profiles.of(self._metadata)

  def load(
    self, at_least: tuple[int, int] | None = None
  ) -> tuple[Image.Image, Box | None]:
    """See Picture."""
    divisor = self._min_divisor
    if at_least:
      divisor = max(divisor, jpeg_decoder.share(self.size, at_least))
    pixels = jpeg_decoder.decode(self._data, self._header, divisor=divisor)
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    width, height = self.size
    box = (0, 0, width / divisor, height / divisor)
    return image, box if divisor > 1 else None

  def tensorflow_pixels(self) -> np.ndarray | None:
    """See Picture."""
    if not self.is_plain_jpeg or self._min_divisor > 1:
      return None
    return jpeg_decoder.decode_as_tensorflow(self._data, self._header)


class _PillowPicture(Picture):
  """A file of any other kind, read by Pillow."""

  def __init__(self, data: bytes):
    self._data = data
    self._image = image_reader.open_file(data)
    self.size = self._image.size
    self.source_format = image_reader.source_format(self._image)
    self.is_plain_jpeg = (
      self.source_format == 'JPEG'
      and self._image.mode == 'RGB'
      and jpeg_markers.is_common(data)
    )

  @property
  def orientation(self) -> int:
    """See Picture."""
    return image_reader.orientation(self._image, self._data)

  @property
  def profile(self) -> bytes | None:
    """See Picture."""
    return colour_profiles.of(self._image)

  def load(
    self, at_least: tuple[int, int] | None = None
  ) -> tuple[Image.Image, Box | None]:
    """See Picture."""
    with image_reader.reasons(self._image):
      box = image_reader.load(self._image, self._data, at_least=at_least)
      image, self.levels = image_reader.plain_and_levels(
        self._image, self._data
      )
      return image, box
