"""How much memory this process uses, and how much it may use.

  resident_bytes, peak_bytes   what it has taken
  available_bytes              what it can still take

A container has often less than its machine: the kernel ends a process that
goes beyond the control group's limit, though the machine has memory left. Each
function returns None where the system does not tell.

psutil, and not the standard library: Python has no function for any of these on
Windows, and on Linux only the text of /proc.
"""

import contextlib
import pathlib
from collections.abc import Iterator

import psutil

_PROC = pathlib.Path('/proc/self')
_CONTROL_GROUPS = pathlib.Path('/sys/fs/cgroup')

# Files of a group: limit, usage, and in memory.stat what the kernel gives back
# before it ends anybody: pages of files that were read once.
_VERSION_1 = (
  'memory.limit_in_bytes',
  'memory.usage_in_bytes',
  'total_inactive_file',
)
_VERSION_2 = ('memory.max', 'memory.current', 'inactive_file')


def resident_bytes() -> int | None:
  """Returns the bytes of main memory that this process occupies."""
  try:
    return psutil.Process().memory_info().rss
  except (psutil.Error, OSError):
    return None


def peak_bytes(*, proc: pathlib.Path = _PROC) -> int | None:
  """Returns the most that this process has occupied since it began.

  Args:
    proc: Linux' folder about the process.
  """
  for line in _text(proc / 'status').splitlines():
    if line.startswith('VmHWM:'):
      return int(line.split()[1]) * 1024
  try:
    # Windows' name for it.
    return getattr(psutil.Process().memory_info(), 'peak_wset', None)
  except (psutil.Error, OSError):
    return None


def available_bytes(
  *, proc: pathlib.Path = _PROC, groups: pathlib.Path = _CONTROL_GROUPS
) -> int | None:
  """Returns the bytes that this process can still take without swapping.

  Args:
    proc: Linux' folder about the process.
    groups: where Linux' control groups are mounted.
  """
  left = [max(0, limit - used) for limit, used in _limits(proc, groups)]
  with contextlib.suppress(psutil.Error, OSError):
    left.append(psutil.virtual_memory().available)
  return min(left, default=None)


def _limits(proc, groups) -> Iterator[tuple[int, int]]:
  """Yields (limit, use) of each control group that this process is in."""
  for line in _text(proc / 'cgroup').splitlines():
    # HIERARCHY:CONTROLLERS:GROUP; version 2 has one, 0, for all controllers.
    hierarchy, _, rest = line.partition(':')
    controllers, _, group = rest.partition(':')
    if hierarchy == '0' and not controllers:
      yield from _up(groups, group, _VERSION_2)
    elif 'memory' in controllers.split(','):
      yield from _up(groups / 'memory', group, _VERSION_1)


def _up(root, group, names) -> Iterator[tuple[int, int]]:
  # Every group above has a limit too. Inside a container `group` is often the
  # machine's name for what is mounted there as the root: then only that is
  # found.
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
  """Returns the number; None for 'max' and for a file that is not there."""
  return int(text) if text.strip().isdecimal() else None


def _text(path: pathlib.Path) -> str:
  try:
    return path.read_text(encoding='utf-8')
  except OSError:
    return ''
