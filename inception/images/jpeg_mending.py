"""Removes harmless faults of which decoders warn from JPEG files.

mended   a file -> the file without these faults
"""

import re

from inception.images import jpeg_markers

_APP0, _APP14 = 0xE0, 0xEE
_JFIF, _ADOBE = b'JFIF\0', b'Adobe'
# Known colour transformations of Adobe's segment (none, YCbCr, YCCK), and the
# position of their byte.
_TRANSFORMATIONS, _TRANSFORMATION = (b'\0', b'\1', b'\2'), 11
_END = bytes((0xFF, jpeg_markers.END_OF_IMAGE))
# A zero after 0xFF belongs to the scan's bits.
_ZEROS_AFTER_BITS = re.compile(rb'(?<!\xff)\0{2,}(?=\xff[^\0])')


def mended(data: bytes) -> bytes:
  """Returns the file without the harmless faults of which decoders warn.

  These are bytes between the segments, zeros after the bits of a scan, a
  missing end-of-image, and unknown versions of JFIF and of Adobe's segment.
  """
  parts = [data[:2]]
  for segment in jpeg_markers.segments(data):
    part = data[segment.start : segment.end]
    if segment.marker == jpeg_markers.START_OF_SCAN:
      part += _ZEROS_AFTER_BITS.sub(
        b'',
        data[segment.end : jpeg_markers.end_of_scan(data, segment.end)] + _END,
      )[:-2]
    elif segment.marker == _APP0 and segment.content.startswith(_JFIF):
      part = part[:9] + b'\x01' + part[10:]
    elif _is_unknown_adobe(segment):
      continue  # Without it, decoders use the number of components.
    if segment.marker != jpeg_markers.END_OF_IMAGE:
      parts.append(part)
  return b''.join(parts) + _END


def _is_unknown_adobe(segment: jpeg_markers.Segment) -> bool:
  """Returns True for Adobe's segment with an unknown colour transformation."""
  kind = segment.content[_TRANSFORMATION : _TRANSFORMATION + 1]
  return (
    segment.marker == _APP14
    and segment.content.startswith(_ADOBE)
    and kind not in _TRANSFORMATIONS
  )
