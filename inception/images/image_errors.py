"""The error for unusable image files, and the limits of an image's size.

ImageError   the bytes are not a usable image; the text gives the reason
MemoryShortage
             there is too little memory at the moment
memory_errors
             turns a MemoryError into it
MAX_PIXELS, MAX_SIDE
             the limits
check_size, check_sides
             refuse an image by the size that its header declares
"""

import contextlib
from collections.abc import Iterator

from inception.jobs import errors

# tf.io.decode_jpeg accepts up to 2^29 bytes of RGB. Pillow refuses larger files
# by their header, as a small file might unpack to gigabytes.
MAX_PIXELS = 2**29 // 3
MAX_SIDE = 65_500  # libjpeg's JPEG_MAX_DIMENSION.


class ImageError(errors.UserError):
  """The bytes are not a usable image; the text gives the reason."""


class MemoryShortage(ImageError):
  """There is too little memory for the image; it may be usable later."""


@contextlib.contextmanager
def memory_errors() -> Iterator[None]:
  """Turns a MemoryError of the block, or of a function, into an ImageError.

  Raises:
    MemoryShortage: the block raised a MemoryError.
  """
  try:
    yield
  except MemoryError as error:
    raise MemoryShortage('there is too little memory to decode it') from error


def check_size(size: tuple[int, int]) -> None:
  """Checks the (width, height) that an image's header declares.

  Raises:
    ImageError: the image has more than MAX_PIXELS pixels, or a side of more
      than MAX_SIDE.
  """
  # Pillow checks this as well, but a program may have switched its check off.
  if size[0] * size[1] > MAX_PIXELS:
    raise ImageError(too_many_pixels())
  check_sides(size)


def check_sides(size: tuple[int, int]) -> None:
  """Checks the sides of an image of (width, height).

  Raises:
    ImageError: a side has more than MAX_SIDE pixels.
  """
  if max(size) > MAX_SIDE:
    raise ImageError(
      f'{size[0]} x {size[1]} pixels: a side has more than {MAX_SIDE:,}'
    )


def too_many_pixels() -> str:
  """Returns the reason for refusing an image of more than MAX_PIXELS."""
  return f'declares more than {MAX_PIXELS:,} pixels'
