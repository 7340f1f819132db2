"""Separate networks for several hosts on one machine, for tests.

  make        makes a network for each host, joined by a wire
  Host        prefix of the commands that run in one, and its address
  why_not     returns why this machine permits none

A host's network is a Linux network namespace: a host there sees neither this
machine's network nor the other hosts, except through the wire. Making one needs
the rights of root, and the program `ip`. Every name and address is new, and is
removed at the end; what a killed process left behind is removed by the next
one.
"""

import contextlib
import functools
import os
import pathlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import NamedTuple

# Name of a namespace: the number of the process that made it, and one byte.
_NAME = re.compile(r'inception-([0-9a-f]+)[0-9a-f]{2}-(wire|[0-9]+)')


class Host(NamedTuple):
  """A host in its own network.

  Attributes:
    prefix: beginning of a command line that runs there.
    address: its IP address.
    namespace: name of the network namespace.
    link: name of its network interface.
  """

  prefix: tuple[str, ...]
  address: str
  namespace: str
  link: str


@functools.cache
def why_not() -> str:
  """Returns why this machine permits no networks; '' if it does."""
  if not shutil.which('ip'):
    return 'the program ip is not installed'
  try:
    with make(1) as (host,):
      _run(*host.prefix, 'true')
  except (OSError, subprocess.CalledProcessError) as error:
    reason = getattr(error, 'stderr', '') or str(error)
    return f'no network namespace can be made here: {reason.strip()}'
  return ''


@contextlib.contextmanager
def make(count: int) -> Iterator[list[Host]]:
  """Yields hosts that reach each other, and nothing else.

  Args:
    count: number of hosts, at most 200.

  Raises:
    OSError, subprocess.CalledProcessError: it is not permitted; see why_not.
  """
  _remove_stale()
  unique = f'{os.getpid():x}{os.urandom(1).hex()}'
  wire = f'inception-{unique}-wire'
  with contextlib.ExitStack() as stack:
    _add_namespace(wire, stack)
    _run('ip', '-n', wire, 'link', 'add', 'bridge', 'type', 'bridge')
    _run('ip', '-n', wire, 'link', 'set', 'bridge', 'up')
    hosts = []
    for index in range(count):
      name = f'inception-{unique}-{index}'
      _add_namespace(name, stack)
      host = Host(
        prefix=('ip', 'netns', 'exec', name),
        address=f'10.77.0.{index + 1}',
        namespace=name,
        link='eth0',
      )
      _connect(host, wire, f'host{index}')
      hosts.append(host)
    yield hosts


def set_link(host: Host, *, up: bool) -> None:
  """Cuts a host's connection to the others, or restores it."""
  state = 'up' if up else 'down'
  _run('ip', '-n', host.namespace, 'link', 'set', host.link, state)


def _remove_stale() -> None:
  """Removes the namespaces of processes that have ended without doing so."""
  listed = subprocess.run(
    ['ip', 'netns', 'list'], check=True, capture_output=True, encoding='utf-8'
  )
  for line in listed.stdout.splitlines():
    found = _NAME.fullmatch(line.partition(' ')[0])
    if found and not pathlib.Path('/proc', str(int(found[1], 16))).exists():
      # Another process may be removing it, too.
      subprocess.run(
        ['ip', 'netns', 'del', found[0]], check=False, capture_output=True
      )


def _add_namespace(name: str, stack: contextlib.ExitStack) -> None:
  _run('ip', 'netns', 'add', name)
  # Removing a namespace removes its interfaces.
  stack.callback(subprocess.run, ['ip', 'netns', 'del', name], check=False)
  _run('ip', '-n', name, 'link', 'set', 'lo', 'up')


def _connect(host: Host, wire: str, port: str) -> None:
  """Joins a host to the bridge in the namespace `wire`."""
  _run(
    *('ip', '-n', host.namespace, 'link', 'add', host.link, 'type', 'veth'),
    *('peer', 'name', port, 'netns', wire),
  )
  _run('ip', '-n', wire, 'link', 'set', port, 'master', 'bridge')
  _run('ip', '-n', wire, 'link', 'set', port, 'up')
  _run(
    *('ip', '-n', host.namespace, 'addr', 'add', f'{host.address}/24'),
    *('dev', host.link),
  )
  set_link(host, up=True)


def _run(*command: str) -> None:
  subprocess.run(command, check=True, capture_output=True, encoding='utf-8')
