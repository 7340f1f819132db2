"""Gives a name that Unicode can spell in two ways one spelling.

composed   a name -> the same in NFC
"""

import unicodedata


def composed(name: str) -> str:
  """Returns the one spelling of a name that has two: Unicode's NFC.

  macOS may write an accent as a letter of its own, other systems do not. Names
  are compared and stored so.
  """
  return unicodedata.normalize('NFC', name)
