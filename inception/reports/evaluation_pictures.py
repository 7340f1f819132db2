"""Chooses and shrinks the photographs of an evaluation's report.

choose   chooses the examples whose photographs are in the page
load     returns their thumbnails as data URIs
jpegs    returns their thumbnails as JPEG files
"""

from collections.abc import Iterator, Sequence

import numpy as np

from inception.evaluation import predictions as predictions_lib
from inception.evaluation import record_sources
from inception.images import image_reader
from inception.jobs import ordered_pool
from inception.records import example_message
from inception.records import tfrecord_file
from inception.reports import pages
from inception.reports import thumbnails

# About 5 kB each: a page of 10 MB still opens without delay.
MOST = 2000
_THREADS = 2


def choose(
  predictions: predictions_lib.Predictions, *, most: int = MOST
) -> list[int]:
  """Returns indices of examples: mistakes first, the most confident first.

  The correct ones follow, the least confident first.

  Args:
    predictions: predictions for all examples.
    most: maximum number of examples.
  """
  sign = np.where(predictions.is_correct, 1, -1)
  # np.lexsort sorts by the last key first.
  order = np.lexsort((sign * predictions.confidence, predictions.is_correct))
  return order[:most].tolist()


def load(sources: Sequence[record_sources.Source]) -> list[str]:
  """Returns a data URI of each record's thumbnail; '' if it has none."""
  return [
    pages.data_uri(jpeg, 'image/jpeg') if jpeg else ''
    for jpeg in jpegs(sources)
  ]


def jpegs(sources: Sequence[record_sources.Source]) -> Iterator[bytes | None]:
  """Yields the thumbnail of each record in order; None if it has none."""
  for _, jpeg in ordered_pool.run(
    _thumbnail, sources, num_threads=_THREADS, batch_size=4
  ):
    yield jpeg


def _thumbnail(source: record_sources.Source) -> bytes | None:
  try:
    return thumbnails.jpeg(record_sources.read(source).encoded)
  except (
    tfrecord_file.RecordError,
    example_message.MessageError,
    image_reader.ImageError,
    OSError,
  ):
    return None
