"""Tests that tables can be read back."""

import numpy as np
import pytest

from inception.exporting import flatbuffer_tables
from inception.testing import flatbuffer_reader


def test_every_kind_of_value_is_read_back():
  data = flatbuffer_tables.write(
    {
      0: 'R\u00f6schen',
      2: np.int8(2),
      3: np.uint32(70_000),
      4: np.uint8(1),
      5: {1: 'inner'},
      6: [{0: 'first'}, {0: 'second'}],
      7: [127.5, 1.0],
      8: ['one', 'two'],
    },
    identifier=b'TEST',
  )
  assert data[4:8] == b'TEST'
  root = flatbuffer_reader.root(data)
  assert root.text(0) == 'R\u00f6schen'
  assert root.text(1) is None
  assert root.number(2) == 2
  assert root.number(3, bits=32) == 70_000
  assert root.number(4) == 1
  assert root.table(5).text(1) == 'inner'
  assert [table.text(0) for table in root.tables(6)] == ['first', 'second']
  assert root.floats(7) == [127.5, 1.0]
  assert root.texts(8) == ['one', 'two']


def test_empty_table_is_present():
  data = flatbuffer_tables.write({1: {}}, identifier=b'TEST')
  assert flatbuffer_reader.root(data).table(0) is None
  assert flatbuffer_reader.root(data).table(1) is not None


@pytest.mark.parametrize(
  ('value', 'message'),
  [(np.int64(1), 'scalar of type int64'), (3, "value of type <class 'int'>")],
)
def test_unknown_types_are_refused(value, message):
  with pytest.raises(TypeError, match=message):
    flatbuffer_tables.write({0: value}, identifier=b'TEST')
