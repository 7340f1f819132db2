"""The files of cached features: rows with checksums, which grow and go on.

  Folder         where the files are, who may write them, and their format
  ViewFile       the features of each example, as far as they are there
  FeatureError   the folder cannot be used

NAME.npy is an array of structures that NumPy reads: a row for each example,
float32 values and a CRC-32 begun with the row's number. It grows as
NAME.npy.part, batch by batch, and gets its name when it is whole. So a run that
was killed loses one batch at most: the next one goes on after the last row
whose checksum holds. A file with a damaged row is made anew. A lock lets one
run at a time write; the others wait and find its work.
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
  """Where the files are, and what each of them looks like.

  Attributes:
    path: the folder.
    num_examples: rows of a whole file.
    dtype: of a row.
    header: of a file, bytes.
    num_bytes: of a whole file.
  """

  def __init__(
    self,
    path: str | os.PathLike,
    *,
    num_examples: int,
    num_features: int,
    num_files: int,
  ):
    """Describes; `num_files` is how many there must be room for."""
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
    """Turns the system's errors within the block into FeatureErrors.

    Raises:
      FeatureError: names the folder.
    """
    try:
      yield
    except OSError as error:
      raise FeatureError(
        f'the features of the images cannot be kept in {str(self.path)!r} '
        f'({error.strerror or error}): see that it can be written into and '
        f'has room for {self._needed / 1e6:.1f} MB, and run the command '
        'again'
      ) from error

  @contextlib.contextmanager
  def lock(self, name: str) -> Iterator[None]:
    """Makes the folder, and keeps other runs out within the block.

    It waits for the one that is in; the system frees the lock of one that
    crashed.

    Raises:
      FeatureError: the folder cannot be made or written into.
    """
    with contextlib.ExitStack() as stack:
      with self.errors():
        self.path.mkdir(parents=True, exist_ok=True)
        stack.enter_context(locks.hold(self.path / f'.{name}.lock'))
      yield


class ViewFile:
  """The features of each example, as far as they are there.

  Attributes:
    num_rows: examples that are there, the first ones.
    is_whole: all are.
  """

  def __init__(self, folder: Folder, name: str):
    """Looks for folder.path/name.npy; raises as `look`."""
    self._folder = folder
    self._path = folder.path / f'{name}.npy'
    self._part = folder.path / f'{name}.npy.part'
    self.look()

  def look(self) -> None:
    """Finds out what is there, and sound.

    Raises:
      FeatureError: it cannot be read.
    """
    with self._folder.errors():
      self.num_rows = self._sound_rows(self._path)
      self.is_whole = self.num_rows == self._folder.num_examples and (
        self._path.stat().st_size == self._folder.num_bytes
      )
      if not self.is_whole:
        self.num_rows = self._sound_rows(self._part)

  def _sound_rows(self, path) -> int:
    """Returns how many rows come before the first damaged one."""
    header, dtype = self._folder.header, self._folder.dtype
    sound = 0
    try:
      with open(path, 'rb') as file:
        if file.read(len(header)) != header:
          return 0
        while content := file.read(_ROWS_AT_A_TIME * dtype.itemsize):
          rows = np.frombuffer(content, dtype, len(content) // dtype.itemsize)
          for values, checksum in zip(rows['values'], rows['checksum']):
            if zlib.crc32(values, sound) != checksum:
              return sound
            sound += 1
    except FileNotFoundError:
      pass
    return min(sound, self._folder.num_examples)

  def complete(
    self, batches: Iterable[np.ndarray], on_batch: Callable[[], None]
  ) -> None:
    """Adds the rows that are missing; only with the folder's lock.

    Args:
      batches: float32 [size, num_features] each, of the examples after the
        first num_rows.
      on_batch: called after each, which a crash then does not undo.

    Raises:
      FeatureError: it cannot be written, such as on a full disk.
      dataset.DatasetError: there were more or fewer examples than expected.
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
        f'there were {self._folder.num_examples} records and are '
        f'{self.num_rows} now: let nothing write them, and run the command '
        'again'
      )
    with self._folder.errors():
      atomic_files.put_in_place(self._part, self._path)
    self.is_whole = True

  def _begin(self):
    """Cuts off what follows the sound rows, or begins anew."""
    if not self.num_rows:
      self._part.write_bytes(self._folder.header)
    else:
      os.truncate(
        self._part,
        len(self._folder.header) + self.num_rows * self._folder.dtype.itemsize,
      )

  def _rows(self, values) -> np.ndarray:
    rows = np.empty([len(values)], self._folder.dtype)
    rows['values'] = values
    # Begun with the row's number, so that a row elsewhere does not pass.
    rows['checksum'] = [
      zlib.crc32(row, self.num_rows + i) for i, row in enumerate(rows['values'])
    ]
    return rows.view(np.uint8)

  def values(self) -> np.ndarray:
    """Returns float32 [examples, num_features] of a whole file, read only.

    Raises:
      FeatureError: it cannot be read.
    """
    with self._folder.errors():
      return np.load(self._path, mmap_mode='r')['values']
