"""JPEG files without what does no harm and is warned of all the same.

mended   a file -> the file without it
"""

import re

from inception.images import jpeg_markers

_APP0, _APP14 = 0xE0, 0xEE
_JFIF, _ADOBE = b'JFIF\0', b'Adobe'
# Of Adobe's segment: none, YCbCr, YCCK; at this byte.
_TRANSFORMATIONS, _TRANSFORMATION = (b'\0', b'\1', b'\2'), 11
_END = bytes((0xFF, jpeg_markers.END_OF_IMAGE))
# A zero after 0xFF belongs to the bits.
_ZEROS_AFTER_BITS = re.compile(rb'(?<!\xff)\0{2,}(?=\xff[^\0])')


def mended(data: bytes) -> bytes:
  """Returns the file without what decoders warn of although all is there.

  That is: bytes between the segments, zeros behind the bits of a scan, no
  end-of-image, and versions of JFIF and Adobe's segment that are unknown.
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
      continue  # Without it, decoders go by the number of components.
    if segment.marker != jpeg_markers.END_OF_IMAGE:
      parts.append(part)
  return b''.join(parts) + _END


def _is_unknown_adobe(segment: jpeg_markers.Segment) -> bool:
  """Whether it is Adobe's, with colours of a kind that there is not."""
  kind = segment.content[_TRANSFORMATION : _TRANSFORMATION + 1]
  return (
    segment.marker == _APP14
    and segment.content.startswith(_ADOBE)
    and kind not in _TRANSFORMATIONS
  )
