"""Outlines and colours of five kinds of flowers.

Flowers are drawn in their own coordinates: complex numbers with the centre at
0, the petals' tips at a distance of about 1, and "up" towards -1j. `Brush`
tilts, rotates, scales and moves them onto the canvas.

  DRAWERS            DRAWERS[class name](brush, colour) draws one flower
  Brush              fills outlines and draws lines
  petal_outline, disc_outline, ring   points and directions
  rgb, lit, varied   colours: (hue, saturation, value), each in [0, 1]
"""

import cmath
import colorsys
import dataclasses

import numpy as np
from PIL import ImageDraw

Colour = tuple[float, float, float]

GREEN = (0.29, 0.60, 0.48)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Brush:
  """Draws shapes in a flower's own coordinates onto the canvas.

  Attributes:
    draw: The canvas.
    rng: Random generator for the variations.
    centre: Position of the flower's centre, in canvas pixels.
    scale: Number of canvas pixels for a length of 1.
    turn: Unit complex number that rotates the flower in the picture.
    tilt: Factor in (0, 1] for the flower's height; below 1, the flower is seen
      from the side.
  """

  draw: ImageDraw.ImageDraw
  rng: np.random.Generator
  centre: complex = 0
  scale: float = 1
  turn: complex = 1
  tilt: float = 1.0

  def _onto_canvas(self, points: np.ndarray) -> list[tuple[float, float]]:
    seen = (points.real + 1j * self.tilt * points.imag) * self.turn
    seen = self.centre + self.scale * seen
    return list(zip(seen.real.tolist(), seen.imag.tolist()))

  def shape(
    self, points: np.ndarray, colour: Colour, rim: Colour | None = None
  ) -> None:
    """Fills a closed outline.

    Args:
      points: Complex array of the outline, in the flower's coordinates.
      colour: Colour of the area.
      rim: Colour of the edge; None draws no edge.
    """
    self.draw.polygon(
      self._onto_canvas(points),
      fill=rgb(colour),
      outline=rim and rgb(rim),
      width=2,
    )

  def line(self, points: np.ndarray, colour: Colour, width: float) -> None:
    """Draws an open line.

    Args:
      points: Complex array, in the flower's coordinates.
      colour: Colour of the line.
      width: Width in the flower's own unit of length.
    """
    self.draw.line(
      self._onto_canvas(points),
      fill=rgb(colour),
      joint='curve',
      width=max(1, round(width * self.scale)),
    )

  def shade(self, colour: Colour, by: float = 0.08) -> Colour:
    """Returns the colour, lighter or darker by a share of at most `by`."""
    return lit(colour, self.rng.uniform(1 - by, 1 + by))


def rgb(colour: Colour) -> tuple[int, int, int]:
  """Returns the colour as Pillow's (red, green, blue), each in 0..255."""
  red, green, blue = colorsys.hsv_to_rgb(*colour)
  return round(255 * red), round(255 * green), round(255 * blue)


def lit(colour: Colour, factor: float) -> Colour:
  """Returns the colour with its value multiplied, clipped to [0, 1]."""
  hue, saturation, value = colour
  return hue, saturation, float(min(1.0, max(0.0, value * factor)))


def varied(rng: np.random.Generator, colour: Colour) -> Colour:
  """Returns a random colour near the given one."""
  hue, saturation, value = colour + rng.normal(0, (0.012, 0.06, 0.05))
  return (
    hue % 1,
    float(np.clip(saturation, 0, 1)),
    float(np.clip(value, 0, 1)),
  )


def petal_outline(width: float, blunt: float, points: int = 9) -> np.ndarray:
  """Returns the outline of a petal from 0 to 1.

  Args:
    width: Width at the widest point.
    blunt: Shape of the tip: 1 is pointed, smaller values are rounder.
    points: Number of points on either side.

  Returns:
    A complex array of shape (2 * points - 2,).
  """
  along = np.sin(np.linspace(0, np.pi / 2, points)) ** 1.5
  across = width / 2 * np.sin(np.pi * along**1.3) ** blunt
  return np.concatenate([along + 1j * across, (along - 1j * across)[-2:0:-1]])


def disc_outline(radius: float, points: int = 20) -> np.ndarray:
  """Returns the outline of a disc about 0, a complex array (points,)."""
  return radius * np.exp(2j * np.pi * np.arange(points) / points)


def ring(count: int, jitter: float, rng: np.random.Generator) -> np.ndarray:
  """Returns `count` directions around a circle, as unit complex numbers.

  Args:
    count: Number of directions, at least 1.
    jitter: Standard deviation of each direction, as a fraction of the angle
      between two neighbours.
    rng: Random generator for the first direction and the jitter.
  """
  angles = np.arange(count) + rng.uniform() + rng.normal(0, jitter, count)
  return np.exp(2j * np.pi * angles / count)


def _daisy(brush: Brush, colour: Colour) -> None:
  """Draws long, round petals with gaps around a small smooth disc."""
  rng = brush.rng
  count = int(rng.integers(11, 19))
  petal = petal_outline(rng.uniform(3.6, 4.6) / count, 0.45)
  for direction in ring(count, 0.1, rng):
    length = rng.uniform(0.9, 1.05)
    shade = brush.shade(colour)
    brush.shape(petal * direction * length, shade, lit(shade, 0.72))
    brush.line(
      direction * length * np.array([0.3, 0.8]), lit(shade, 0.86), 0.02
    )
  disc = varied(
    rng,
    (0.13, 0.85, 0.92)
    if rng.uniform() < 0.6
    else (0.07, 0.7, rng.uniform(0.3, 0.7)),
  )
  radius = rng.uniform(0.2, 0.27)
  brush.shape(disc_outline(radius), disc, lit(disc, 0.7))
  brush.shape(disc_outline(radius * 0.6) - 0.03 - 0.03j, lit(disc, 1.15))


