"""Any image file -> the RGB JPEG that a record holds.

  encode        a file's bytes -> EncodedImage
  examine       the same check, but no encoding -> Examination
  ImageError    the bytes are not an image that can be used; says why

What a file is, its content says; its name is never looked at. A plain upright
sRGB JPEG goes into the record byte for byte: to decode and encode it anew would
cost quality and time. Everything else becomes one: pixels turned upright as
EXIF asks, transparency laid on white, grey, palettes, CMYK and 16 bits a
channel and more brought to 8-bit RGB, colour profiles to sRGB, giants shrunk.

Every image is read to its last pixel here, so that training never meets a
truncated or damaged one. The decoders do not hold Python's interpreter lock, so
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

# What picture_signatures.signature compares.
THUMBNAIL_SIDE = 17
_THUMBNAIL_SIZE = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
# What picture_flaws looks at.
PREVIEW_SIDE = 32
_PREVIEW_SIZE = (PREVIEW_SIDE, PREVIEW_SIDE)
# Grey levels of 255 within which all of a picture is one colour.
_UNIFORM_RANGE = 4

# Of what is encoded here. Without subsampling drawings keep sharp colours.
_QUALITY = 95
_SUBSAMPLING_444 = 0

# A side of what is decoded is this times the side that is wanted, or more: a
# decoder's own scaling is coarse, and the resizing after it hides that.
_DRAFT_FACTOR = 2
# How much larger than wanted Image.resize may begin: 3 is its documentation's
# 'indistinguishable'; a thumbnail is content with less.
_REDUCING_GAP, _THUMBNAIL_GAP = 3.0, 2.0

_SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations.


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


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Examination:
  """What is known of a sound image file before it is encoded.

  Attributes:
    height: pixel rows of what encode returns.
    width: its pixel columns.
    source_format: what the file is: 'JPEG', 'PNG', ...
    is_original: encode returns the file itself, byte for byte.
    thumbnail: uint8 [THUMBNAIL_SIDE, THUMBNAIL_SIDE, 3] RGB, the whole picture
      upright, whatever its shape.
    levels: the range that samples of more than 8 bits are taken to be in:
      'declared 0 to 4095', 'assumed 0 to 4095'; '' without such.
    preview: uint8 [PREVIEW_SIDE, PREVIEW_SIDE, 3] RGB, the same as stored.
    is_uniform: all pixels have the same colour, but for an encoder's noise.
  """

  height: int
  width: int
  source_format: str
  is_original: bool
  thumbnail: np.ndarray
  preview: np.ndarray
  is_uniform: bool
  levels: str = ''


def encode(
  data: bytes, *, max_side: int | None = None, checked: bool = False
) -> EncodedImage:
  """Returns the image file `data` as an RGB JPEG.

  Args:
    data: the file.
    max_side: shrink an image whose longer side has more pixels to so many.
    checked: examine(data) has passed: do not decode what is not encoded anew.

  Raises:
    ImageError: it is empty, no image, damaged, truncated, of a kind that is
      not supported, or too large.
    ValueError: max_side is not positive.
  """
  _check_max_side(max_side)
  picture = pictures.open_file(data, max_side=max_side)
  is_original = _is_original(picture, max_side)
  if is_original:
    jpeg, (width, height) = data, picture.size
    if not checked:
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
  )


def examine(data: bytes, *, max_side: int | None = None) -> Examination:
  """Checks the image file `data` as encode does, and encodes nothing.

  Args:
    data: the file.
    max_side: what encode will be told.

  Raises:
    ImageError: whatever encode raises of this file.
    ValueError: max_side is not positive.
  """
  _check_max_side(max_side)
  picture = pictures.open_file(data, max_side=max_side)
  is_original = _is_original(picture, max_side)
  image, box = picture.load(
    tuple(_DRAFT_FACTOR * side for side in _THUMBNAIL_SIZE)
  )
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
    is_uniform=_is_uniform(image),
  )


def _is_uniform(image: Image.Image) -> bool:
  extremes = image.getextrema()
  if image.mode == 'L':
    extremes = (extremes,)
  return all(high - low <= _UNIFORM_RANGE for low, high in extremes)


def _check_max_side(max_side: int | None) -> None:
  if max_side is not None and max_side < 1:
    raise ValueError(f'max_side is {max_side}: it must be 1 or more')


def _is_original(picture: pictures.Picture, max_side: int | None) -> bool:
  """Whether the record is to hold the file as it is."""
  return (
    picture.is_plain_jpeg
    and _fitting(picture.size, max_side) == picture.size
    and picture.orientation == 1
    and colour_profiles.keeps(picture.profile)
  )


def _fitting(size: tuple[int, int], max_side: int | None) -> tuple[int, int]:
  """Returns the (width, height) of the record's image."""
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
