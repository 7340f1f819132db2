"""Tests of the two shell scripts, bazelw and .ci/run, with stand-in programs.

Each script runs with a PATH that holds only the stand-ins, which record their
arguments.
"""

import os
import shutil
import stat
import subprocess
import sys

import pytest

from tests import source_tree

pytestmark = pytest.mark.skipif(
  sys.platform == 'win32', reason='Windows has bazelw.cmd and no sh'
)

# Writes its name, folder and arguments, one per line, and a blank line.
_LOG = """#!/bin/sh
{{ echo "{name}"; pwd; for argument; do echo "<$argument>"; done; echo; }} \
>> "{log}"
{then}
"""


class _Machine:
  """A repository with bazelw, and the programs on the PATH."""

  def __init__(self, folder):
    self.repository = folder / 'a repository'
    self._bin = folder / 'bin'
    self._log = folder / 'log'
    self.repository.mkdir()
    self._bin.mkdir()
    self._log.touch()
    shutil.copy(source_tree.ROOT / 'bazelw', self.repository)

  def add(self, name, then='exit 0'):
    """Installs a program that records its call and then runs `then`."""
    path = self._bin / name
    path.write_text(
      _LOG.format(name=name, log=self._log, then=then), encoding='utf-8'
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)

  def add_apt_get(self, user='0'):
    """Installs an apt-get that installs bazel, and a complete python3."""
    self.add('python3')
    self.add('id', f'echo {user}')
    self.add('bazel', 'exit 3')
    package = self._log.parent / 'package'
    (self._bin / 'bazel').replace(package)
    self.add(
      'apt-get',
      f'[ "$1" = update ] || {shutil.which("cp")} '
      f'"{package}" "{self._bin / "bazel"}"',
    )

  def run(self, *arguments, cwd=None, **environ):
    """Returns (exit code, stderr, [[program, folder, arguments...]...])."""
    done = subprocess.run(
      [self.repository / 'bazelw', *arguments],
      cwd=cwd or self.repository,
      env={'PATH': str(self._bin), **environ},
      stdin=subprocess.DEVNULL,
      capture_output=True,
      encoding='utf-8',
      check=False,
    )
    calls = self._log.read_text(encoding='utf-8').split('\n\n')
    return (
      done.returncode,
      done.stderr,
      [call.split('\n') for call in calls if call],
    )


@pytest.fixture(name='machine')
def _machine(tmp_path):
  return _Machine(tmp_path)


@pytest.mark.parametrize('program', ['bazel', 'bazelisk'])
def test_installed_program_gets_the_arguments_unchanged(machine, program):
  machine.add(program, 'exit 7')
  code, stderr, calls = machine.run(
    'test', '//tests/...', '--test_arg=a b', '', '*', '$HOME', '--', '-x'
  )
  assert code == 7
  assert not stderr
  assert calls == [
    [
      program,
      str(machine.repository),
      '<test>',
      '<//tests/...>',
      '<--test_arg=a b>',
      '<>',
      '<*>',
      '<$HOME>',
      '<-->',
      '<-x>',
    ]
  ]


def test_bazelisk_is_preferred_to_bazel(machine):
  machine.add('bazel')
  machine.add('bazelisk')
  _, _, calls = machine.run('build')
  assert [call[0::2] for call in calls] == [
    ['bazelisk', '<--version>'],
    ['bazelisk', '<build>'],
  ]


def test_bazel_runs_if_bazelisk_cannot_download(machine):
  machine.add('bazel')
  machine.add('bazelisk', 'exit 1')
  code, stderr, calls = machine.run('build')
  assert code == 0
  assert 'cannot download' in stderr
  assert calls[-1][0] == 'bazel'


def test_folder_inside_the_repository_is_kept(machine):
  machine.add('bazel', 'echo "$BAZELW_WORKING_DIRECTORY" >&2')
  inside = machine.repository / 'x y'
  inside.mkdir()
  _, stderr, calls = machine.run('build', cwd=inside)
  assert calls[0][1] == str(inside)
  assert stderr == '\n'


def test_folder_outside_the_repository_is_passed_on(machine, tmp_path):
  machine.add('bazel', 'echo "$BAZELW_WORKING_DIRECTORY" >&2')
  elsewhere = tmp_path / 'a repository too'
  elsewhere.mkdir()
  _, stderr, calls = machine.run('build', cwd=elsewhere)
  assert calls[0][1] == str(machine.repository)
  assert stderr == f'{elsewhere}\n'


def test_npx_runs_bazelisk(machine):
  machine.add('npx', 'exit 0')
  machine.add_apt_get()
  code, stderr, calls = machine.run('build', 'a b')
  assert code == 0
  assert 'trying npx @bazel/bazelisk@' in stderr
  runs = [call for call in calls if call[0] == 'npx']
  assert [call[-1] for call in runs] == ['<--version>', '<a b>']
  assert runs[1][2:] == ['<--yes>', runs[0][3], '<build>', '<a b>']
  assert 'apt-get' not in {call[0] for call in calls}


