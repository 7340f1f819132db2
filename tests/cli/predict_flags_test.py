"""Tests of inception.cli.predict_flags."""

import subprocess

from inception.testing import commands


def _help() -> subprocess.CompletedProcess:
  return commands.run('predict', ['--help'])


def test_help_lists_the_flags_by_purpose():
  done = _help()
  assert done.returncode == 0, done.stderr
  titles = [
    line.rstrip(':')
    for line in done.stdout.splitlines()
    if line and not line.startswith((' ', '-'))
  ]
  for title in ('Model', 'Answers', 'Job arrays', 'Speed and memory'):
    assert title in titles, done.stdout


def test_help_names_every_flag_of_the_command():
  text = _help().stdout
  for name in (
    'checkpoint_dir',
    'model',
    'labels_file',
    'precision',
    'views',
    'top_k',
    'min_probability',
    'format',
    'output',
    'explain',
    'sort_into',
    'num_shards',
    'shard_index',
    'batch_size',
    'num_threads',
  ):
    assert f'--{name}' in text or f'--[no]{name}' in text, name
