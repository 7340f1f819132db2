"""Recognises a web page that came in place of a file.

  is_page       by the first bytes
  is_page_file  by those of a file

The login page of a hotel's or campus's network, a proxy's warning and many a
site's error page come with status 200, as the file would.
"""

import os
import re
import zlib

# A tag, a comment or an XML declaration at the beginning. Archives, checkpoints
# and .h5 files have zero bytes long before the end of this.
_HEAD = 512
_START = re.compile(rb'(\xef\xbb\xbf)?\s*<[!?a-zA-Z][^\0]*', re.DOTALL)
_GZIP = b'\x1f\x8b'


def is_page(content: bytes) -> bool:
  """Returns whether a file that begins like this is HTML or XML.

  Args:
    content: the file's first bytes, 512 or more unless it is shorter. They may
      be compressed with gzip, which some servers do unasked.
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
  """Returns whether a file is HTML or XML.

  Raises:
    OSError: it cannot be read.
  """
  with open(path, 'rb') as file:
    return is_page(file.read(2**16))
