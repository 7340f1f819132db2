"""Draws pictures of five kinds of flowers.

They replace the flower photographs when there is no network: flowers of varying
position, size, rotation, colour and light, over blurred clutter. Each colour
belongs to several kinds, and to the blobs behind them, so that a model has to
learn the shapes. A picture depends only on its class, its number and the seed.

  draw_picture    one picture
  write_pictures  a folder of class folders of JPEG files
"""

import cmath
import dataclasses
import os
import pathlib
from collections.abc import Callable

import numpy as np
from PIL import Image
from PIL import ImageDraw
from PIL import ImageFilter

from inception.data.flowers import flower_shapes
from inception.jobs import atomic_files

CLASS_NAMES = tuple(flower_shapes.DRAWERS)
PICTURE_SIZE = 200

# Pictures are drawn larger and scaled down, since Pillow's edges are jagged.
_OVERSAMPLING = 2
_CANVAS_SIZE = _OVERSAMPLING * PICTURE_SIZE
_JPEG_QUALITY = 88

# (Hue, saturation, value), each in [0, 1].
_COLOURS = {
  'white': (0.12, 0.06, 0.97),
  'yellow': (0.145, 0.85, 0.97),
  'orange': (0.08, 0.85, 0.96),
  'red': (0.985, 0.85, 0.80),
  'pink': (0.93, 0.42, 0.95),
  'purple': (0.79, 0.55, 0.75),
}
_COLOUR_NAMES = tuple(_COLOURS)
# Probability of each colour for a class, much as in nature. Each colour belongs
# to several classes, so that it is only a hint.
_COLOUR_SHARES = {
  'daisy': {'white': 0.6, 'pink': 0.2, 'yellow': 0.1, 'purple': 0.1},
  'dandelion': {'yellow': 0.7, 'orange': 0.15, 'white': 0.15},
  'roses': {
    'red': 0.4,
    'pink': 0.3,
    'white': 0.1,
    'yellow': 0.1,
    'orange': 0.1,
  },
  'sunflowers': {'yellow': 0.6, 'orange': 0.3, 'red': 0.1},
  'tulips': {
    'purple': 0.3,
    'pink': 0.2,
    'red': 0.2,
    'yellow': 0.15,
    'orange': 0.15,
  },
}
_BACKGROUNDS = (
  (0.30, 0.45, 0.38),
  (0.25, 0.55, 0.55),
  (0.36, 0.35, 0.22),
  (0.57, 0.35, 0.80),
  (0.60, 0.20, 0.55),
  (0.09, 0.35, 0.35),
  (0.10, 0.15, 0.75),
  (0.75, 0.12, 0.25),
)


def draw_picture(class_name: str, *, number: int, seed: int) -> Image.Image:
  """Draws one or two flowers of a class.

  Args:
    class_name: One of CLASS_NAMES.
    number: Number of the picture, at least 0.
    seed: Random seed, at least 0.

  Returns:
    An RGB image of PICTURE_SIZE x PICTURE_SIZE pixels.

  Raises:
    ValueError: class_name is not in CLASS_NAMES, or number or seed is negative.
  """
  if class_name not in CLASS_NAMES:
    raise ValueError(
      f'class_name must be one of {", ".join(CLASS_NAMES)}, got {class_name!r}'
    )
  if number < 0 or seed < 0:
    raise ValueError(f'number and seed must be >= 0, got {number} and {seed}')
  rng = np.random.default_rng([seed, CLASS_NAMES.index(class_name), number])
  image = _background(rng)
  canvas = flower_shapes.Brush(draw=ImageDraw.Draw(image), rng=rng)
  _leaves(canvas, int(rng.integers(0, 5)))
  flowers = [
    dataclasses.replace(
      canvas,
      centre=centre * _CANVAS_SIZE,
      scale=radius * _CANVAS_SIZE,
      turn=cmath.exp(1j * rng.normal(0, 0.5)),
      tilt=rng.uniform(0.75, 1),
    )
    for centre, radius in _positions(rng)
  ]
  for flower in flowers:
    _stem(flower)
  colour = _petal_colour(rng, class_name)
  for flower in flowers:
    flower_shapes.DRAWERS[class_name](flower, flower_shapes.varied(rng, colour))
  if rng.uniform() < 0.4:
    _leaves(canvas, 1)
  return _in_light(image, rng)


def write_pictures(
  folder: str | os.PathLike,
  *,
  pictures_per_class: int,
  seed: int = 0,
  report: Callable[[int, int], None] | None = None,
) -> int:
  """Writes folder/<class>/<class>_00001.jpg and so on.

  Existing files are kept, so that the next call resumes an interrupted one.
  Each file appears complete or not at all.

  Args:
    folder: Output folder; created if missing.
    pictures_per_class: Number of pictures of each class, at least 1.
    seed: Seed of the pictures. Use one folder per seed.
    report: Function that is called with (existing pictures, all pictures) after
      every 100 pictures and at the end.

  Returns:
    The number of pictures drawn; the others existed already.

  Raises:
    ValueError: pictures_per_class is less than 1, or seed is negative.
    OSError: A file cannot be written.
  """
  if pictures_per_class < 1:
    raise ValueError(
      f'pictures_per_class must be >= 1, got {pictures_per_class}'
    )
  missing: list[tuple[pathlib.Path, str, int]] = []
  for name in CLASS_NAMES:
    class_folder = pathlib.Path(folder, name)
    class_folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, pictures_per_class + 1):
      path = class_folder / f'{name}_{number:05d}.jpg'
      if not path.exists():
        missing.append((path, name, number))
  total = pictures_per_class * len(CLASS_NAMES)
  for count, picture in enumerate(missing, start=total - len(missing) + 1):
    _write_picture(*picture, seed=seed)
    if report and (count == total or count % 100 == 0):
      report(count, total)
  return len(missing)


