r"""Names of files and classes, for one line of a log and for comparisons.

  printable   escapes characters such as the line break in 'two\nlines.jpg'
  composed    the composed Unicode form of a name
  is_unicode  whether a name can be written in UTF-8

A file's name may hold line breaks, terminal escape sequences, bidirectional
control characters and, on Linux, undecodable bytes. No such name may break or
forge a line that somebody greps or reads.
"""

import unicodedata

# Characters that Python calls unprintable but that belong to names: the joiners
# of emoji and Persian words, and the wide space of Japanese.
_HARMLESS = frozenset('\u200c\u200d\u3000')


def printable(path: str) -> str:
  r"""Returns the complete path as one line of text.

  Printable characters, including Windows' backslashes, are kept. Each other
  character is escaped as in Python's string literals: \n, \x1b, \u202e. A byte
  that is not UTF-8, such as 0xfc, becomes \udcfc.
  """
  if path.isprintable():
    return path
  return ''.join(
    char
    if char.isprintable() or char in _HARMLESS
    else char.encode('unicode_escape').decode('ascii')
    for char in path
  )


def composed(name: str) -> str:
  """Returns the name in Unicode's normal form NFC (composed).

  macOS may store an accent as a separate character; other systems do not.
  """
  return unicodedata.normalize('NFC', name)


def is_unicode(name: str) -> bool:
  """Returns whether a name has no undecodable bytes."""
  try:
    name.encode('utf-8')
  except UnicodeEncodeError:
    return False
  return True
