"""Conversion of any image file to the RGB JPEG that a record holds.

  encode        a file's bytes -> EncodedImage
  examine       the same check without encoding -> Examination
  ImageError    the bytes are not a usable image; the text gives the reason

The format is detected from the content, never from the file name. A plain
upright sRGB JPEG goes into the record byte for byte: decoding and encoding it
again would cost quality and time. Every other image is converted to one: it is
rotated as EXIF says, composed with white if transparent, converted from grey,
palettes, CMYK or 16 and more bits per channel to 8-bit RGB, converted to sRGB,
and shrunk if it is very large.

Every image is read to its last pixel here, so that training never meets a
truncated or damaged one. The decoders release Python's interpreter lock, so
threads suffice to use every core.
"""

import dataclasses
import io

import numpy as np
from PIL import Image

from inception.images import colour_profiles
from inception.images import image_errors
from inception.images import image_reader
from inception.images import pictures

MAX_PIXELS = image_errors.MAX_PIXELS
MAX_SIDE = image_errors.MAX_SIDE
ImageError = image_errors.ImageError

# Side of the pictures that picture_signatures.signature compares.
THUMBNAIL_SIDE = 17
_THUMBNAIL_SIZE = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
# Side of the pictures that picture_flaws examines.
PREVIEW_SIDE = 32
_PREVIEW_SIZE = (PREVIEW_SIDE, PREVIEW_SIDE)
# A picture is of one colour if no channel varies by more of its 255 levels.
_UNIFORM_RANGE = 4

# JPEG settings. Without subsampling, drawings keep sharp colours.
_QUALITY = 95
_SUBSAMPLING_444 = 0

# Decoded sides are at least this factor times the wanted sides: a decoder's own
# scaling is coarse, and the resizing after it hides that.
_DRAFT_FACTOR = 2
# reducing_gap of Image.resize. Its documentation calls 3 'indistinguishable'
# from fair resampling; less suffices for a thumbnail.
_REDUCING_GAP, _THUMBNAIL_GAP = 3.0, 2.0

_SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations.


@dataclasses.dataclass(frozen=True, kw_only=True)
class EncodedImage:
  """An image as a record holds it.

  Attributes:
    jpeg: the bytes of an RGB JPEG file.
    height: the number of its pixel rows.
    width: the number of its pixel columns.
    source_format: the format of the file: 'JPEG', 'PNG', ...
    is_original: True if jpeg is the file itself, byte for byte.
    pixels: tf.io.decode_image(jpeg), uint8 [height, width, 3]; None unless
      requested and a by-product of the check.
  """

  jpeg: bytes
  height: int
  width: int
  source_format: str
  is_original: bool
  pixels: np.ndarray | None = dataclasses.field(default=None, compare=False)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Examination:
  """Properties of a valid image file, known before it is encoded.

  Attributes:
    height: the number of pixel rows of the image that encode returns.
    width: the number of its pixel columns.
    source_format: the format of the file: 'JPEG', 'PNG', ...
    is_original: True if encode returns the file itself, byte for byte.
    thumbnail: uint8 [THUMBNAIL_SIDE, THUMBNAIL_SIDE, 3] RGB: the complete
      picture, upright, squeezed into a square.
    levels: the range in which samples of more than 8 bits are assumed to be,
      such as 'declared 0 to 4095' or 'assumed 0 to 4095'; '' for other samples.
    preview: uint8 [PREVIEW_SIDE, PREVIEW_SIDE, 3] RGB: the complete picture in
      the orientation and colours in which the file stores it.
    is_uniform: True if all pixels have the same colour, except for an encoder's
      noise.
  """

  height: int
  width: int
  source_format: str
  is_original: bool
  thumbnail: np.ndarray
  preview: np.ndarray
  is_uniform: bool
  levels: str = ''


