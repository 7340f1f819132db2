"""Reads the chain of markers of a JPEG file without decoding it.

  Frame         the kind of a JPEG: its size, coding and sampling
  frame         the first frame of a file
  Header        the information in all markers of a file
  read          a file -> Header
  segments, end_of_scan
                the chain itself
  is_common     decides whether all decoders read the file in the same way

Pillow reads more kinds of JPEG than TensorFlow and does not report the kind;
the markers do (ITU-T T.81, annex B).
"""

import dataclasses
import re
from collections.abc import Iterator

# Second bytes of the markers (table B.1); the first is 0xFF.
START_OF_SCAN = 0xDA
END_OF_IMAGE = 0xD9
_RESTARTS = frozenset(range(0xD0, 0xD8))
_APP1, _APP2 = 0xE1, 0xE2
_EXIF, _PROFILE = b'Exif\0\0', b'ICC_PROFILE\0'
_XMP = b'http://ns.adobe.com/xap/1.0/\0'
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Baseline, extended and progressive with Huffman codes: every decoder supports
# these and can decode them at a fraction of the size. Pillow's also supports
# arithmetic coding and lossless JPEG.
_COMMON_CODINGS = frozenset((0xC0, 0xC1, 0xC2))
_PROGRESSIVE = 0xC2
# libjpeg reads up to 8 bytes ahead, and warns only of superfluous bytes beyond
# these.
_WARNED_OF = bytes(7)
_COEFFICIENTS = 64  # Per block.
# Within a scan, 0xFF is followed by 0 or begins a restart marker.
_MARKER_AFTER_SCAN = re.compile(rb'\xff[^\x00\xd0-\xd7]')
# Horizontal and vertical sampling factors of Y; Cb and Cr have 1 x 1. Not every
# decoder accepts other combinations.
_COMMON_SAMPLING = frozenset(
  (y, 0x11, 0x11) for y in (0x11, 0x21, 0x12, 0x22, 0x41)
)


@dataclasses.dataclass(frozen=True)
class Frame:
  """The header of a frame (B.2.2).

  Attributes:
    coding: the second byte of its marker: 0xC0 baseline, 0xC2 progressive, ...
    bits: the number of bits per sample.
    sampling: the sampling of each component: the horizontal factor x 16 + the
      vertical one.
    size: (width, height); a height of 0 means that a marker after the first
      scan gives it.
    components: the identifier of each component.
  """

  coding: int
  bits: int
  sampling: tuple[int, ...]
  size: tuple[int, int] = (0, 0)
  components: tuple[int, ...] = ()

  @property
  def is_common(self) -> bool:
    """True for 8-bit samples in a coding that every decoder supports."""
    return self.coding in _COMMON_CODINGS and self.bits == 8

  @property
  def has_common_sampling(self) -> bool:
    """True for three components in one of the usual samplings."""
    return self.sampling in _COMMON_SAMPLING


@dataclasses.dataclass(frozen=True, kw_only=True)
class Header:
  """The information in the markers of a file.

  Attributes:
    frame: the first frame; None if there is none.
    is_common: the result of the function is_common.
    has_end: True if the chain of markers leads to the end-of-image.
    exif: the EXIF bytes, with their signature; b'' if there are none.
    profile: the colour profile (ICC); b'' if there is none.
    xmp: the XMP text; b'' if there is none.
    lacks_scans: True if part of the picture is in no scan.
  """

  frame: Frame | None
  is_common: bool
  has_end: bool
  exif: bytes
  profile: bytes
  xmp: bytes
  lacks_scans: bool


def read(data: bytes) -> Header:
  """Reads all markers of a file, given its bytes."""
  first: Frame | None = None
  common, has_end, is_tidy, position = False, False, True, 2
  exif, xmp = b'', b''
  profile: list[bytes] = []
  scans: list[bytes] = []
  for segment in segments(data):
    marker, content = segment.marker, segment.content
    # Fill bytes are not junk.
    is_tidy = is_tidy and not data[position : segment.start].strip(b'\xff')
    position = segment.end
    if marker in _FRAMES:
      last = _frame(marker, content)
      first = first or (last if len(content) >= 6 else None)
      common = last.is_common and last.has_common_sampling
    elif marker == START_OF_SCAN:
      scans.append(content)
      position = end_of_scan(data, segment.end)
      # The last byte is padded with ones, so zeros here follow the picture.
      is_tidy = is_tidy and (
        data[position - len(_WARNED_OF) : position] != _WARNED_OF
      )
    elif marker == _APP1:
      if content.startswith(_EXIF):
        exif = exif or content
      elif content.startswith(_XMP):
        xmp = xmp or content[len(_XMP) :]
    elif marker == _APP2 and content.startswith(_PROFILE):
      profile.append(content)
    has_end = marker == END_OF_IMAGE
  return Header(
    frame=first,
    is_common=common and has_end and is_tidy,
    has_end=has_end,
    exif=exif,
    # Each part begins with its number and the number of parts.
    profile=b''.join(part[len(_PROFILE) + 2 :] for part in sorted(profile)),
    xmp=xmp,
    lacks_scans=_lacks_scans(first, scans),
  )


