"""Lines on the progress of computing the features of pictures.

FeatureLines   at most one line in ten seconds, and one at the end
"""

import time

_SECONDS_PER_LINE = 10


class FeatureLines:
  """Chooses the reports that are worth a line."""

  def __init__(self) -> None:
    self._next: float | None = None

  def line(self, done: int, total: int) -> str | None:
    """Returns the line for a report; None if there is none to print.

    Args:
      done: number of pictures whose features exist.
      total: number of all pictures.
    """
    now = time.monotonic()
    finished = done >= total
    is_first = self._next is None
    if not (finished or is_first or now >= (self._next or 0)):
      return None
    # The next computation begins with its first report again.
    self._next = None if finished else now + _SECONDS_PER_LINE
    if finished and is_first:
      # An earlier run has computed them.
      return f'The features of all {total} images exist already.'
    return f'Computing features: {done} of {total} images'
