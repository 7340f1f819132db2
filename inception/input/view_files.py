"""The files of all views of a subset, and the order of completing them.

ViewFiles   one feature_files.ViewFile for each view
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from inception.input import feature_files


class ViewFiles:
  """The files of all views, in the order of the views.

  Attributes:
    names: Names of the files, without their ending.
  """

  def __init__(self, folder: feature_files.Folder, names: Sequence[str]):
    """Examines the files.

    Args:
      folder: Folder of the files.
      names: See the attributes.

    Raises:
      FeatureError: a file cannot be read.
    """
    self.names = tuple(names)
    self._folder = folder
    self._files = [feature_files.ViewFile(folder, name) for name in names]

  @property
  def num_rows(self) -> int:
    """Number of valid rows in all files."""
    return sum(file.num_rows for file in self._files)

  def complete(
    self,
    rows_after: Callable[[int, int], Iterable[np.ndarray]],
    report: Callable[[], None],
  ) -> None:
    """Adds the missing rows; does nothing if all files are complete.

    Waits while another run computes them.

    Args:
      rows_after: Function from the index of a view and its number of existing
        rows to the missing ones, float32 [size, num_features] each.
      report: Function called when num_rows has changed.

    Raises:
      FeatureError: the files cannot be read or written.
      dataset.DatasetError: there are more or fewer examples than expected.
    """
    if all(file.is_complete for file in self._files):
      return
    num_reported = self.num_rows
    with self._folder.lock(self.names[0]):
      for file in self._files:
        file.look()  # Another run may have computed it while holding the lock.
      if self.num_rows != num_reported:
        report()
      for view, file in enumerate(self._files):
        if not file.is_complete:
          file.complete(rows_after(view, file.num_rows), report)

  def values(self) -> tuple[np.ndarray, ...]:
    """Returns the read-only features of each view; all must be complete.

    Returns:
      float32 [examples, num_features] for each view, memory-mapped.

    Raises:
      FeatureError: a file cannot be read.
    """
    return tuple(file.values() for file in self._files)
