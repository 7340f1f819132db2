"""Computes signatures of pictures, which hardly differ between near copies.

  signature     a thumbnail -> 80 bytes that a new JPEG encoding, another size
                or a slight brightening hardly changes
  signatures    the signatures of many thumbnails

A signature has 256 gradient bits, which tell the brighter of two neighbouring
parts of the picture (as in dHash, but in both directions, and with 0 instead of
noise in flat parts), and the mean colours of a 4 x 4 grid. near_duplicates
compares signatures.
"""

import functools

import numpy as np

from inception.images import image_coder

SIGNATURE_BYTES = 80
NUM_BITS = 256
GRADIENT_BYTES = NUM_BITS // 8
COLOUR_BYTES = SIGNATURE_BYTES - GRADIENT_BYTES

_GRID = 4
_SIDE = image_coder.THUMBNAIL_SIDE
_GREY = np.array([299, 587, 114], np.float32)  # ITU-R BT.601, in thousandths.
# A gradient bit is set if the difference exceeds this number of grey levels, of
# 255. With 0, the worst percent of the copies differed in twice as many bits.
_MIN_STEP = 2
# Positions of the gradients in a signature. Errors of neighbours in the picture
# are correlated, so they are put far apart; 157 is odd, so that every bit is
# used once.
_ORDER = np.arange(NUM_BITS) * 157 % NUM_BITS


@functools.cache
def _areas(parts: int) -> np.ndarray:
  """Returns float32 [parts, _SIDE]: weights that average each equal part.

  The weights of a row are integers that add up to _SIDE.
  """
  edges = np.arange(parts + 1) * _SIDE
  pixels = np.arange(_SIDE) * parts
  overlaps = np.minimum(edges[1:, None], pixels + parts) - np.maximum(
    edges[:-1, None], pixels
  )
  return np.maximum(overlaps, 0).astype(np.float32)


def signature(thumbnail: np.ndarray) -> bytes:
  """Returns the signature of a thumbnail, SIGNATURE_BYTES long.

  Args:
    thumbnail: uint8 [17, 17, 3], as in image_coder.Examination.

  Raises:
    ValueError: The thumbnail has another shape or type.
  """
  return signatures(np.asarray(thumbnail)[None])[0].tobytes()


def signatures(thumbnails: np.ndarray) -> np.ndarray:
  """Returns the signatures of thumbnails, uint8 [n, SIGNATURE_BYTES].

  Args:
    thumbnails: uint8 [n, 17, 17, 3].

  Raises:
    ValueError: The thumbnails have another shape or type.
  """
  thumbnails = np.asarray(thumbnails)
  if thumbnails.dtype != np.uint8 or thumbnails.shape[1:] != (_SIDE, _SIDE, 3):
    raise ValueError(
      f'thumbnails must be uint8 [n, {_SIDE}, {_SIDE}, 3], got '
      f'{thumbnails.dtype} {list(thumbnails.shape)}'
    )
  # All values are integers below 2^24, so that float32 is exact and the matrix
  # product is fast.
  pixels = thumbnails.astype(np.float32)
  grey, halves = pixels @ _GREY, _areas(8)
  across = -np.diff(halves @ grey, axis=2)  # [n, 8, 16]
  down = -np.diff(grey @ halves.T, axis=1)  # [n, 16, 8]
  steps = np.concatenate(
    [
      across.reshape(len(pixels), NUM_BITS // 2),
      down.reshape(len(pixels), NUM_BITS // 2),
    ],
    axis=1,
  )
  gradients = np.packbits(
    steps[:, _ORDER] > _MIN_STEP * _GREY.sum() * _SIDE, axis=1
  )
  cells = _areas(_GRID)
  colours = cells @ np.moveaxis(pixels, 3, 1) @ cells.T  # [n, 3, 4, 4]
  colours = np.floor((colours + _SIDE**2 // 2) / _SIDE**2).astype(np.uint8)
  return np.concatenate([gradients, colours.reshape(-1, COLOUR_BYTES)], axis=1)