@image_errors.memory_errors()
def encode(
  data: bytes,
  *,
  max_side: int | None = None,
  checked: bool = False,
  with_pixels: bool = False,
) -> EncodedImage:
  """Returns the image file `data` as an RGB JPEG.

  Args:
    data: the bytes of the file.
    max_side: the limit of the longer side in pixels; a larger image is shrunk
      to it. None sets no limit.
    checked: True if examine(data) has passed. A file that is stored byte for
      byte is then not decoded again.
    with_pixels: True if the caller decodes the JPEG next: see the attribute
      `pixels` of the result.

  Raises:
    ImageError: the file is empty, not an image, damaged, truncated, of an
      unsupported kind, or too large.
    ValueError: max_side is not positive.
  """
  _check_max_side(max_side)
  picture = pictures.open_file(data, max_side=max_side)
  is_original = _is_original(picture, max_side)
  pixels = None
  if is_original:
    jpeg, (width, height) = data, picture.size
    if with_pixels:
      pixels = picture.tensorflow_pixels()
    if not checked and pixels is None:
      picture.load(_THUMBNAIL_SIZE)
  else:
    rgb = _record_pixels(picture, max_side)
    width, height = rgb.size
    buffer = io.BytesIO()
    rgb.save(buffer, 'JPEG', quality=_QUALITY, subsampling=_SUBSAMPLING_444)
    jpeg = buffer.getvalue()
  return EncodedImage(
    jpeg=jpeg,
    height=height,
    width=width,
    is_original=is_original,
    source_format=picture.source_format,
    pixels=pixels,
  )


@image_errors.memory_errors()
def examine(data: bytes, *, max_side: int | None = None) -> Examination:
  """Checks the image file `data` as encode does, without encoding it.

  Args:
    data: the bytes of the file.
    max_side: the argument that encode will be called with.

  Raises:
    ImageError: encode would raise it for this file.
    ValueError: max_side is not positive.
  """
  _check_max_side(max_side)
  picture = pictures.open_file(data, max_side=max_side)
  is_original = _is_original(picture, max_side)
  draft_side = _DRAFT_FACTOR * THUMBNAIL_SIDE
  image, box = picture.load((draft_side, draft_side))
  preview, small = (
    image.resize(
      size, Image.Resampling.BILINEAR, box=box, reducing_gap=_THUMBNAIL_GAP
    )
    for size in (_PREVIEW_SIZE, _THUMBNAIL_SIZE)
  )
  orientation = picture.orientation
  thumbnail = image_reader.upright(
    colour_profiles.to_srgb(small, picture.profile), orientation
  )
  width, height = _fitting(
    picture.size[::-1] if orientation in _SIDEWAYS else picture.size, max_side
  )
  return Examination(
    height=height,
    width=width,
    is_original=is_original,
    source_format=picture.source_format,
    thumbnail=np.array(thumbnail),
    levels=picture.levels,
    preview=np.array(preview.convert('RGB')),
    # The means of its parts differ less than the pixels, and are fewer.
    is_uniform=_is_uniform(preview) and _is_uniform(image),
  )


def _is_uniform(image: Image.Image) -> bool:
  # One pair for grey, a tuple of pairs for colours.
  extremes = np.reshape(image.getextrema(), (-1, 2))
  return bool(np.ptp(extremes, axis=1).max() <= _UNIFORM_RANGE)


def _check_max_side(max_side: int | None) -> None:
  if max_side is not None and max_side < 1:
    raise ValueError(f'max_side is {max_side}: it must be 1 or more')


def _is_original(picture: pictures.Picture, max_side: int | None) -> bool:
  """Returns True if the record should hold the file byte for byte."""
  return (
    picture.is_plain_jpeg
    and _fitting(picture.size, max_side) == picture.size
    and picture.orientation == 1
    and colour_profiles.is_srgb(picture.profile)
  )


def _fitting(size: tuple[int, int], max_side: int | None) -> tuple[int, int]:
  """Returns the (width, height) of the image in the record."""
  longer = max(size)
  if max_side is None or longer <= max_side:
    return size
  width, height = (max(1, round(side * max_side / longer)) for side in size)
  return width, height


def _record_pixels(
  picture: pictures.Picture, max_side: int | None
) -> Image.Image:
  """Returns the RGB image to encode: shrunk, sRGB, upright, no metadata."""
  size = _fitting(picture.size, max_side)
  if size == picture.size:
    image, _ = picture.load()
  else:
    width, height = (_DRAFT_FACTOR * side for side in size)
    image, box = picture.load((width, height))
    image = image.resize(
      size, Image.Resampling.LANCZOS, box=box, reducing_gap=_REDUCING_GAP
    )
  rgb = image_reader.upright(
    colour_profiles.to_srgb(image, picture.profile), picture.orientation
  )
  rgb.info = {}
  return rgb
