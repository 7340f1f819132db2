"""Tests of the printed table's alignment; export_report_test has its rows."""

import pathlib

import pytest

from inception.exporting import agreement
from inception.exporting import export_check
from inception.exporting import export_job
from inception.exporting import export_text


@pytest.mark.parametrize('names', [('saved_model',), ('a', 'openvino')])
def test_lines_have_no_trailing_spaces(names):
  result = export_check.Result(
    agreement=agreement.Agreement(
      num_pictures=2,
      num_equal=2,
      num_ties=0,
      max_difference=0.0,
      num_right=None,
      checkpoint_num_right=None,
    ),
    images_per_sec=1.0,
    faults=('bad',),
  )
  exports = [
    export_job.Export(
      name=name, path=pathlib.Path(name), num_bytes=1, result=result
    )
    for name in names
  ]
  text = export_text.table(
    export_job.Outcome(
      version=1, exports=exports, checkpoint_images_per_sec=1.0, source=''
    )
  )
  lines = text.splitlines()
  assert len(lines) == 2 + len(names)
  assert all(line == line.rstrip() for line in lines)
