"""Small JPEGs of images, for a page that shows hundreds of them.

jpeg       returns a JPEG of a few kilobytes
SIDE       length of its longer side, unless given
"""

import io

from PIL import Image

from inception.images import image_reader

# Pixels of the longer side; a file has about 4 kB.
SIDE = 128
_QUALITY = 80
# A decoder's own scaling is coarse; the resizing after it hides that.
_DRAFT_FACTOR = 2
_WHITE = (255, 255, 255)


def jpeg(encoded: bytes, *, side: int = SIDE) -> bytes:
  """Returns a small version of an image file, in its stored orientation.

  EXIF's orientation is not applied, because training does not apply it.

  Args:
    encoded: bytes of the file.
    side: length of the longer side in pixels; smaller images keep their size.

  Raises:
    image_reader.ImageError: the image cannot be decoded.
  """
  image = image_reader.open_file(encoded)
  with image_reader.reasons(image):
    scale = min(1, side / max(image.size))
    width, height = (max(1, round(scale * length)) for length in image.size)
    size = width, height
    box = image_reader.load(
      image, encoded, at_least=(_DRAFT_FACTOR * width, _DRAFT_FACTOR * height)
    )
    small = (
      image_reader
      .plain(image)
      .convert('RGB')
      .resize(
        size, Image.Resampling.LANCZOS, box=box, reducing_gap=_DRAFT_FACTOR
      )
    )
    # Copies the pixels alone, without the file's metadata.
    clean = Image.new('RGB', size, _WHITE)
    clean.paste(small)
    buffer = io.BytesIO()
    clean.save(buffer, 'JPEG', quality=_QUALITY, optimize=True)
  return buffer.getvalue()
