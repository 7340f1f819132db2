r"""Groups photographs into series by their names.

All photographs of one plant, one patient or one burst must be in the same
subset. A regular expression describes the part of the name that they share:

  compile    a pattern -> Grouping
  Grouping   finds the group of an image

  (plant\d+)_            'daisy/plant12_3.jpg' belongs to the group 'plant12'
  ^([^/]+)/(\d+)-\d+     a group has two parts: a class, and a number in it
"""

import dataclasses
import re

from inception.jobs import display_names
from inception.jobs import errors

# A character that no name contains, so that ('1', '23') and ('12', '3') are
# different groups.
_SEPARATOR = '\x1f'


class GroupError(errors.UserError):
  """The pattern cannot be used; the text gives the position and the reason."""


@dataclasses.dataclass(frozen=True, slots=True)
class Grouping:
  """Finds the group of an image by its relative path.

  Attributes:
    pattern: Regular expression that is searched for in the path.
  """

  pattern: re.Pattern[str]

  def of(self, relative_path: str) -> str | None:
    """Returns the name of the group; None if the image belongs to none.

    The name is the text that the pattern's parenthesised groups match, or the
    complete match if the pattern has no groups. The class is part of the name
    only if the pattern matches it: a series may be in two classes.

    Args:
      relative_path: Path with /, such as 'daisy/plant12_3.jpg'.
    """
    match = self.pattern.search(display_names.composed(relative_path))
    if match is None:
      return None
    parts = match.groups('') if self.pattern.groups else (match[0],)
    # An empty match is not a name: r'(\d*)' has one in every path.
    return _SEPARATOR.join(parts) if any(parts) else None


def compile(pattern: str) -> Grouping:  # noqa: A001, as in re.
  """Returns the Grouping of a regular expression.

  The pattern decides how long a search takes: '(a+)+$' may never end.

  Raises:
    GroupError: The pattern is empty or not a regular expression.
  """
  if not pattern:
    raise GroupError(
      'the pattern is empty: pass a regular expression that '
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
    f'{pattern!r} is not a regular expression ({reason}): put a backslash '
    'before literal special characters, and quotes around the pattern'
  )
