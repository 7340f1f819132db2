"""Tests of inception.hardware.process_memory, with simulated containers."""

import types

import numpy as np
import psutil
import pytest

from inception.hardware import process_memory

GB = 2**30


@pytest.fixture(name='machine')
def _machine(monkeypatch):
  """A machine with 16 GB, of which 10 GB are available."""
  monkeypatch.setattr(
    psutil,
    'virtual_memory',
    lambda: types.SimpleNamespace(total=16 * GB, available=10 * GB),
  )


def write(folder, **files):
  folder.mkdir(parents=True, exist_ok=True)
  for name, text in files.items():
    name = name.replace('memory_', 'memory.')
    (folder / name).write_text(text, encoding='utf-8')


def available(tmp_path):
  return process_memory.available_bytes(
    proc=tmp_path / 'proc', groups=tmp_path / 'groups'
  )


def test_memory_of_this_process_is_reported():
  resident = process_memory.resident_bytes()
  assert 2**20 < resident < psutil.virtual_memory().total
  available_bytes = process_memory.available_bytes()
  assert 0 < available_bytes <= psutil.virtual_memory().total


def test_allocated_memory_is_counted():
  before = process_memory.resident_bytes()
  taken = np.ones(2**26, np.uint8)
  assert process_memory.resident_bytes() - before > 0.9 * taken.nbytes


def test_peak_is_linux_high_water_mark(tmp_path):
  write(tmp_path, status='Name:\tx\nVmHWM:\t    2276 kB\nVmRSS:\t  12 kB\n')
  assert process_memory.peak_bytes(proc=tmp_path) == 2276 * 1024


def test_peak_is_windows_peak_working_set(tmp_path, monkeypatch):
  monkeypatch.setattr(
    psutil,
    'Process',
    lambda: types.SimpleNamespace(
      memory_info=lambda: types.SimpleNamespace(peak_wset=4321)
    ),
  )
  assert process_memory.peak_bytes(proc=tmp_path) == 4321


def test_without_control_groups_the_machines_memory_counts(tmp_path, machine):
  assert available(tmp_path) == 10 * GB


def test_limit_of_version_2_is_applied(tmp_path, machine):
  write(tmp_path / 'proc', cgroup='0::/a/b\n')
  write(
    tmp_path / 'groups/a/b',
    memory_max=f'{4 * GB}\n',
    memory_current=f'{3 * GB}\n',
    memory_stat=f'anon 1\ninactive_file {GB // 2}\n',
  )
  assert available(tmp_path) == 3 * GB // 2


def test_limit_of_a_parent_group_is_applied(tmp_path, machine):
  write(tmp_path / 'proc', cgroup='0::/a/b\n')
  write(
    tmp_path / 'groups/a/b',
    memory_max='max\n',
    memory_current=f'{GB}\n',
    memory_stat='',
  )
  write(
    tmp_path / 'groups/a',
    memory_max=f'{2 * GB}\n',
    memory_current=f'{3 * GB}\n',
    memory_stat='',
  )
  # Usage can exceed the limit for a moment.
  assert available(tmp_path) == 0


def test_limit_of_version_1_is_applied(tmp_path, machine):
  write(
    tmp_path / 'proc',
    cgroup='9:name=systemd:/\n4:cpu,memory:/docker/1f\n0::/\n',
  )
  # The container sees its own group mounted as the root.
  write(
    tmp_path / 'groups/memory',
    memory_limit_in_bytes=f'{6 * GB}\n',
    memory_usage_in_bytes=f'{5 * GB}\n',
    memory_stat=f'inactive_file 7\ntotal_inactive_file {GB}\n',
  )
  assert available(tmp_path) == 2 * GB


def test_version_1_without_a_limit_uses_the_machines_memory(tmp_path, machine):
  write(tmp_path / 'proc', cgroup='4:memory:/\n')
  write(
    tmp_path / 'groups/memory',
    memory_limit_in_bytes='9223372036854771712\n',
    memory_usage_in_bytes='1\n',
    memory_stat='',
  )
  assert available(tmp_path) == 10 * GB


def test_unreported_values_are_none(tmp_path, monkeypatch):
  def fail(*args):
    raise psutil.AccessDenied()

  monkeypatch.setattr(psutil, 'virtual_memory', fail)
  monkeypatch.setattr(psutil, 'Process', fail)
  assert available(tmp_path) is None
  assert process_memory.resident_bytes() is None
  assert process_memory.peak_bytes(proc=tmp_path) is None
