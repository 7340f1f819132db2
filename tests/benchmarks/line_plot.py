"""Draws lines as an SVG, without a library.

svg   returns the text of a picture
"""

from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT, _MARGIN = 480, 300, 40
_COLOURS = ('#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9')

Point = tuple[float, float]


def svg(
  title: str,
  lines: Mapping[str, Sequence[Point]],
  *,
  columns: Sequence[tuple[float, str]],
  rows: Sequence[tuple[float, str]],
) -> str:
  """Returns a picture with a legend below it.

  Args:
    title: Text above the lines.
    lines: {name: points}, each (x, y) in [0, 1], from the lower left corner.
    columns: (x, text) of each tick of the horizontal axis.
    rows: (y, text) of each tick of the vertical axis.
  """
  parts = [
    f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" '
    f'height="{_HEIGHT + 16 * len(lines)}" font-family="sans-serif" '
    'font-size="11">',
    # Viewers with a dark background show the text, too.
    '<rect width="100%" height="100%" fill="white"/>',
    f'<text x="4" y="20">{title}</text>',
  ]
  for level, text in rows:
    _, y = _place(0, level)
    parts.append(
      f'<path d="M{_MARGIN} {y}H{_WIDTH - _MARGIN}" stroke="#ddd"/>'
      f'<text x="4" y="{y + 4}">{text}</text>'
    )
  for across, text in columns:
    x, _ = _place(across, 0)
    parts.append(
      f'<text x="{x}" y="{_HEIGHT - 20}" text-anchor="middle">{text}</text>'
    )
  for index, (name, points) in enumerate(lines.items()):
    colour = _COLOURS[index % len(_COLOURS)]
    spots = [_place(*point) for point in points]
    path = ' '.join(f'{x},{y}' for x, y in spots)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}"/>')
    parts += [
      f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in spots
    ]
    parts.append(
      f'<text x="{_MARGIN}" y="{_HEIGHT + 16 * index}" fill="{colour}">'
      f'{name}</text>'
    )
  return '\n'.join([*parts, '</svg>', ''])


def _place(across: float, up: float) -> Point:
  """Returns the position of a point in pixels, from the upper left corner."""
  return (
    round(_MARGIN + across * (_WIDTH - 2 * _MARGIN), 1),
    round(_HEIGHT - _MARGIN - up * (_HEIGHT - 2 * _MARGIN), 1),
  )
