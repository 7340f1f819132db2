"""Image files, folders and archives for tests, made by Pillow and by hand.

pixels, image_file      one small picture, in any mode and format
write                   a folder with a folder of pictures for each class
HOSTILE, ODD            unusable image files, and odd but usable ones
matrix_profile          a colour profile
tar, flowers_tar        archives
"""

import io
import os
import pathlib
import struct
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, cast

import numpy as np
from PIL import Image

from inception.testing import odd_images


def pixels(seed: int, height: int = 24, width: int = 32) -> np.ndarray:
  """Returns a smooth uint8 [height, width, 3] picture, different per seed."""
  rng = np.random.default_rng(seed)
  corners = rng.integers(0, 256, [2, 2, 3], np.uint8)
  return np.asarray(
    Image.fromarray(corners).resize((width, height), Image.Resampling.BILINEAR)
  )


def image_file(
  seed: int,
  *,
  file_format: str = 'JPEG',
  mode: str = 'RGB',
  height: int = 24,
  width: int = 32,
  orientation: int | None = None,
  **options: Any,
) -> bytes:
  """Returns a picture as an image file.

  Args:
    seed: seed of its pixels.
    file_format: Pillow's name of the format.
    mode: Pillow's name of the kind of pixels.
    height: height in pixels, as stored.
    width: width in pixels, as stored.
    orientation: value of the EXIF tag; None omits the tag.
    **options: Pillow's options for saving.
  """
  if orientation is not None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options['exif'] = exif
  buffer = io.BytesIO()
  Image.fromarray(pixels(seed, height, width)).convert(mode).save(
    buffer, file_format, **options
  )
  return buffer.getvalue()


def write(
  folder: str | os.PathLike, counts: Mapping[str, int], *, seed: int = 0
) -> list[pathlib.Path]:
  """Writes {class name: number} different JPEGs; returns their paths."""
  paths: list[pathlib.Path] = []
  for class_name, count in counts.items():
    class_folder = pathlib.Path(folder, class_name)
    class_folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
      path = class_folder / f'{class_name} {i:03d}.jpg'
      path.write_bytes(image_file(seed * 10_000 + len(paths)))
      paths.append(path)
  return paths


HOSTILE = odd_images.HOSTILE
ODD = odd_images.ODD


def matrix_profile(
  primaries: Sequence[Sequence[float]], gamma: float | None = None
) -> bytes:
  """Returns an ICC profile of RGB colours.

  Args:
    primaries: X, Y and Z, for D50, of red, green and blue.
    gamma: gamma of the three channels; None uses sRGB's curve.
  """

  def fixed(*values: float) -> bytes:
    return struct.pack(f'>{len(values)}i', *(round(65_536 * x) for x in values))

  white = (0.9642, 1.0, 0.8249)
  tags = {b'wtpt': b'XYZ \0\0\0\0' + fixed(*white)}
  for colour, xyz in zip((b'r', b'g', b'b'), primaries, strict=True):
    tags[colour + b'XYZ'] = b'XYZ \0\0\0\0' + fixed(*xyz)
    # Parametric curves: x^g; or (a x + b)^g from d upwards and c x below d.
    tags[colour + b'TRC'] = b'para\0\0\0\0' + (
      b'\0\3\0\0' + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
      if gamma is None
      else b'\0\0\0\0' + fixed(gamma)
    )
  table, body, start = b'', b'', 132 + 12 * len(tags)
  for name, content in tags.items():
    table += struct.pack('>4sII', name, start + len(body), len(content))
    body += content
  header = struct.pack(
    '>I4sI4s4s4s12s4s28s12s',
    start + len(body),
    b'',
    0x04000000,
    b'mntr',
    b'RGB ',
    b'XYZ ',
    b'',
    b'acsp',
    b'',
    fixed(*white),
  ).ljust(128, b'\0')
  return header + struct.pack('>I', len(tags)) + table + body


def tar(
  path: str | os.PathLike,
  members: Iterable[tarfile.TarInfo | tuple[str, bytes]],
  *,
  mode: str = 'w:gz',
) -> pathlib.Path:
  """Writes an archive of (name, content) pairs and other members."""
  # tarfile's annotations list each mode as a literal.
  with tarfile.open(path, cast(Literal['w:gz'], mode)) as archive:
    for member in members:
      if isinstance(member, tarfile.TarInfo):
        archive.addfile(member)
      else:
        name, content = member
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
  return pathlib.Path(path)


def contents(folder: pathlib.Path) -> dict[str, bytes]:
  """Returns {path below the folder, with /: content} of its files."""
  return {
    path.relative_to(folder).as_posix(): path.read_bytes()
    for path in folder.rglob('*')
    if path.is_file()
  }


def flowers_tar(
  path: str | os.PathLike, counts: Mapping[str, int], *, seed: int = 0
) -> pathlib.Path:
  """Writes an archive like flower_photos.tgz, of {class name: image count}."""
  members = [('flower_photos/LICENSE.txt', b'Free for tests.\n')]
  for class_name, count in counts.items():
    members += [
      (
        f'flower_photos/{class_name}/{i:03d}.jpg',
        image_file(seed * 10_000 + len(members) + i),
      )
      for i in range(count)
    ]
  return tar(path, members)
