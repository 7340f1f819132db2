"""A small JPEG of an image, for a page that shows hundreds of them.

jpeg       an image file -> a JPEG of a few kilobytes
SIDE       how large it is
"""

import io

from PIL import Image

from inception.images import image_reader

# Pixels of the longer side. About 4 kB.
SIDE = 128
_QUALITY = 80
# A decoder's own scaling is coarse; the resizing after it hides that.
_DRAFT_FACTOR = 2
_WHITE = (255, 255, 255)


def jpeg(encoded: bytes) -> bytes:
  """Returns a small version of an image file, as its pixels are stored.

  EXIF's orientation is not applied, as training does not do it either.

  Raises:
    image_reader.ImageError: the image cannot be decoded.
  """
  image = image_reader.open_file(encoded)
  with image_reader.reasons(image):
    scale = min(1, SIDE / max(image.size))
    size = tuple(max(1, round(side * scale)) for side in image.size)
    box = image_reader.load(
      image, encoded, at_least=tuple(_DRAFT_FACTOR * side for side in size)
    )
    small = (
      image_reader
      .plain(image)
      .convert('RGB')
      .resize(
        size, Image.Resampling.LANCZOS, box=box, reducing_gap=_DRAFT_FACTOR
      )
    )
    # Nothing of what the file says besides its pixels.
    clean = Image.new('RGB', size, _WHITE)
    clean.paste(small)
    buffer = io.BytesIO()
    clean.save(buffer, 'JPEG', quality=_QUALITY, optimize=True)
  return buffer.getvalue()
