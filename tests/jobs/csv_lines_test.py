"""Tests of the rows of CSV files."""

import csv
import io

import pytest

from inception.jobs import csv_lines


@pytest.mark.parametrize(
  ('cells', 'text'),
  [
    (['a', 1, 0.5], 'a,1,0.5\n'),
    (['a,b', 'c"d'], '"a,b","c""d"\n'),
    (['', ''], ',\n'),
  ],
)
def test_rows_are_those_of_the_csv_module(cells, text):
  assert csv_lines.line(cells) == text


@pytest.mark.parametrize('end', ['\n', '\r', '\r\n'])
def test_ends_of_lines_in_cells_survive(end):
  cells = [f'a{end}b', 'c', f'd{end}']
  text = csv_lines.line(cells) + csv_lines.line(['e'])
  assert list(csv.reader(io.StringIO(text, newline=''))) == [cells, ['e']]
