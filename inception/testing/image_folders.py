"""Image files, folders and archives for tests, made by Pillow and by hand.

  pixels, image_file      one small picture, in any mode and format
  write                   a folder with a folder of pictures for each class
  HOSTILE                 files that are no usable images, by name
  tar, flowers_tar        archives
"""

import io
import os
import pathlib
import struct
import tarfile
import zlib
from collections.abc import Iterable, Mapping

import numpy as np
from PIL import Image


def pixels(seed: int, height: int = 24, width: int = 32) -> np.ndarray:
  """Returns a smooth uint8 [height, width, 3] picture; seeds differ."""
  rng = np.random.default_rng(seed)
  corners = rng.integers(0, 256, [2, 2, 3], np.uint8)
  return np.asarray(Image.fromarray(corners).resize(
      (width, height), Image.Resampling.BILINEAR))


def image_file(seed: int, *, file_format: str = 'JPEG', mode: str = 'RGB',
               height: int = 24, width: int = 32,
               orientation: int | None = None, **options) -> bytes:
  """Returns a picture as an image file.

  Args:
    seed: of its pixels.
    file_format: Pillow's name of it.
    mode: Pillow's name of the kind of its pixels.
    height: in pixels, as stored.
    width: in pixels, as stored.
    orientation: the EXIF tag; None leaves it out.
    **options: Pillow's, for saving.
  """
  if orientation is not None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options['exif'] = exif
  buffer = io.BytesIO()
  Image.fromarray(pixels(seed, height, width)).convert(mode).save(
      buffer, file_format, **options)
  return buffer.getvalue()


def write(folder: str | os.PathLike, counts: Mapping[str, int], *,
          seed: int = 0) -> list[pathlib.Path]:
  """Writes {class name: number} different JPEGs; returns their paths."""
  paths = []
  for class_name, count in counts.items():
    place = pathlib.Path(folder, class_name)
    place.mkdir(parents=True, exist_ok=True)
    for i in range(count):
      path = place / f'{class_name} {i:03d}.jpg'
      path.write_bytes(image_file(seed * 10_000 + len(paths)))
      paths.append(path)
  return paths


def png_header(width: int, height: int) -> bytes:
  """Returns a PNG file that declares this size, and has one black row."""
  def chunk(kind, data):
    body = kind + data
    return struct.pack('>I', len(data)) + body + struct.pack(
        '>I', zlib.crc32(body))
  header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
  row = zlib.compress(bytes(3 * min(width, 1000) + 1))
  return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) +
          chunk(b'IDAT', row) + chunk(b'IEND', b''))


def _hostile() -> dict[str, bytes]:
  jpeg = image_file(1)
  png = image_file(1, file_format='PNG')
  noise = np.random.default_rng(7).integers(0, 256, 999, np.uint8).tobytes()
  frame = jpeg.index(b'\xff\xc0')
  huge_frame = (jpeg[:frame + 5] + struct.pack('>HH', 60_000, 60_000) +
                jpeg[frame + 9:])
  return {
      'zero bytes.jpg': b'',
      'one byte.jpg': b'\xff',
      'start marker.jpg': jpeg[:2],
      'signature.jpg': jpeg[:3],
      'header.jpg': jpeg[:20],
      'to the scan.jpg': jpeg[:jpeg.index(b'\xff\xda') + 14],
      'half.jpg': jpeg[:len(jpeg) // 2],
      'all but 20 bytes.jpg': jpeg[:-20],
      'no end marker.jpg': jpeg[:-2],
      'zeros.jpg': bytes(500),
      'noise.jpg': noise,
      'noise after header.jpg': jpeg[:20] + noise,
      'no frame.jpg': jpeg[:frame] + jpeg[jpeg.index(b'\xff\xda'):],
      'bomb.jpg': huge_frame,
      'text.jpg': b'This is no picture.\n',
      'page.jpg': b'<!DOCTYPE html><html><body>404</body></html>',
      'program.jpg': b'MZ' + bytes(98),
      'archive.jpg': b'PK\x03\x04' + bytes(98),
      'drawing.svg': b'<svg xmlns="http://www.w3.org/2000/svg"/>',
      'document.pdf': b'%PDF-1.7\n',
      'film.mp4': b'\x00\x00\x00\x18ftypmp42' + bytes(90),
      'signature.png': png[:8],
      'half.png': png[:len(png) // 2],
      'no data.png': png[:33] + png[-12:],
      'wrong checksum.png': png[:40] + bytes([png[40] ^ 255]) + png[41:],
      'bomb.png': png_header(60_000, 60_000),
      'thin.png': png_header(70_000, 1),
      'nothing wide.png': png_header(0, 10),
      'half.gif': image_file(1, file_format='GIF')[:400],
      'header.gif': b'GIF89a',
      'half.bmp': image_file(1, file_format='BMP')[:1000],
      'half.webp': image_file(1, file_format='WEBP')[:60],
      'half.tif': image_file(1, file_format='TIFF')[:1000],
      'header.tif': b'II*\x00' + bytes(20),
      'floats.tif': _float_tiff(),
  }


def _float_tiff() -> bytes:
  buffer = io.BytesIO()
  Image.fromarray(np.zeros([4, 4], np.float32)).save(buffer, 'TIFF')
  return buffer.getvalue()


HOSTILE = _hostile()


def tar(path: str | os.PathLike, members: Iterable[tarfile.TarInfo | tuple[
    str, bytes]], *, mode: str = 'w:gz') -> pathlib.Path:
  """Writes an archive of (name, content) pairs and other members."""
  with tarfile.open(path, mode) as archive:
    for member in members:
      if isinstance(member, tarfile.TarInfo):
        archive.addfile(member)
      else:
        name, content = member
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
  return pathlib.Path(path)


def flowers_tar(path: str | os.PathLike, counts: Mapping[str, int], *,
                seed: int = 0) -> pathlib.Path:
  """Writes an archive as flower_photos.tgz is: {class name: images} in it."""
  members = [('flower_photos/LICENSE.txt', b'Free for tests.\n')]
  for class_name, count in counts.items():
    members += [
        (f'flower_photos/{class_name}/{i:03d}.jpg',
         image_file(seed * 10_000 + len(members) + i)) for i in range(count)]
  return tar(path, members)
