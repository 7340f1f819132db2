"""Pictures of class activation maps, to be laid over a photograph.

png         returns a PNG file of a map, transparent at its smallest value
small_png   returns one with a pixel per position, for many maps on a page
"""

import io

import numpy as np
from PIL import Image

# Pixels of each side: enough for a smooth transition between the positions.
_SIDE = 64
_COLOUR = (255, 72, 0)
_STRONGEST = 190


def png(activation_map: np.ndarray) -> bytes:
  """Returns a PNG file with an alpha channel, smooth between the positions.

  Args:
    activation_map: float [height, width]. The smallest value is transparent,
      the largest has the strongest colour.
  """
  return _encode(
    _alpha(activation_map).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
  )


def small_png(activation_map: np.ndarray) -> bytes:
  """Returns a PNG file like that of `png`, with a pixel per position.

  It takes about 150 bytes; a browser that enlarges it makes it smooth.
  """
  return _encode(_alpha(activation_map))


def _alpha(activation_map: np.ndarray) -> Image.Image:
  lowest, highest = activation_map.min(), activation_map.max()
  share = np.zeros(activation_map.shape)
  if highest > lowest:
    share = (activation_map - lowest) / (highest - lowest)
  return Image.fromarray(np.uint8(np.round(_STRONGEST * share)))


def _encode(alpha: Image.Image) -> bytes:
  image = Image.new('RGB', alpha.size, _COLOUR)
  image.putalpha(alpha)
  buffer = io.BytesIO()
  image.save(buffer, 'PNG', optimize=True)
  return buffer.getvalue()