def test_apt_get_is_used_after_npx_fails(machine):
  machine.add('npx', 'exit 1')
  machine.add_apt_get()
  code, stderr, calls = machine.run('build', 'a b')
  assert code == 3  # bazel's
  assert 'could not download Bazel' in stderr
  assert 'installing bazel-bootstrap with apt-get' in stderr
  apt_get = [call[2:] for call in calls if call[0] == 'apt-get']
  assert apt_get == [
    ['<update>'],
    ['<install>', '<-y>', '<--no-install-recommends>', '<bazel-bootstrap>'],
  ]
  assert calls[-1][2:] == ['<build>', '<a b>']


def test_user_installs_with_sudo(machine):
  machine.add_apt_get(user='1000')
  code, stderr, _ = machine.run('build')
  assert code == 1
  assert 'apt-get could not install bazel-bootstrap' in stderr
  machine.add('sudo', 'shift; exec "$@"')
  code, _, calls = machine.run('build')
  assert code == 3
  assert (
    '<DEBIAN_FRONTEND=noninteractive>'
    in [call for call in calls if call[0] == 'sudo'][0]
  )


def test_missing_venv_module_is_installed(machine):
  machine.add_apt_get()
  machine.add('python3', 'exit 1')
  _, stderr, calls = machine.run('build')
  assert 'installing bazel-bootstrap python3-venv with' in stderr
  assert [call[-2:] for call in calls if call[0] == 'apt-get'][1] == [
    '<bazel-bootstrap>',
    '<python3-venv>',
  ]


def test_missing_venv_module_does_not_stop_an_installed_bazel(machine):
  machine.add_apt_get(user='1000')
  machine.add('python3', 'exit 1')
  machine.add('bazel')
  code, stderr, calls = machine.run('build')
  assert code == 0
  assert 'could not install python3-venv' in stderr
  assert calls[-1][0] == 'bazel'


def test_python_bin_path_needs_no_venv_module(machine):
  machine.add_apt_get()
  machine.add('python3', 'exit 1')
  machine.add('bazel')
  _, stderr, calls = machine.run('build', PYTHON_BIN_PATH='x')
  assert not stderr
  assert [call[0] for call in calls] == ['bazel']


def test_total_failure_is_reported_in_one_sentence(machine):
  code, stderr, calls = machine.run('build')
  assert code == 1
  assert not calls
  assert stderr == (
    'bazelw: found no Bazel and could not get one (there is no npx, and '
    'there is no apt-get): install bazelisk '
    '(https://bazel.build/install/bazelisk) and run this again.\n'
  )


_SUMMARY = (
  'Test cases: finished with {} passing and {} failing out of 9 test cases'
)


@pytest.mark.parametrize(
  ('bazel', 'code', 'last'),
  [
    (f'echo "{_SUMMARY.format(9, 0)}"', 0, '9 passed, 0 failed'),
    (f'echo "{_SUMMARY.format(7, 2)}"; exit 3', 3, '7 passed, 2 failed'),
    # A target that does not build, or a test that ends without a report.
    ('echo oh; exit 1', 1, '0 passed, 1 failed'),
    (f'echo "{_SUMMARY.format(9, 0)}"; exit 3', 3, '9 passed, 1 failed'),
    # Skipped tests: in a file of passing tests, or reported by name.
    (
      f'echo "//tests:a_test  (cached) PASSED in 1s"; '
      f'echo "{_SUMMARY.format(9, 0)}"',
      0,
      '7 passed, 0 failed, 2 skipped',
    ),
    (
      'echo "Test cases: finished with 7 passing, 2 skipped and 0 failing out '
      'of 9 test cases"',
      0,
      '7 passed, 0 failed, 2 skipped',
    ),
    # No tests at all.
    ('exit 4', 4, '0 passed, 1 failed'),
    ('echo nothing', 4, '0 passed, 0 failed'),
  ],
)
def test_ci_ends_with_the_count_and_bazels_exit_code(
  tmp_path, bazel, code, last
):
  (tmp_path / '.ci').mkdir()
  shutil.copy(source_tree.ROOT / '.ci' / 'run', tmp_path / '.ci')
  report = tmp_path / 'bazel-testlogs' / 'tests' / 'a_test' / 'test.xml'
  report.parent.mkdir(parents=True)
  report.write_text(
    '<testcase><skipped/></testcase><testcase><skipped a="b"/>',
    encoding='utf-8',
  )
  bazelw = tmp_path / 'bazelw'
  bazelw.write_text(f'#!/bin/sh\necho "$@"\n{bazel}\n', encoding='utf-8')
  bazelw.chmod(0o755)
  done = subprocess.run(
    ['bash', tmp_path / '.ci' / 'run'],
    cwd=tmp_path.parent,
    env={**os.environ, 'CI': 'true'},
    stdin=subprocess.DEVNULL,
    capture_output=True,
    encoding='utf-8',
    check=False,
  )
  lines = done.stdout.splitlines()
  assert done.returncode == code
  assert lines[0] == 'test //tests/...'
  assert lines[-1] == last
