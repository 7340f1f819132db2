"""Stores cached features in resumable files of rows with checksums.

  Folder         path, lock and format of the files
  ViewFile       features of one view of each example, possibly incomplete
  FeatureError   the folder cannot be used

NAME.npy is a structured array in NumPy's format: one row per example, with
float32 values and a CRC-32 whose initial value is the row's index. It grows as
NAME.npy.part, batch by batch, and is renamed when complete. A killed run
therefore loses at most one batch: the next run resumes after the last row with
a valid checksum. A complete file with a damaged row is computed again. A lock
lets one run at a time write; the others wait and then use its results.
"""

import contextlib
import io
import os
import pathlib
import zlib
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from inception import dataset
from inception.jobs import atomic_files
from inception.jobs import errors
from inception.jobs import locks

_ROWS_AT_A_TIME = 1024  # 8 MB of Inception v3's features.


class FeatureError(errors.UserError):
  """The folder of the features cannot be used; the text says why."""


class Folder:
  """The folder of the files, and their common format.

  Attributes:
    path: Path of the folder.
    num_examples: Number of rows of a complete file.
    dtype: Structured dtype of a row.
    header: Header of each file, as bytes.
    num_bytes: Size of a complete file.
  """

  def __init__(
    self,
    path: str | os.PathLike,
    *,
    num_examples: int,
    num_features: int,
    num_files: int,
  ):
    """Computes the format; touches no file.

    Args:
      path: Path of the folder.
      num_examples: Number of examples in each file.
      num_features: Number of features per example.
      num_files: Number of files that need disk space, for error messages.
    """
    self.path = pathlib.Path(path)
    self.num_examples = num_examples
    self.dtype = np.dtype([
      ('values', '<f4', (num_features,)),
      ('checksum', '<u4'),
    ])
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
      header,
      {
        'descr': np.lib.format.dtype_to_descr(self.dtype),
        'fortran_order': False,
        'shape': (num_examples,),
      },
    )
    self.header = header.getvalue()
    self.num_bytes = len(self.header) + num_examples * self.dtype.itemsize
    self._needed = num_files * self.num_bytes

  @contextlib.contextmanager
  def errors(self) -> Iterator[None]:
    """Turns OSErrors within the block into FeatureErrors.

    Raises:
      FeatureError: names the folder.
    """
    try:
      yield
    except OSError as error:
      raise FeatureError(
        f'the features of the images cannot be kept in {str(self.path)!r} '
        f'({error.strerror or error}): make sure that it is writable and has '
        f'room for {self._needed / 1e6:.1f} MB, and run the command again'
      ) from error

  @contextlib.contextmanager
  def lock(self, name: str) -> Iterator[None]:
    """Creates the folder, and holds a lock on it within the block.

    It waits until another run releases the lock; the operating system releases
    the lock of a crashed run.

    Args:
      name: Name of the lock.

    Raises:
      FeatureError: the folder cannot be created or written to.
    """
    with contextlib.ExitStack() as stack:
      with self.errors():
        self.path.mkdir(parents=True, exist_ok=True)
        stack.enter_context(locks.hold(self.path / f'.{name}.lock'))
      yield


class ViewFile:
  """A file with the features of the first examples, or of all.

  Attributes:
    num_rows: Number of valid rows, those of the first examples.
    is_complete: Whether the file has a valid row for each example.
  """

  def __init__(self, folder: Folder, name: str):
    """Examines folder.path/name.npy; raises the errors of `look`."""
    self._folder = folder
    self._path = folder.path / f'{name}.npy'
    self._part = folder.path / f'{name}.npy.part'
    self.look()

  def look(self) -> None:
    """Counts the valid rows on disk, and updates the attributes.

    Raises:
      FeatureError: the file cannot be read.
    """
    with self._folder.errors():
      self.num_rows = self._num_valid_rows(self._path)
      self.is_complete = self.num_rows == self._folder.num_examples and (
        self._path.stat().st_size == self._folder.num_bytes
      )
      if not self.is_complete:
        self.num_rows = self._num_valid_rows(self._part)

  def _num_valid_rows(self, path: pathlib.Path) -> int:
    """Returns the number of rows before the first damaged one."""
    header, dtype = self._folder.header, self._folder.dtype
    num_valid = 0
    try:
      with open(path, 'rb') as file:
        if file.read(len(header)) != header:
          return 0
        while content := file.read(_ROWS_AT_A_TIME * dtype.itemsize):
          rows = np.frombuffer(content, dtype, len(content) // dtype.itemsize)
          for values, checksum in zip(rows['values'], rows['checksum']):
            if zlib.crc32(values, num_valid) != checksum:
              return num_valid
            num_valid += 1
    except FileNotFoundError:
      pass
    return min(num_valid, self._folder.num_examples)

  def complete(
    self, batches: Iterable[np.ndarray], on_batch: Callable[[], None]
  ) -> None:
    """Appends the missing rows; the caller holds the folder's lock.

    Args:
      batches: float32 [size, num_features] features of the examples after the
        first num_rows.
      on_batch: Function called after each batch; a crash of the process no
        longer loses that batch.

    Raises:
      FeatureError: the file cannot be written, e.g. on a full disk.
      dataset.DatasetError: there are more or fewer examples than expected.
    """
    with self._folder.errors():
      self._begin()
    for values in batches:
      with self._folder.errors(), open(self._part, 'ab') as file:
        file.write(self._rows(values))
      self.num_rows += len(values)
      on_batch()
    if self.num_rows != self._folder.num_examples:
      raise dataset.DatasetError(
        f'there were {self._folder.num_examples} records, but now there are '
        f'{self.num_rows}: make sure that nothing writes them, and run the '
        'command again'
      )
    with self._folder.errors():
      atomic_files.put_in_place(self._part, self._path)
    self.is_complete = True

  def _begin(self) -> None:
    """Truncates the file after the valid rows, or starts a new file."""
    if not self.num_rows:
      self._part.write_bytes(self._folder.header)
    else:
      os.truncate(
        self._part,
        len(self._folder.header) + self.num_rows * self._folder.dtype.itemsize,
      )

  def _rows(self, values: np.ndarray) -> bytes:
    rows = np.empty([len(values)], self._folder.dtype)
    rows['values'] = values
    # Starting the checksum with the row's index detects misplaced rows.
    rows['checksum'] = [
      zlib.crc32(row, self.num_rows + i) for i, row in enumerate(rows['values'])
    ]
    return rows.tobytes()

  def values(self) -> np.ndarray:
    """Returns the read-only features of a complete file.

    Returns:
      float32 [examples, num_features], memory-mapped.

    Raises:
      FeatureError: the file cannot be read.
    """
    with self._folder.errors():
      return np.load(self._path, mmap_mode='r')['values']
