"""Tests of inception.monitoring.metrics_log, with kills and full disks."""

import datetime
import errno
import json

import numpy as np
import pytest

from inception.monitoring import metrics_log
from inception.testing import metrics_files

NOON = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.timezone.utc)


def lines(folder):
  text = (folder / 'metrics.jsonl').read_text(encoding='utf-8')
  assert text.endswith('\n')
  return text.splitlines()


def test_line_is_in_the_file_as_soon_as_it_is_written(tmp_path):
  log = metrics_log.MetricsLog(tmp_path, now=lambda: NOON)
  log.write('train', 10, loss=2.5, learning_rate=0.001)
  assert [json.loads(line) for line in lines(tmp_path)] == [
    {
      'kind': 'train',
      'step': 10,
      'time': '2026-01-31T12:00:00+00:00',
      'loss': 2.5,
      'learning_rate': 0.001,
    }
  ]
  log.close()
  assert log.problem is None


def test_time_is_utc(tmp_path):
  with metrics_log.MetricsLog(tmp_path) as log:
    log.write('train', 0)
  time = datetime.datetime.fromisoformat(json.loads(lines(tmp_path)[0])['time'])
  assert time.utcoffset() == datetime.timedelta(0)
  now = datetime.datetime.now(datetime.timezone.utc)
  assert abs(now - time) < datetime.timedelta(minutes=1)


@pytest.mark.parametrize(
  ('value', 'text'),
  [
    (float('nan'), 'null'),
    (float('inf'), 'null'),
    (-np.inf, 'null'),
    (np.float32(0.5), '0.5'),
    (np.int64(3), '3'),
    (True, 'true'),
    (None, 'null'),
    ('rosé\n', '"rosé\\n"'),
    ((1, float('nan')), '[1, null]'),
    ({'a': [np.float64('nan')]}, '{"a": [null]}'),
    ('\udc80', '"\\udc80"'),
  ],
)
def test_every_value_is_valid_json(tmp_path, value, text):
  with metrics_log.MetricsLog(tmp_path, now=lambda: NOON) as log:
    log.write('train', np.int64(0), x=value)
  (line,) = lines(tmp_path)
  assert line.endswith(f'"x": {text}}}')
  json.loads(line, parse_constant=pytest.fail)


@pytest.mark.parametrize(
  'values', [{'x': object()}, {'x': [b'bytes']}, {'time': 3}]
)
def test_other_values_are_rejected(tmp_path, values):
  with metrics_log.MetricsLog(tmp_path) as log:
    with pytest.raises(TypeError):
      log.write('train', 0, **values)
    log.write('train', 1)
  assert len(lines(tmp_path)) == 1


def test_incomplete_line_is_ended_and_skipped(tmp_path):
  path = tmp_path / 'metrics.jsonl'
  torn = '{"kind": "train", "step": 1, "name": "ros\u00e9'.encode()[:-1]
  path.write_bytes(b'{"kind": "train", "step": 0}\n' + torn)
  with metrics_log.MetricsLog(tmp_path, now=lambda: NOON) as log:
    log.write('train', 2)
  first, second, third, nothing = path.read_bytes().split(b'\n')
  assert (first, second, nothing) == (
    b'{"kind": "train", "step": 0}',
    torn,
    b'',
  )
  assert json.loads(third)['step'] == 2
  assert [line['step'] for line in metrics_files.read(tmp_path, 'train')] == [
    0,
    2,
  ]


def test_opening_a_complete_file_does_not_change_it(tmp_path):
  path = tmp_path / 'metrics.jsonl'
  path.write_bytes(b'{}\n')
  metrics_log.MetricsLog(tmp_path).close()
  assert path.read_bytes() == b'{}\n'


def test_file_that_cannot_be_opened_is_reported(tmp_path):
  (tmp_path / 'metrics.jsonl').mkdir()
  log = metrics_log.MetricsLog(tmp_path)
  assert 'metrics.jsonl' in log.problem
  assert 'training continues without it' in log.problem
  log.write('train', 0)
  log.close()


class FullDisk:
  """A raw file on a disk with space for a given number of bytes."""

  def __init__(self, file, room):
    self._file = file
    self._room = room
    self.closed = False

  def write(self, data):
    if not self._room:
      raise OSError(errno.ENOSPC, 'No space left on device')
    written = self._file.write(data[: self._room])
    self._room -= written
    return written

  def close(self):
    self.closed = True
    self._file.close()


def test_full_disk_ends_the_log_and_not_the_training(tmp_path):
  log = metrics_log.MetricsLog(tmp_path, now=lambda: NOON)
  log.write('train', 0)
  full = log._file = FullDisk(log._file, 9)
  log.write('train', 1)
  assert log.problem.endswith(
    '(No space left on device): training continues without it'
  )
  assert full.closed
  log.write('train', 2)
  log.close()
  # Once there is space again, the next run appends after the incomplete line.
  with metrics_log.MetricsLog(tmp_path) as log:
    log.write('train', 3)
  assert lines(tmp_path)[1] == '{"kind": '
  assert [line['step'] for line in metrics_files.read(tmp_path, 'train')] == [
    0,
    3,
  ]


def test_partial_write_is_continued(tmp_path):
  log = metrics_log.MetricsLog(tmp_path, now=lambda: NOON)
  file = log._file

  class Slow:
    def write(self, data):
      return file.write(data[:7])

    def close(self):
      file.close()

  log._file = Slow()
  log.write('train', 4)
  log.close()
  assert metrics_files.read(tmp_path, 'train')[0]['step'] == 4
