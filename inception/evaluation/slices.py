"""Accuracy of parts of the examples: large pictures, dark ones, one folder.

compute      cuts the examples by each property, and counts the correct ones
Slice        the examples of one range or value of a property
LEAST        smallest number of examples of a slice

A number is cut at its quartiles, so that the slices have about as many examples
each. A slice has at least LEAST examples: the interval of fewer is too wide.
"""

import dataclasses
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from inception.evaluation import predictions as predictions_lib
from inception.evaluation import proportions
from inception.evaluation import record_sources

LEAST = 20
_MOST_RANGES = 4
# A table with a row for each of thousands of folders is useless.
_MOST_VALUES = 12
_OTHERS = 'others'
_NONE = '(none)'

# Largest ratio of width to height of each shape.
_SHAPES = (
  (0.5, 'narrow upright'),
  (0.9, 'upright'),
  (1.1, 'about square'),
  (2.0, 'horizontal'),
  (float('inf'), 'wide'),
)
_ENDINGS = {
  'jpg': 'JPEG',
  'jpe': 'JPEG',
  'jfif': 'JPEG',
  'tif': 'TIFF',
  'heif': 'HEIC',
}


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Slice:
  """The examples of one range or value of a property.

  Attributes:
    property_name: name of the property, such as 'brightness'.
    name: the range or the value, such as '12% .. 30%'.
    members: indices of the examples, int64 [n], ascending.
    num_correct: number of correct examples among them.
    overall: share of correct examples among those of every slice.
  """

  property_name: str
  name: str
  members: np.ndarray
  num_correct: int
  overall: float

  @property
  def num_examples(self) -> int:
    """Number of examples."""
    return len(self.members)

  @property
  def precision(self) -> float:
    """Share of correct examples."""
    return self.num_correct / self.num_examples

  @property
  def interval(self) -> tuple[float, float]:
    """95 % Wilson interval of the precision."""
    return proportions.wilson_interval(self.num_correct, self.num_examples)

  @property
  def is_worse(self) -> bool:
    """True if the entire interval is below the share of all examples."""
    return self.interval[1] < self.overall

  def to_json(self) -> dict[str, Any]:
    """Returns the slice as plain JSON, without its members."""
    return {
      'property': self.property_name,
      'slice': self.name,
      'num_examples': self.num_examples,
      'num_correct': self.num_correct,
      'precision': self.precision,
      'interval': list(self.interval),
      'is_worse': self.is_worse,
    }


def compute(predictions: predictions_lib.Predictions) -> list[Slice]:
  """Returns the slices of every property that divides the examples.

  Args:
    predictions: predictions for all examples. Without `looks` there is no
      brightness and no sharpness.
  """
  sources = predictions.sources
  width, height = (
    np.array([value or np.nan for value in values], np.float64)
    for values in (
      [source.width for source in sources],
      [source.height for source in sources],
    )
  )
  parts: list[tuple[str, Iterator[tuple[str, np.ndarray]]]] = [
    ('shorter side, pixels', _ranges(np.minimum(width, height), _whole)),
    ('shape', _values(_shapes(width / height))),
  ]
  if predictions.looks is not None:
    brightness, sharpness = predictions.looks.astype(np.float64).T
    parts += [
      ('brightness', _ranges(brightness, _percent)),
      ('sharpness', _ranges(sharpness, _decimals)),
    ]
  parts += [
    ('sub-folder', _values([_folder(source) for source in sources])),
    ('file format', _values([_format(source) for source in sources])),
  ]
  slices = []
  for name, ranges in parts:
    slices += _counted(name, list(ranges), predictions.is_correct)
  return slices


def _counted(
  property_name: str,
  parts: Sequence[tuple[str, np.ndarray]],
  is_correct: np.ndarray,
) -> list[Slice]:
  """Returns the slices of one property; none if it divides nothing."""
  if len(parts) < 2:
    return []
  overall = float(is_correct[np.concatenate([m for _, m in parts])].mean())
  return [
    Slice(
      property_name=property_name,
      name=name,
      members=members,
      num_correct=int(np.count_nonzero(is_correct[members])),
      overall=overall,
    )
    for name, members in parts
  ]


def _ranges(
  values: np.ndarray, in_words: Callable[[float], str]
) -> Iterator[tuple[str, np.ndarray]]:
  """Yields the name and the members of about equally large ranges.

  Args:
    values: float64 [examples]; NaN leaves an example out.
    in_words: function that writes one value.
  """
  order = np.argsort(values, kind='stable')
  order = order[: np.count_nonzero(~np.isnan(values))]
  ranked = values[order]
  count = min(_MOST_RANGES, len(order) // LEAST)
  begin = 0
  for number in range(1, count + 1):
    # Equal values stay together.
    last = ranked[number * len(order) // count - 1]
    end = int(np.searchsorted(ranked, last, side='right'))
    if len(order) - end < LEAST:
      end = len(order)
    if end - begin >= LEAST:
      low, high = in_words(ranked[begin]), in_words(ranked[end - 1])
      name = low if low == high else f'{low} .. {high}'
      yield name, np.sort(order[begin:end])
      begin = end


def _values(values: Sequence[str]) -> Iterator[tuple[str, np.ndarray]]:
  """Yields each frequent value with its members, then the other ones."""
  names, numbers, counts = np.unique(
    np.array(values, object), return_inverse=True, return_counts=True
  )
  frequent = [
    int(i)
    for i in np.argsort(-counts, kind='stable')[:_MOST_VALUES]
    if names[i] and counts[i] >= LEAST
  ]
  for i in frequent:
    yield names[i], np.flatnonzero(numbers == i)
  named = np.array([bool(name) for name in names])
  rest = np.flatnonzero(~np.isin(numbers, frequent) & named[numbers])
  if len(rest) >= LEAST:
    yield _OTHERS, rest


def _shapes(ratios: np.ndarray) -> list[str]:
  """Returns the name of each ratio of width to height; '' for NaN."""
  limits = [limit for limit, _ in _SHAPES]
  return [
    '' if np.isnan(ratio) else _SHAPES[int(np.searchsorted(limits, ratio))][1]
    for ratio in ratios
  ]


def _folder(source: record_sources.Source) -> str:
  """Returns the folder below the class folder; _NONE for no such folder."""
  return source.folder.partition('/')[2] or _NONE


def _format(source: record_sources.Source) -> str:
  """Returns the format that the file's name ends in; '' for none.

  Records hold JPEGs, but the original file may have had another format.
  """
  ending = pathlib.PurePosixPath(source.file).suffix.lower().lstrip('.')
  return _ENDINGS.get(ending, ending.upper())


def _whole(value: float) -> str:
  return f'{value:.0f}'


def _percent(value: float) -> str:
  return f'{value:.0%}'


def _decimals(value: float) -> str:
  return f'{value:.2f}'
