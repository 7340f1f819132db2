"""Tests of the flags of try_it."""

from inception.serving import limits
from inception.testing import commands


def test_help_lists_the_flags_by_purpose_and_the_defaults_of_the_limits():
  done = commands.run('try_it', ['--help'])
  assert done.returncode == 0, done.stderr
  titles = [
    line.rstrip(':')
    for line in done.stdout.splitlines()
    if line and not line.startswith((' ', '-'))
  ]
  for title in ('Model', 'Answers', 'Server', 'Limits', 'Speed and memory'):
    assert title in titles, done.stdout
  for name in ('checkpoint_dir', 'port', 'host', 'allow_host', 'allow_origin'):
    assert f'--{name}' in done.stdout
  for name in vars(limits.Limits()):
    assert f'--{name}' in done.stdout
