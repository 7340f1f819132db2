"""Recognises a web page that was returned instead of a file.

  is_page       checks the first bytes
  is_page_file  checks the first bytes of a file

The login page of a hotel's or campus's network, a proxy's warning and the error
pages of many sites have status 200, as the file would.
"""

import os
import re
import zlib

# A page begins with a tag, a comment or an XML declaration. Archives,
# checkpoints and .h5 files have zero bytes well within this many bytes.
_HEAD = 512
_START = re.compile(rb'(\xef\xbb\xbf)?\s*<[!?a-zA-Z][^\0]*', re.DOTALL)
_GZIP = b'\x1f\x8b'


def is_page(content: bytes) -> bool:
  """Returns True if a file that begins like this is HTML or XML.

  Args:
    content: the file's first bytes, at least 512 unless it is shorter. They may
      be compressed with gzip, which some servers do without being asked.
  """
  if content.startswith(_GZIP):
    try:
      # 31 is zlib's number for gzip.
      content = zlib.decompressobj(31).decompress(content, _HEAD)
    except zlib.error:
      return False
  head = content[:_HEAD]
  for mark, encoding in (
    (b'\xff\xfe', 'utf-16-le'),
    (b'\xfe\xff', 'utf-16-be'),
  ):
    if head.startswith(mark):
      head = head[2:].decode(encoding, 'ignore').encode()
  return _START.fullmatch(head) is not None


def is_page_file(path: str | os.PathLike) -> bool:
  """Returns True if a file is HTML or XML.

  Raises:
    OSError: the file cannot be read.
  """
  with open(path, 'rb') as file:
    return is_page(file.read(2**16))
