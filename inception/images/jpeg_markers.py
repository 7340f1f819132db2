"""The chain of markers of a JPEG file, read without decoding it.

  Frame         what kind of JPEG it is: the coding, the bits, the sampling
  frame         the first frame of a file
  is_common     whether every decoder reads the file, and in the same way

Pillow reads more kinds of JPEG than TensorFlow, and does not say which kind it
has met; the markers do (ITU-T T.81, annex B).
"""

import dataclasses
import re
from collections.abc import Iterator

# Second bytes of the markers (table B.1); the first is 0xFF.
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Baseline, extended and progressive with Huffman codes: what every decoder
# knows, and can decode at a part of the size. Pillow's also knows arithmetic
# coding and lossless.
_COMMON_CODINGS = frozenset((0xC0, 0xC1, 0xC2))
# Within a scan 0xFF is followed by 0 or is a restart marker.
_MARKER_AFTER_SCAN = re.compile(rb'\xff[^\x00\xd0-\xd7]')
# Horizontal and vertical sampling factors of Y; Cb and Cr have 1 x 1. Decoders
# differ in which others they take.
_COMMON_SAMPLING = frozenset(
  (y, 0x11, 0x11) for y in (0x11, 0x21, 0x12, 0x22, 0x41)
)


@dataclasses.dataclass(frozen=True)
class Frame:
  """The header of a frame (B.2.2).

  Attributes:
    coding: second byte of its marker: 0xC0 baseline, 0xC2 progressive, ...
    bits: of a sample.
    sampling: of each component, the horizontal factor x 16 + the vertical one.
  """

  coding: int
  bits: int
  sampling: tuple[int, ...]

  @property
  def is_common(self) -> bool:
    """Whether its samples are of 8 bits, as the cosine transform left them."""
    return self.coding in _COMMON_CODINGS and self.bits == 8


def frame(data: bytes) -> Frame | None:
  """Returns the first frame of a file; None where there is none."""
  for marker, segment in _segments(data):
    if marker in _FRAMES and len(segment) >= 6:
      return Frame(marker, segment[0], tuple(segment[7::3]))
  return None


def is_common(data: bytes) -> bool:
  """Whether every JPEG decoder reads this file as Pillow does.

  True where the chain of markers leads from the start to the end-of-image, and
  the last frame has 8-bit Huffman-coded samples of three components in the
  usual sampling. Nothing is said against other files, but they are safer
  encoded anew: Pillow stops at the last pixel, TensorFlow reads on to the end.
  """
  common = False
  for marker, segment in _segments(data):
    if marker == _END_OF_IMAGE:
      return common
    if marker in _FRAMES:
      header = Frame(marker, segment[0] if segment else 0, tuple(segment[7::3]))
      common = header.is_common and header.sampling in _COMMON_SAMPLING
  return False


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
  """Yields (marker, content) up to the end-of-image or where the chain ends."""
  position = 2
  while data[position : position + 1] == b'\xff' and position + 1 < len(data):
    marker = data[position + 1]
    if marker == _END_OF_IMAGE:
      yield marker, b''
      return
    end = (
      position + 2 + int.from_bytes(data[position + 2 : position + 4], 'big')
    )
    yield marker, data[position + 4 : end]
    position = end
    if marker == _START_OF_SCAN:
      following = _MARKER_AFTER_SCAN.search(data, end)
      position = following.start() if following else len(data)
