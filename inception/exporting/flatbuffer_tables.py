"""Writes FlatBuffers tables that are given as dictionaries.

write   returns a complete FlatBuffer

A schema compiler would generate a module of several thousand lines for the
metadata of TFLite files; they need twelve small tables.
"""

from collections.abc import Mapping, Sequence

import flatbuffers
import numpy as np

# {position of the field in its table's schema, counted from 0: value}. A value
# is a NumPy scalar, a string, a table, or a list of floats, strings or tables.
# A union takes two positions: the number of its member as np.uint8, and the
# member's table.
Table = Mapping[int, object]


def write(root: Table, *, identifier: bytes) -> bytes:
  """Returns a FlatBuffer.

  Args:
    root: root table.
    identifier: four bytes that the schema declares as the file_identifier.

  Raises:
    TypeError: a value is of a type that is not supported.
  """
  builder = flatbuffers.Builder()
  builder.Finish(_write_table(builder, root), file_identifier=identifier)
  return bytes(builder.Output())


def _write_table(builder: flatbuffers.Builder, table: Table) -> int:
  """Returns the position of the written table."""
  # FlatBuffers cannot be nested while they are written: children come first.
  children = {
    slot: _write_child(builder, value)
    for slot, value in table.items()
    if not isinstance(value, np.generic)
  }
  builder.StartObject(max(table, default=-1) + 1)
  for slot, value in table.items():
    if isinstance(value, np.generic):
      _write_scalar(builder, slot, value)
    else:
      builder.PrependUOffsetTRelativeSlot(slot, children[slot], 0)
  return builder.EndObject()


def _write_scalar(
  builder: flatbuffers.Builder, slot: int, value: np.generic
) -> None:
  write_slot = {
    'int8': builder.PrependInt8Slot,
    'uint8': builder.PrependUint8Slot,
    'uint32': builder.PrependUint32Slot,
  }.get(value.dtype.name)
  if write_slot is None:
    raise TypeError(f'a scalar of type {value.dtype} is not supported')
  write_slot(slot, int(value), 0)


def _write_child(builder: flatbuffers.Builder, value: object) -> int:
  """Returns the position of a written table, string or vector."""
  match value:
    case str():
      return builder.CreateString(value)
    case Mapping():
      return _write_table(builder, value)
    case [float(), *_]:
      return builder.CreateNumpyVector(np.asarray(value, np.float32))
    case list():
      return _write_offsets(
        builder, [_write_child(builder, element) for element in value]
      )
    case _:
      raise TypeError(f'a value of type {type(value)} is not supported')


def _write_offsets(
  builder: flatbuffers.Builder, positions: Sequence[int]
) -> int:
  """Returns the position of a written vector of tables or strings."""
  size = flatbuffers.number_types.UOffsetTFlags.bytewidth
  builder.StartVector(size, len(positions), size)
  # A FlatBuffer is written from its end.
  for position in reversed(positions):
    builder.PrependUOffsetTRelative(position)
  return builder.EndVector()
