"""What ImageNet's synsets mean: the file imagenet_metadata.txt of 2016.

  n00004475<TAB>organism, being

  read    the file -> {synset: words}

Which synsets are the classes, and in which order, the labels file says
(labels_file.read); here are words for all 21,842, and no order.
"""

import os
import pathlib

from inception.jobs import errors


class MetadataError(errors.UserError):
  """The file cannot be used; the text names the line and says why."""


def read(path: str | os.PathLike) -> dict[str, str]:
  """Returns {synset: words}.

  Blank lines do not count, nor do spaces around the two.

  Raises:
    MetadataError: the file is not UTF-8 text, a line is not synset, tab and
      words, a synset has two meanings, or there is none.
    OSError: the file is missing or unreadable.
  """
  data = pathlib.Path(path).read_bytes()
  try:
    text = data.decode('utf-8-sig')
  except UnicodeDecodeError as error:
    line = data.count(b'\n', 0, error.start) + 1
    raise MetadataError(
      f'{str(path)!r}, line {line}, is not UTF-8 text: save the file as such'
    ) from error
  words_of = {}
  # Not splitlines: it breaks at letters that may be within the words.
  for number, line in enumerate(text.split('\n'), start=1):
    if not line.strip():
      continue
    synset, _, words = (part.strip() for part in line.partition('\t'))
    if not synset or not words:
      raise MetadataError(
        f'{str(path)!r}, line {number}, is {line.strip()!r}: it should be a '
        'synset, a tab and its words, such as n00004475<TAB>organism, being'
      )
    if words_of.setdefault(synset, words) != words:
      raise MetadataError(
        f'{str(path)!r}, line {number}, gives {synset} a '
        'second meaning: keep one of the lines'
      )
  if not words_of:
    raise MetadataError(
      f'{str(path)!r} is empty: it should have a synset, a '
      'tab and its words a line'
    )
  return words_of
