"""Measures the main memory that this process uses, and can still use.

  resident_bytes, peak_bytes   memory in use now, and the maximum so far
  available_bytes              memory that the process can still allocate

A container often has less memory than its machine: the kernel kills a process
that exceeds the limit of its control group, even if the machine has memory
left. Each function returns None if the system does not report the value.

This module uses psutil because the standard library has no function for any of
these on Windows, and on Linux offers only the text of /proc.
"""

import contextlib
import pathlib
from collections.abc import Iterator

import psutil

_PROC = pathlib.Path('/proc/self')
_CONTROL_GROUPS = pathlib.Path('/sys/fs/cgroup')

# Names for a control group: file of its limit, file of its usage, and key in
# memory.stat of the memory that the kernel reclaims before it kills a process
# (cached file pages not used recently).
_VERSION_1 = (
  'memory.limit_in_bytes',
  'memory.usage_in_bytes',
  'total_inactive_file',
)
_VERSION_2 = ('memory.max', 'memory.current', 'inactive_file')


def resident_bytes() -> int | None:
  """Returns the bytes of main memory that this process uses."""
  try:
    return psutil.Process().memory_info().rss
  except (psutil.Error, OSError):
    return None


def peak_bytes(*, proc: pathlib.Path = _PROC) -> int | None:
  """Returns the maximum number of bytes used since the process started.

  Args:
    proc: Linux's folder with information on the process.
  """
  for line in _text(proc / 'status').splitlines():
    if line.startswith('VmHWM:'):
      return int(line.split()[1]) * 1024
  try:
    # The peak working set, which only Windows reports.
    return getattr(psutil.Process().memory_info(), 'peak_wset', None)
  except (psutil.Error, OSError):
    return None


def available_bytes(
  *, proc: pathlib.Path = _PROC, groups: pathlib.Path = _CONTROL_GROUPS
) -> int | None:
  """Returns the bytes that this process can still allocate without swapping.

  Args:
    proc: Linux's folder with information on the process.
    groups: Mount point of Linux's control groups.
  """
  left = [max(0, limit - used) for limit, used in _limits(proc, groups)]
  with contextlib.suppress(psutil.Error, OSError):
    left.append(psutil.virtual_memory().available)
  return min(left, default=None)


def _limits(
  proc: pathlib.Path, groups: pathlib.Path
) -> Iterator[tuple[int, int]]:
  """Yields (limit, usage) of each control group that this process is in."""
  for line in _text(proc / 'cgroup').splitlines():
    # HIERARCHY:CONTROLLERS:GROUP; version 2 has one, 0, for all controllers.
    hierarchy, _, rest = line.partition(':')
    controllers, _, group = rest.partition(':')
    if hierarchy == '0' and not controllers:
      yield from _limits_up_from(groups, group, _VERSION_2)
    elif 'memory' in controllers.split(','):
      yield from _limits_up_from(groups / 'memory', group, _VERSION_1)


def _limits_up_from(
  root: pathlib.Path, group: str, names: tuple[str, str, str]
) -> Iterator[tuple[int, int]]:
  """Yields (limit, usage) of a control group and of its parents up to root."""
  # Inside a container, `group` is often the host's name for the group that is
  # mounted as the root there; then only the root exists.
  folder = root / group.strip('/')
  limit_name, usage_name, reclaimable_name = names
  for parent in (folder, *folder.parents):
    limit = _number(_text(parent / limit_name))
    usage = _number(_text(parent / usage_name))
    if limit is not None and usage is not None:
      reclaimable = 0
      for line in _text(parent / 'memory.stat').splitlines():
        name, _, value = line.partition(' ')
        if name == reclaimable_name:
          reclaimable = _number(value) or 0
      yield limit, usage - reclaimable
    if parent == root:
      return


def _number(text: str) -> int | None:
  """Returns the number; None for 'max' and for a missing file's text, ''."""
  return int(text) if text.strip().isdecimal() else None


def _text(path: pathlib.Path) -> str:
  try:
    return path.read_text(encoding='utf-8')
  except OSError:
    return ''
