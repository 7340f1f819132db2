"""Writes rows of CSV files.

line  returns one row as text
"""

import csv
import io
from collections.abc import Iterable


def line(cells: Iterable[object]) -> str:
  r"""Returns the cells as a row that ends with \n.

  A cell with a comma, a quotation mark or the end of a line is quoted; the csv
  module would leave out a lone \r, which its readers take for the end of a row.
  """
  text = io.StringIO()
  csv.writer(text, lineterminator='\r\n').writerow(cells)
  return text.getvalue().removesuffix('\r\n') + '\n'
