"""The pictures on which an exported file is checked.

of_records   returns pictures of records, with their labels
made         returns generated pictures, without labels
Pictures     encoded pictures and their source
"""

import dataclasses
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from inception import dataset
from inception.evaluation import record_sources

_QUALITY = 95
# (width, height) of generated pictures, like photographs of several shapes.
_SIZES = ((320, 240), (240, 320), (500, 333), (199, 301))
_GRIDS = (2, 3, 5, 8)  # Numbers of random colours per side.


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Pictures:
  """Encoded pictures.

  Attributes:
    encoded: contents of image files, at least one.
    labels: int64 [pictures], in [1, num_classes]; None if unknown.
    source: origin of the pictures, for the report.
  """

  encoded: Sequence[bytes]
  labels: np.ndarray | None
  source: str


def of_records(data: dataset.Dataset, *, subset: str, limit: int) -> Pictures:
  """Returns pictures of records, spread evenly over the subset.

  Args:
    data: the dataset.
    subset: subset, such as 'validation'.
    limit: maximum number of pictures.

  Raises:
    dataset.DatasetError: the subset does not exist, is empty, or has a record
      that cannot be read or lacks its label.
  """
  sources = record_sources.index(data.shard_files(subset))
  count = min(limit, len(sources))
  chosen = [sources[i * len(sources) // count] for i in range(count)]
  labels = [source.label for source in chosen if source.label is not None]
  if not chosen or len(labels) < len(chosen):
    raise dataset.DatasetError(
      f'{data.data_dir!r} has no labelled {subset} records: prepare the data '
      'again, or leave --data_dir out'
    )
  return Pictures(
    encoded=[record_sources.read(source).encoded for source in chosen],
    labels=np.array(labels, np.int64),
    source=f'{subset} records of {data.name}',
  )


def made(count: int) -> Pictures:
  """Returns smooth random pictures as JPEGs, the same every time.

  They show whether two programs compute the same answers, but not how well a
  model classifies photographs.

  Args:
    count: number of pictures.
  """
  rng = np.random.default_rng(0)
  return Pictures(
    encoded=[
      _jpeg(rng, _GRIDS[i % len(_GRIDS)], _SIZES[i // 4 % len(_SIZES)])
      for i in range(count)
    ],
    labels=None,
    source='generated pictures, not photographs',
  )


def _jpeg(rng: np.random.Generator, grid: int, size: tuple[int, int]) -> bytes:
  colours = rng.integers(0, 256, [grid, grid, 3], np.uint8)
  image = Image.fromarray(colours).resize(size, Image.Resampling.BICUBIC)
  buffer = io.BytesIO()
  image.save(buffer, 'JPEG', quality=_QUALITY)
  return buffer.getvalue()
