"""Tests of inception.testing.metrics_files."""

import pytest

from inception.monitoring import metrics_log
from inception.testing import metrics_files


def test_later_line_of_a_repeated_step_is_returned(tmp_path):
  for steps, loss in (((0, 10, 20, 30), 4.0), ((20, 40), 2.0)):
    with metrics_log.MetricsLog(tmp_path) as log:
      for step in steps:
        log.write('train', step, loss=loss)
        log.write('eval', step, loss=-loss)
  lines = metrics_files.read(tmp_path, 'train')
  assert [(line['step'], line['loss']) for line in lines] == [
    (0, 4.0),
    (10, 4.0),
    (20, 2.0),
    (30, 4.0),
    (40, 2.0),
  ]


def test_invalid_lines_are_skipped(tmp_path):
  (tmp_path / 'metrics.jsonl').write_bytes(
    b'\n3\n[]\n\0\0\n{"kind": 1, "step": 1}\n{"kind": "train"}\n'
    b'{"kind": "train", "step": "1"}\n{"kind": "train", "step": 5}\r\n'
  )
  assert metrics_files.read(tmp_path, 'train') == [{'kind': 'train', 'step': 5}]


def test_missing_file_gives_no_lines(tmp_path):
  assert metrics_files.read(tmp_path, 'train') == []


def test_unreadable_file_raises_oserror(tmp_path):
  (tmp_path / 'metrics.jsonl').mkdir()
  with pytest.raises(OSError):
    metrics_files.read(tmp_path, 'train')
