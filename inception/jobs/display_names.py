r"""Names of files and classes, for one line of a log and for comparisons.

  printable   'two\nlines.jpg' with a backslash and an n for the line break
  composed    the one spelling of a name that Unicode can spell in two ways

A file's name may hold line breaks, a terminal's commands, letters that turn the
line's direction, and on Linux bytes that are no text. A line that somebody
greps or reads must not be broken or forged by one.
"""

import unicodedata

# Are not printable to Python, and belong to names: what joins an emoji or a
# Persian word, and the wide space of Japanese.
_HARMLESS = frozenset('\u200c\u200d\u3000')


def printable(path: str) -> str:
  r"""Returns the path for one line of text, in full.

  A path of printable characters is returned as it is, Windows' backslashes
  among them. Each other is written as Python's string literals have it: \n,
  \x1b, \u202e; a byte that is no UTF-8, 0xfc, is \udcfc.
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
  """Returns the name in Unicode's normal form NFC.

  macOS may write an accent as a character of its own; other systems do not.
  """
  return unicodedata.normalize('NFC', name)
