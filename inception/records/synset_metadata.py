"""The words for ImageNet's synsets: the file imagenet_metadata.txt of 2016.

  n00004475<TAB>organism, being

  read    the file -> {synset: words}

The labels file (labels_file.read) defines which synsets are classes and their
order. This file only has the words for all 21,842 synsets.
"""

import os
import pathlib

from inception.jobs import errors


class MetadataError(errors.UserError):
  """The file cannot be used; the text names the line and the reason."""


def read(path: str | os.PathLike) -> dict[str, str]:
  """Returns {synset: words}.

  Blank lines are ignored, as are spaces around the synset and the words.

  Raises:
    MetadataError: the file is not UTF-8 text, a line is not synset, tab and
      words, a synset has two meanings, or the file is empty.
    OSError: the file is missing or unreadable.
  """
  data = pathlib.Path(path).read_bytes()
  try:
    text = data.decode('utf-8-sig')
  except UnicodeDecodeError as error:
    line = data.count(b'\n', 0, error.start) + 1
    raise MetadataError(
      f'{str(path)!r}, line {line}, is not UTF-8 text: save the file as UTF-8'
    ) from error
  words_of: dict[str, str] = {}
  # Not splitlines, which also splits at characters that words may contain.
  for number, entry in enumerate(text.split('\n'), start=1):
    if not entry.strip():
      continue
    synset, _, words = (part.strip() for part in entry.partition('\t'))
    if not synset or not words:
      raise MetadataError(
        f'{str(path)!r}, line {number}, is {entry.strip()!r}: it should be a '
        'synset, a tab and its words, such as n00004475<TAB>organism, being'
      )
    if words_of.setdefault(synset, words) != words:
      raise MetadataError(
        f'{str(path)!r}, line {number}, gives {synset} a '
        'second meaning: keep one of the lines'
      )
  if not words_of:
    raise MetadataError(
      f'{str(path)!r} is empty: each line should have a synset, a tab and its '
      'words'
    )
  return words_of
