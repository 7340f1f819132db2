r"""Which photographs are a series: told by their names.

Photographs of one plant, one patient or one burst are to be on one side of the
split. A regular expression says what their names share:

  compile    a pattern -> Grouping
  Grouping   the group that an image is in

  (plant\d+)_            'daisy/plant12_3.jpg' is of the group 'plant12'
  ^([^/]+)/(\d+)-\d+     of a class, and a number in it: two parts
"""

import dataclasses
import re

from inception.jobs import display_names
from inception.jobs import errors

# What no name has within, so that ('1', '23') and ('12', '3') are two groups.
_SEPARATOR = '\x1f'


class GroupError(errors.UserError):
  """The pattern cannot be used; the text says where it breaks and why."""


@dataclasses.dataclass(frozen=True, slots=True)
class Grouping:
  """Tells the group of an image by its relative path.

  Attributes:
    pattern: is searched in the path.
  """

  pattern: re.Pattern[str]

  def of(self, relative_path: str) -> str | None:
    """Returns the name of the group; None for an image by itself.

    That is what the pattern's groups, in parentheses, have matched; all of the
    match where it has none. The class counts only as far as the pattern takes
    it in: a series may well be in two classes.

    Args:
      relative_path: with /, such as 'daisy/plant12_3.jpg'.
    """
    match = self.pattern.search(display_names.composed(relative_path))
    if match is None:
      return None
    parts = match.groups('') if self.pattern.groups else (match[0],)
    # Nothing is no name: r'(\d*)' finds it in every path.
    return _SEPARATOR.join(parts) if any(parts) else None


def compile(pattern: str) -> Grouping:  # noqa: A001, as in re.
  """Returns the Grouping of a regular expression.

  How long a search takes is the pattern's: '(a+)+$' may take for ever.

  Raises:
    GroupError: it is empty, or no regular expression.
  """
  if not pattern:
    raise GroupError(
      'the pattern is empty: give a regular expression that '
      r"finds the series in 'class/name.jpg', such as (plant\d+)"
      '_'
    )
  try:
    return Grouping(re.compile(display_names.composed(pattern)))
  except re.error as error:
    where = '' if error.pos is None else f' at character {error.pos + 1}'
    reason = f'{error.msg}{where}'
  except (OverflowError, RecursionError) as error:
    reason = str(error)
  raise GroupError(
    f'{pattern!r} is no regular expression ({reason}): put a backslash '
    'before signs that stand for themselves, and quotes around the whole'
  )
