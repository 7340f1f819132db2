"""Tests of inception.testing.host_networks."""

import os
import subprocess
import sys

import pytest

from inception.testing import host_networks


def names():
  listed = subprocess.run(
    ['ip', 'netns', 'list'], check=True, capture_output=True, encoding='utf-8'
  )
  return {line.partition(' ')[0] for line in listed.stdout.splitlines()}


def test_networks_of_dead_processes_are_removed():
  if host_networks.why_not():
    pytest.skip(host_networks.why_not())
  with subprocess.Popen([sys.executable, '-c', '']) as dead:
    pass
  stale = {f'inception-{dead.pid:x}a0-{part}' for part in ('wire', '0')}
  kept = {f'inception-{os.getpid():x}b1-7', f'other-{dead.pid:x}a0-0'}
  try:
    for name in stale | kept:
      subprocess.run(['ip', 'netns', 'add', name], check=True)
    with host_networks.make(1) as (host,):
      found = names()
    assert host.namespace in found
    assert kept <= found
    assert not stale & found
  finally:
    for name in (stale | kept) & names():
      subprocess.run(['ip', 'netns', 'del', name], check=True)
