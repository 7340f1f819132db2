"""Finds pictures that look the same among any number of pictures.

  find   picture_signatures -> groups of near duplicates

Two pictures are near duplicates if

  the number of differing bits is <= max_distance * trust, and
  the colours differ by <= 20 * trust (or 2) of 255 on average, with
  trust = min(1, sum of the numbers of set bits / 240)^2.

The sum for two photographs is about 230. Pictures with few set bits, such as
digits on a plain ground, are close to each other by chance, hence the trust: a
blank picture is near only to another blank one of the same colours.

Measured on 1,000 photographs of flowers and copies of them, at distance 24:
98 % or more of the copies with JPEG quality 20 to 75, at 1/4 to twice the size,
as PNG, 5 % brighter or with a logo are found, 93 % of those cropped by 1 % on
each side, about half of those cropped by 2 %, and no mirrored ones. No pair of
the 499,500 pairs of different photographs is near: two of a burst differ in 43
bits, all others in 54 or more, or are flat. Of 1.6 million pairs of handwritten
digits, 53 are near.

All comparisons are of integers, so that the groups are the same on every
machine.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from inception.data.curation import picture_signatures
from inception.settings import config

DEFAULT_DISTANCE = config.RecordsConfig.near_duplicate_distance

_BYTES = picture_signatures.SIGNATURE_BYTES
_BITS = picture_signatures.NUM_BITS
_GRADIENT_BYTES = picture_signatures.GRADIENT_BYTES
_COLOURS = picture_signatures.COLOUR_BYTES

_TRUSTED_BITS = 240
_COLOUR_LIMIT = 20
_COLOUR_LIMIT_OF_BLANK = 2

# 17 bands of 15 bits: 40 of 1.3 million random signatures share a band.
_BANDS = 17
_BAND_BITS = _BITS // _BANDS
_WINDOW = 128
_CHUNK = 2**16  # Rows compared at a time; they fit into the CPU's cache.


def find(
  signatures: np.ndarray, *, max_distance: int = DEFAULT_DISTANCE
) -> list[tuple[int, ...]]:
  """Returns the groups of near duplicates.

  A group is connected by pairs: its first and last members need not be near.
  Equal signatures are always in one group. The order of the input has no
  influence.

  The time is O(n log n), the memory about 200 bytes per signature. The bits are
  cut into 17 bands, and signatures that agree in a band are compared. Two
  signatures that differ in up to 16 bits always agree in one; of those with 24
  or 32 random differences, 2 of 1,000 or 4 of 100 do not. (A max_distance below
  16 needs only max_distance + 1 bands.) If more than 128 agree in a band, they
  are sorted by the 49 bits that follow, and each is compared with only the next
  128. So among many thousands that look alike some are not found, most of all
  blank ones, as all their bands are equal.

  Args:
    signatures: uint8 [n, picture_signatures.SIGNATURE_BYTES].
    max_distance: Largest number of differing bits, of 256; 0 to 256. From 40
      on, different pictures are found.

  Returns:
    The indices of each group, sorted; the groups are sorted, too.

  Raises:
    ValueError: signatures has another shape or type, or max_distance is out of
      range.
  """
  if signatures.dtype != np.uint8 or signatures.shape[1:] != (_BYTES,):
    raise ValueError(
      f'signatures must be uint8 [n, {_BYTES}], got '
      f'{signatures.dtype} {list(signatures.shape)}'
    )
  if not 0 <= max_distance <= _BITS:
    raise ValueError(f'max_distance must be in 0..{_BITS}, got {max_distance}')
  if len(signatures) < 2:
    return []
  first, same = _collapse(np.ascontiguousarray(signatures))
  labels = _connect(signatures, first, max_distance)
  return _groups(labels[same])


def _collapse(signatures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Finds the distinct signatures.

  Returns:
    int64 [distinct]: index of the first occurrence of each distinct signature,
    sorted by content, not by position. int64 [n]: index of each signature in
    the list of distinct ones.
  """
  words = signatures.view(np.uint64)
  order = np.lexsort(words.T)
  is_new = np.ones(len(order), bool)
  for start in range(1, len(order), _CHUNK):
    rows = words[order[start - 1 : start + _CHUNK]]
    is_new[start : start + _CHUNK] = (rows[1:] != rows[:-1]).any(axis=1)
  same = np.empty(len(order), np.int64)
  same[order] = np.cumsum(is_new) - 1
  return order[is_new], same


