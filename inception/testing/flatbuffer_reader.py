"""Reads FlatBuffers by the positions of fields in the schema.

root    returns the root table
Table   one table

Positions are counted from 0. An absent field is None or [].
"""

from collections.abc import Iterator

import flatbuffers
from flatbuffers import encode
from flatbuffers import number_types
from flatbuffers import packer


class Table:
  """One table of a FlatBuffer."""

  def __init__(self, data: bytes, position: int):
    """Refers to the table at a position of the data."""
    self._table = flatbuffers.Table(data, position)

  def _offset(self, slot: int) -> int:
    return self._table.Offset(4 + 2 * slot)

  def _elements(self, slot: int) -> Iterator[int]:
    """Yields the positions of a vector's elements of four bytes."""
    offset = self._offset(slot)
    if offset:
      start = self._table.Vector(offset)
      for index in range(self._table.VectorLen(offset)):
        yield start + 4 * index

  def text(self, slot: int) -> str | None:
    """Returns a string."""
    offset = self._offset(slot)
    if not offset:
      return None
    return self._table.String(self._table.Pos + offset).decode('utf-8')

  def number(self, slot: int, bits: int = 8) -> int | None:
    """Returns an unsigned integer of 8 or 32 bits."""
    offset = self._offset(slot)
    flags = {8: number_types.Uint8Flags, 32: number_types.Uint32Flags}[bits]
    return self._table.Get(flags, self._table.Pos + offset) if offset else None

  def table(self, slot: int) -> 'Table | None':
    """Returns a table or a union's member."""
    offset = self._offset(slot)
    if not offset:
      return None
    position = self._table.Indirect(self._table.Pos + offset)
    return Table(self._table.Bytes, position)

  def tables(self, slot: int) -> list['Table']:
    """Returns a vector of tables."""
    return [
      Table(self._table.Bytes, self._table.Indirect(position))
      for position in self._elements(slot)
    ]

  def texts(self, slot: int) -> list[str]:
    """Returns a vector of strings."""
    return [
      self._table.String(position).decode('utf-8')
      for position in self._elements(slot)
    ]

  def floats(self, slot: int) -> list[float]:
    """Returns a vector of floats."""
    return [
      self._table.Get(number_types.Float32Flags, position)
      for position in self._elements(slot)
    ]


def root(data: bytes) -> Table:
  """Returns the root table of a FlatBuffer."""
  return Table(data, encode.Get(packer.uoffset, data, 0))
