"""The one error of image files, and how large an image may be.

ImageError   the bytes are not an image that can be used; says why
MAX_PIXELS, MAX_SIDE, check_size
             what is refused by its header
"""

from inception.jobs import errors

# 2^29 bytes of RGB is what tf.io.decode_jpeg takes, and where Pillow refuses a
# file by its header: one that is small and would unpack to gigabytes.
MAX_PIXELS = 2**29 // 3
MAX_SIDE = 65_500  # libjpeg's JPEG_MAX_DIMENSION.


class ImageError(errors.UserError):
  """The bytes are not an image that can be used; the text says why."""


def check_size(size: tuple[int, int]) -> None:
  """Refuses an image by the (width, height) that its header declares.

  Raises:
    ImageError: it has more than MAX_PIXELS, or a side more than MAX_SIDE.
  """
  # Pillow looks, too, but a program may have told it not to.
  if size[0] * size[1] > MAX_PIXELS:
    raise ImageError(too_many_pixels())
  check_sides(size)


def check_sides(size: tuple[int, int]) -> None:
  """Refuses an image of which a side is too long.

  Raises:
    ImageError: a side has more than MAX_SIDE pixels.
  """
  if max(size) > MAX_SIDE:
    raise ImageError(
      f'{size[0]} x {size[1]} pixels: a side has more than {MAX_SIDE:,}'
    )


def too_many_pixels() -> str:
  """Returns the reason for an image that is too large however it is read."""
  return f'declares more than {MAX_PIXELS:,} pixels'