def _connect(
  signatures: np.ndarray, rows: np.ndarray, max_distance: int
) -> np.ndarray:
  """Returns int64 [len(rows)]: the smallest index connected with each row."""
  labels = np.arange(len(rows))
  gradients = signatures[rows, :_GRADIENT_BYTES]
  counts = np.bitwise_count(gradients).sum(axis=1, dtype=np.int16)
  # Contiguous, like their sorted copies: gathering takes most of the time.
  words = np.ascontiguousarray(gradients.view('>u8').astype(np.uint64).T)
  bit_limits, colour_limits = _limits(max_distance)
  for band in range(min(_BANDS, max_distance + 1)):
    keys = _rotated(words, band * _BAND_BITS)
    order = np.argsort(keys, kind='stable')
    in_order = _Band(
      keys[order], [word[order] for word in words], counts[order], bit_limits
    )
    for start in range(0, len(order), _CHUNK):
      pairs = []
      for a, b in in_order.near_pairs(start):
        bits = in_order.counts[a] + in_order.counts[b]
        a, b = order[a], order[b]
        new = labels[a] != labels[b]
        a, b, bits = a[new], b[new], bits[new]
        near = (
          _colour_differences(signatures[rows[a]], signatures[rows[b]])
          <= colour_limits[bits]
        )
        pairs.append((a[near], b[near]))
      if pairs:
        _merge(labels, *(np.concatenate(side) for side in zip(*pairs)))
  return labels


def _rotated(words: np.ndarray, start: int) -> np.ndarray:
  """Returns uint64 [n]: the 64 bits from bit `start` on, wrapping around."""
  word, shift = divmod(start, 64)
  left = words[word] << np.uint64(shift)
  if not shift:
    return left
  return left | words[(word + 1) % 4] >> np.uint64(64 - shift)


def _limits(max_distance: int) -> tuple[np.ndarray, np.ndarray]:
  """Returns the limits, indexed by the sum of the bits set in two signatures.

  Returns:
    int16 [513]: largest number of differing bits. int16 [513]: largest sum of
    the colours' differences.
  """
  trust = np.minimum(np.arange(2 * _BITS + 1), _TRUSTED_BITS) ** 2
  unit = _TRUSTED_BITS**2
  colours = _COLOURS * np.maximum(
    _COLOUR_LIMIT_OF_BLANK * unit, _COLOUR_LIMIT * trust
  )
  return (
    (max_distance * trust // unit).astype(np.int16),
    (colours // unit).astype(np.int16),
  )


def _colour_differences(a: np.ndarray, b: np.ndarray) -> np.ndarray:
  """Returns int64 [n]: the summed colour differences of a[i] and b[i]."""
  return np.abs(
    a[:, _GRADIENT_BYTES:].astype(np.int16) - b[:, _GRADIENT_BYTES:]
  ).sum(axis=1, dtype=np.int64)


@dataclasses.dataclass(frozen=True, eq=False)
class _Band:
  """The gradients, sorted by one band.

  Attributes:
    keys: uint64 [n], sorted: the band and the bits that follow it.
    words: Four arrays uint64 [n] with all the bits.
    counts: int16 [n]: number of set bits.
    limits: int16 [513]: largest number of differing bits, indexed by the sum of
      the bits set in two signatures.
  """

  keys: np.ndarray
  words: list[np.ndarray]
  counts: np.ndarray
  limits: np.ndarray

  def near_pairs(self, start: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields pairs of signatures that agree in the band and nearly in all bits.

    Args:
      start: First index of the chunk that holds the first of each pair.

    Yields:
      Two int64 arrays: indices of the first and of the second of each pair.
    """
    for offset in range(1, min(_WINDOW, len(self.keys) - 1 - start) + 1):
      other = self.keys[start + offset : start + offset + _CHUNK]
      differing = self.keys[start : start + len(other)] ^ other
      same_band = differing < np.uint64(1 << (64 - _BAND_BITS))
      if not same_band.any():
        return
      differing = np.bitwise_count(differing)
      a = np.flatnonzero(same_band & (differing <= int(self.limits[-1])))
      differing, a = differing[a], a + start
      limits = self.limits[self.counts[a] + self.counts[a + offset]]
      close = differing <= limits
      a, limits = a[close], limits[close]
      # uint8 suffices: at most 241 bits differ, since those of the band do not.
      near = (
        sum(np.bitwise_count(word[a] ^ word[a + offset]) for word in self.words)
        <= limits
      )
      yield a[near], a[near] + offset


def _merge(labels: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
  """Connects the indices `a` with the indices `b` in labels, in place."""
  while len(a):
    roots_a, roots_b = labels[a], labels[b]
    apart = roots_a != roots_b
    a, b, roots_a, roots_b = (side[apart] for side in (a, b, roots_a, roots_b))
    np.minimum.at(
      labels, np.maximum(roots_a, roots_b), np.minimum(roots_a, roots_b)
    )
    while not np.array_equal(further := labels[labels], labels):
      labels[:] = further


def _groups(labels: np.ndarray) -> list[tuple[int, ...]]:
  """Returns the groups of two or more indices with equal labels."""
  order = np.argsort(labels, kind='stable')
  starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
  sizes = np.diff(starts, append=len(order))
  return sorted(
    tuple(order[start : start + size].tolist())
    for start, size in zip(starts[sizes > 1], sizes[sizes > 1])
  )