def _write_picture(
  path: pathlib.Path, class_name: str, number: int, *, seed: int
) -> None:
  # Not durable: flushing 1,400 files takes 15 s, and a lost picture can be
  # drawn again.
  with atomic_files.writing(path, durable=False) as temporary:
    draw_picture(class_name, number=number, seed=seed).save(
      temporary, format='JPEG', quality=_JPEG_QUALITY
    )


def _petal_colour(
  rng: np.random.Generator, class_name: str
) -> flower_shapes.Colour:
  shares = _COLOUR_SHARES[class_name]
  name = rng.choice(list(shares), p=list(shares.values()))
  return flower_shapes.varied(rng, _COLOURS[name])


def _background(rng: np.random.Generator) -> Image.Image:
  """Returns a canvas of blurred blobs and leaves."""
  # Nothing on it is sharp, so a quarter of the canvas's side is enough.
  size = _CANVAS_SIZE // 4
  ground = _BACKGROUNDS[rng.integers(len(_BACKGROUNDS))]
  image = Image.new(
    'RGB', (size, size), flower_shapes.rgb(flower_shapes.varied(rng, ground))
  )
  brush = flower_shapes.Brush(draw=ImageDraw.Draw(image), rng=rng, scale=size)
  for _ in range(rng.integers(6, 16)):
    position = complex(*rng.uniform(0, 1, 2))
    kind = rng.uniform()
    if kind < 0.25:
      colour = _COLOURS[_COLOUR_NAMES[rng.integers(len(_COLOUR_NAMES))]]
      outline = flower_shapes.disc_outline(rng.uniform(0.03, 0.14))
    else:
      colour = (
        flower_shapes.GREEN
        if kind < 0.7
        else _BACKGROUNDS[rng.integers(len(_BACKGROUNDS))]
      )
      outline = (
        flower_shapes.petal_outline(rng.uniform(0.1, 0.4), 0.8)
        * rng.uniform(0.2, 0.9)
        * flower_shapes.ring(1, 0, rng)
      )
    brush.shape(
      position + outline,
      flower_shapes.lit(
        flower_shapes.varied(rng, colour), rng.uniform(0.4, 1.0)
      ),
    )
  image = image.filter(ImageFilter.GaussianBlur(rng.uniform(1.5, 4)))
  return image.resize((_CANVAS_SIZE, _CANVAS_SIZE), Image.Resampling.BILINEAR)


def _leaves(canvas: flower_shapes.Brush, count: int) -> None:
  """Draws sharp, narrow leaves at random positions."""
  rng = canvas.rng
  for _ in range(count):
    leaf = dataclasses.replace(
      canvas,
      centre=complex(*rng.uniform(0, 1, 2)) * _CANVAS_SIZE,
      scale=_CANVAS_SIZE * rng.uniform(0.2, 0.6),
      turn=complex(flower_shapes.ring(1, 0, rng)[0]),
    )
    outline = flower_shapes.petal_outline(rng.uniform(0.05, 0.22), 0.9)
    outline = outline + 1j * rng.uniform(-0.2, 0.2) * outline.real**2
    green = flower_shapes.lit(
      flower_shapes.varied(rng, flower_shapes.GREEN), rng.uniform(0.6, 1.4)
    )
    leaf.shape(outline, green, flower_shapes.lit(green, 0.75))
    leaf.line(np.array([0.05, 0.9]), flower_shapes.lit(green, 0.85), 0.01)


def _stem(flower: flower_shapes.Brush) -> None:
  """Draws a stem from the flower's centre out of the picture."""
  rng = flower.rng
  along = np.linspace(0, 1, 12)
  bend = rng.uniform(-1, 1)
  dataclasses.replace(flower, tilt=1.0).line(
    5.5j * along + bend * along**2,
    flower_shapes.varied(rng, flower_shapes.GREEN),
    rng.uniform(0.09, 0.15),
  )


def _positions(rng: np.random.Generator) -> list[tuple[complex, float]]:
  """Returns (centre, radius) of each flower, as fractions of the canvas."""
  count = int(rng.choice([1, 2], p=[0.85, 0.15]))
  if count == 1:
    return [(complex(*rng.uniform(0.45, 0.55, 2)), rng.uniform(0.36, 0.46))]
  middle = complex(*rng.uniform(0.46, 0.54, 2))
  return [
    (middle + rng.uniform(0.22, 0.26) * direction, rng.uniform(0.23, 0.28))
    for direction in flower_shapes.ring(count, 0.08, rng)
  ]


def _in_light(image: Image.Image, rng: np.random.Generator) -> Image.Image:
  """Returns the canvas as a photograph would show it.

  The picture is scaled down, lit from one side and tinted, its contrast is
  changed, and noise is added.
  """
  pixels = np.asarray(image.reduce(_OVERSAMPLING), np.float32) / 255
  across = np.linspace(-1, 1, PICTURE_SIZE, dtype=np.float32)
  side = complex(flower_shapes.ring(1, 0, rng)[0]) * rng.uniform(0, 0.35)
  light = 1 + side.real * across[None, :] + side.imag * across[:, None]
  light *= rng.uniform(0.75, 1.2)
  tint = rng.normal(1, 0.06, 3).astype(np.float32)
  contrast = np.float32(rng.uniform(0.8, 1.25))
  pixels = pixels**contrast * light[..., None] * tint
  noise = rng.standard_normal(pixels.shape[:2], np.float32)
  pixels += np.float32(rng.uniform(0, 0.035)) * noise[..., None]
  return Image.fromarray((np.clip(pixels, 0, 1) * 255).astype(np.uint8))
