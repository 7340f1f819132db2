"""The tasks of a Slurm job step, from the variables that `srun` sets.

num_tasks   number of tasks that one srun started
tasks       addresses of all tasks, and the index of this one
host_names  expands Slurm's list of nodes
"""

import re
from collections.abc import Mapping

# Ports from 10000 to 29999 lie below those that Linux gives to programs that
# ask for any (32768 and above).
_FIRST_PORT = 10_000
_NUM_PORTS = 20_000
# Ports that a job step may need on a node.
_PORTS_PER_STEP = 16

_NODES = 'SLURM_STEP_NODELIST'
_TASKS_PER_NODE = 'SLURM_STEP_TASKS_PER_NODE'
_NUM_TASKS = 'SLURM_STEP_NUM_TASKS'

# 'rack[1-2]n[01-03,7],login': a name, with ranges in brackets.
_NAME = re.compile(r'(?:[^\s,\[\]]|\[[^\[\]]+\])+')
_RANGES = re.compile(r'\[([^\[\]]+)\]')
_RANGE = re.compile(r'(?P<first>\d+)(?:-(?P<last>\d+))?')
_COUNT = re.compile(r'(?P<count>\d+)(?:\(x(?P<repeats>\d+)\))?')


def num_tasks(environment: Mapping[str, str]) -> int:
  """Returns the number of tasks that srun started; 1 outside of a job step."""
  text = environment.get(_NUM_TASKS, '')
  return int(text) if text.isdecimal() else 1


def tasks(environment: Mapping[str, str]) -> tuple[tuple[str, ...], int]:
  """Returns the addresses of a job step's tasks, and the index of this one.

  Steps on one node at the same time get different ports, unless the numbers of
  their jobs differ by a multiple of 1,250.

  Args:
    environment: the environment variables that srun sets.

  Returns:
    ('NODE:PORT', ...) in the order of the tasks, and this task's index.

  Raises:
    ValueError: a variable is missing or invalid, or the tasks are not numbered
      node by node.
  """
  names = host_names(_variable(environment, _NODES))
  counts = _counts(_variable(environment, _TASKS_PER_NODE))
  if len(names) != len(counts) or sum(counts) != num_tasks(environment):
    raise ValueError(
      f'{_NODES} has {len(names)} nodes, {_TASKS_PER_NODE} {len(counts)} with '
      f'{sum(counts)} tasks, and {_NUM_TASKS} is {num_tasks(environment)}'
    )
  job, step = (
    _number(environment, name) for name in ('SLURM_JOB_ID', 'SLURM_STEP_ID')
  )
  port = _FIRST_PORT + (job + step) * _PORTS_PER_STEP % _NUM_PORTS
  positions = [
    (node, local) for node, count in enumerate(counts) for local in range(count)
  ]
  index = _number(environment, 'SLURM_PROCID')
  position = tuple(
    _number(environment, name) for name in ('SLURM_NODEID', 'SLURM_LOCALID')
  )
  if index >= len(positions) or positions[index] != position:
    raise ValueError(
      f'task {index} is number {position[1]} on node {position[0]}, so that '
      'the tasks are not numbered node by node (srun --distribution=block does '
      'so)'
    )
  return (
    tuple(f'{names[node]}:{port + local}' for node, local in positions),
    index,
  )


def host_names(text: str) -> list[str]:
  """Returns the names in a list such as 'rack[1-2]n[01-03,7],login'.

  Raises:
    ValueError: the list is invalid.
  """
  parts = _NAME.findall(text)
  if not parts or ','.join(parts) != text:
    raise ValueError(f'{_NODES} is not a list of nodes: {text!r}')
  return [name for part in parts for name in _expanded(part)]


def _expanded(name: str) -> list[str]:
  """Returns the names that one name with ranges stands for."""
  match = _RANGES.search(name)
  if not match:
    return [name]
  names = []
  for text in match[1].split(','):
    numbers = _RANGE.fullmatch(text)
    if not numbers:
      raise ValueError(f'{_NODES} has an invalid range: {text!r}')
    first, last = numbers['first'], numbers['last'] or numbers['first']
    for number in range(int(first), int(last) + 1):
      padded = str(number).zfill(len(first))
      names += _expanded(name[: match.start()] + padded + name[match.end() :])
  return names


def _counts(text: str) -> list[int]:
  """Returns [2, 2, 1] for '2(x2),1'."""
  counts = []
  for part in text.split(','):
    match = _COUNT.fullmatch(part)
    if not match:
      raise ValueError(f'{_TASKS_PER_NODE} is invalid: {text!r}')
    counts += [int(match['count'])] * int(match['repeats'] or 1)
  return counts


def _variable(environment: Mapping[str, str], name: str) -> str:
  if name not in environment:
    raise ValueError(f'{name} is not set, although {_NUM_TASKS} is')
  return environment[name]


def _number(environment: Mapping[str, str], name: str) -> int:
  text = _variable(environment, name)
  if not text.isdecimal():
    raise ValueError(f'{name} is not a number: {text!r}')
  return int(text)