def _dandelion(brush: Brush, colour: Colour) -> None:
  """Draws a head of narrow rays without a disc, or a ball of seeds."""
  rng = brush.rng
  if rng.uniform() < 0.35:
    _seed_ball(brush, colour)
    return
  ray = petal_outline(0.1, 0.5, points=5)
  for radius in (1.0, 0.82, 0.62, 0.42, 0.22):
    layer = lit(colour, 1.12 - 0.35 * radius)
    for direction in ring(int(16 + 26 * radius), 0.3, rng):
      shade = brush.shade(layer, 0.12)
      brush.shape(
        ray * direction * radius * rng.uniform(0.85, 1.08),
        shade,
        lit(shade, 0.75),
      )


def _seed_ball(brush: Brush, colour: Colour) -> None:
  """Draws three rings of seeds on stalks, each seed with five bristles."""
  rng = brush.rng
  pale = (colour[0], colour[1] * 0.3, 0.95)
  for radius in (1.0, 0.8, 0.55):
    for direction in ring(int(14 + 14 * radius), 0.2, rng):
      tip = direction * radius * rng.uniform(0.92, 1.05)
      shade = brush.shade(pale, 0.1)
      brush.line(np.array([0.1 * direction, tip]), shade, 0.018)
      for spread in (-0.9, -0.45, 0, 0.45, 0.9):
        brush.line(
          np.array([tip, tip + 0.17 * direction * cmath.exp(1j * spread)]),
          shade,
          0.018,
        )
  brush.shape(disc_outline(0.14), varied(rng, (0.09, 0.5, 0.4)))


def _rose(brush: Brush, colour: Colour) -> None:
  """Draws concentric rings of broad, overlapping petals around a spiral."""
  rng = brush.rng
  for radius, count in ((1.0, 6), (0.8, 5), (0.6, 5), (0.42, 4), (0.27, 3)):
    for direction in ring(count, 0.12, rng):
      wave = 1 + 0.06 * np.cos(np.arange(20) * 0.94 + rng.uniform(0, 6))
      shade = brush.shade(lit(colour, 0.72 + 0.33 * radius), 0.07)
      blob = radius * (0.46 * direction + disc_outline(0.56) * wave)
      brush.shape(blob, shade, lit(shade, 0.6))
      brush.shape(blob * 0.9, lit(shade, 0.9))
  turns = np.linspace(0, 3.5 * np.pi, 30)
  brush.line(
    turns / 50 * np.exp(1j * (turns + rng.uniform(0, 6))),
    lit(colour, 0.5),
    0.035,
  )


def _sunflower(brush: Brush, colour: Colour) -> None:
  """Draws two rows of pointed petals around a large disc with seeds."""
  rng = brush.rng
  count = int(rng.integers(14, 21))
  petal = petal_outline(rng.uniform(5.0, 6.5) / count, 1.0)
  for row, reach in ((0.85, 1.06), (1.0, 0.96)):
    for direction in ring(count, 0.12, rng):
      shade = brush.shade(lit(colour, row), 0.1)
      length = reach * rng.uniform(0.92, 1.05)
      brush.shape(petal * direction * length, shade, lit(shade, 0.7))
  disc = varied(rng, (0.07, 0.65, rng.uniform(0.2, 0.75)))
  radius = rng.uniform(0.42, 0.52)
  brush.shape(disc_outline(radius), disc, lit(disc, 0.6))
  # Vogel's spiral: the golden angle between seeds spreads them evenly.
  number = np.arange(1, 60)
  seeds = np.sqrt(number / 60) * radius * np.exp(2.39996j * number)
  for seed in seeds:
    brush.shape(
      seed + disc_outline(0.028, 5),
      lit(disc, 0.55 if abs(seed) < 0.6 * radius else 1.5),
    )


def _tulip(brush: Brush, colour: Colour) -> None:
  """Draws a cup of petals with separate tips from the side, and long leaves."""
  brush = dataclasses.replace(brush, tilt=1.0)
  rng = brush.rng
  foot = 0.9j
  green = varied(rng, GREEN)
  for angle in rng.normal((0.35, -0.35), 0.1):
    leaf = petal_outline(0.16, 0.9) * rng.uniform(1.6, 2.3)
    leaf = leaf + 0.12j * np.sign(angle) * leaf.real**2
    shade = brush.shade(green, 0.15)
    brush.shape(
      3.1j - 1j * leaf * cmath.exp(1j * angle), shade, lit(shade, 0.7)
    )
  petal = petal_outline(rng.uniform(0.48, 0.6), 0.75) * 1.9
  lean = rng.uniform(0.28, 0.42)
  for angle, length, light in (
    (-lean * 0.45, 0.98, 0.68),
    (lean * 0.45, 0.98, 0.72),
    (-lean, 1.0, 0.88),
    (lean, 1.0, 0.93),
    (0, 0.86, 1.06),
  ):
    length *= rng.uniform(0.95, 1.06)
    direction = -1j * cmath.exp(1j * (angle + rng.normal(0, 0.04)))
    shade = brush.shade(lit(colour, light), 0.05)
    brush.shape(foot + petal * direction * length, shade, lit(shade, 0.68))
    for vein in (-0.06, 0.06):
      brush.line(
        foot + direction * length * cmath.exp(1j * vein) * np.array([0.4, 1.4]),
        lit(shade, 0.88),
        0.02,
      )


# One function per class, in the order of the labels.
DRAWERS = {
  'daisy': _daisy,
  'dandelion': _dandelion,
  'roses': _rose,
  'sunflowers': _sunflower,
  'tulips': _tulip,
}