def frame(data: bytes) -> Frame | None:
  """Returns the first frame of a file; None if there is none."""
  for segment in segments(data):
    if segment.marker in _FRAMES and len(segment.content) >= 6:
      return _frame(segment.marker, segment.content)
  return None


def _frame(marker: int, segment: bytes) -> Frame:
  """Returns a frame's header; bytes missing from the segment read as 0."""
  height, width = (int.from_bytes(segment[i : i + 2], 'big') for i in (1, 3))
  bits, count = (segment[i] if len(segment) > i else 0 for i in (0, 5))
  components = segment[6 : 6 + 3 * count]
  return Frame(
    marker,
    bits,
    tuple(components[1::3]),
    (width, height),
    tuple(components[::3]),
  )


def _lacks_scans(first: Frame | None, scans: list[bytes]) -> bool:
  """Returns True if the file ends between two of its scans.

  Decoders report nothing in that case: they make a picture of the scans that
  exist, for example without colours or with only the mean of each block.
  """
  if first is None or not first.is_common:
    return False
  # For each component, the precision to which each coefficient is known. 0 is
  # full precision (G.1.1.1.1), which sequential scans always have.
  missing = {name: [1] * _COEFFICIENTS for name in first.components}
  for scan in scans:
    count = scan[0] if scan else 0
    if len(scan) < 4 + 2 * count:
      continue
    start, end, precision = scan[1 + 2 * count : 4 + 2 * count]
    if first.coding != _PROGRESSIVE:
      start, end, precision = 0, _COEFFICIENTS - 1, 0
    for name in scan[1 : 1 + 2 * count : 2]:
      if name in missing:
        last = min(end + 1, _COEFFICIENTS)
        missing[name][start:last] = [precision & 15] * max(0, last - start)
  return any(any(precisions) for precisions in missing.values())


def is_common(data: bytes) -> bool:
  """Returns True if every JPEG decoder reads this file as Pillow does.

  That is the case if the chain of markers leads from the start to the
  end-of-image without bytes in between, and the last frame has 8-bit
  Huffman-coded samples of three components in a usual sampling. Other files may
  be valid, but encoding them again is safer: Pillow stops at the last pixel,
  while TensorFlow reads to the end.
  """
  return read(data).is_common


@dataclasses.dataclass(frozen=True, slots=True)
class Segment:
  """A marker at data[start], and its content, which ends before data[end]."""

  marker: int
  content: bytes
  start: int
  end: int


def segments(data: bytes) -> Iterator[Segment]:
  """Yields the segments up to the end-of-image or the end of the chain.

  Bytes that belong to no segment are skipped, as libjpeg does.
  """
  position = 2
  while True:
    start = data.find(b'\xff', position)
    if start < 0 or start + 1 >= len(data):
      return
    marker = data[start + 1]
    # Fill bytes (B.1.1.2), and bytes that only look like a marker.
    if marker in (0x00, 0x01, 0xFF) or marker in _RESTARTS:
      position = start + (1 if marker == 0xFF else 2)
      continue
    if marker == END_OF_IMAGE:
      yield Segment(marker, b'', start, start + 2)
      return
    end = start + 2 + int.from_bytes(data[start + 2 : start + 4], 'big')
    yield Segment(marker, data[start + 4 : end], start, end)
    position = end
    if marker == START_OF_SCAN:
      position = end_of_scan(data, end)


def end_of_scan(data: bytes, start: int) -> int:
  """Returns the position of the first marker after a scan's bits at `start`."""
  following = _MARKER_AFTER_SCAN.search(data, start)
  return following.start() if following else len(data)
