"""Runs pytest as Bazel's test runner: the main of every pytest_test.

Fails where a test fails and where there is no test at all.
https://bazel.build/reference/test-encyclopedia says what the variables mean.
"""

import os
import pathlib
import sys

import pytest

_HERE = os.path.dirname(os.path.abspath(__file__))
if _HERE.startswith('\\\\?\\'):  # So Bazel starts it on Windows.
  _HERE = _HERE[4:]
# The runfiles of this repository: this file is third_party/python/ in them. The
# working directory is not it on Windows, where a test runs out of a zip file.
_ROOT = os.path.dirname(os.path.dirname(_HERE))


class _Shard:
  """Keeps every TEST_TOTAL_SHARDS-th test, from TEST_SHARD_INDEX on."""

  def __init__(self, index, total):
    self._index = index
    self._total = total
    self.collected = 0  # By all shards.

  @pytest.hookimpl(trylast=True)
  def pytest_collection_modifyitems(self, config, items):
    self.collected = len(items)
    config.hook.pytest_deselected(
      items=[
        item for i, item in enumerate(items) if i % self._total != self._index
      ]
    )
    items[:] = items[self._index :: self._total]


def _in_runfiles(argument):
  path = os.path.join(_ROOT, argument)
  return path if os.path.exists(path) else argument


def _options(environ):
  options = [
    '-p',
    'no:cacheprovider',
    '--import-mode=importlib',
    f'--rootdir={_ROOT}',
    '-ra',
  ]
  if environ.get('XML_OUTPUT_FILE'):
    options.append(f'--junitxml={environ["XML_OUTPUT_FILE"]}')
  if environ.get('TEST_TMPDIR'):
    options.append(
      f'--basetemp={os.path.join(environ["TEST_TMPDIR"], "pytest")}'
    )
  if environ.get('TESTBRIDGE_TEST_ONLY'):  # bazel test --test_filter=
    options += ['-k', environ['TESTBRIDGE_TEST_ONLY']]
  if environ.get('TESTBRIDGE_TEST_RUNNER_FAIL_FAST'):
    options.append('--exitfirst')
  return options


def main(argv):
  """Returns the exit code of pytest run on the files `argv`."""
  environ = os.environ
  shard = None
  if environ.get('TEST_TOTAL_SHARDS'):
    # Its being there tells Bazel that the runner shards.
    pathlib.Path(environ['TEST_SHARD_STATUS_FILE']).touch()
    shard = _Shard(
      int(environ['TEST_SHARD_INDEX']), int(environ['TEST_TOTAL_SHARDS'])
    )
  code = pytest.main(
    _options(environ) + [_in_runfiles(a) for a in argv],
    plugins=[shard] if shard else [],
  )
  # No test for this filter or this shard is fine; none at all is not.
  if code == pytest.ExitCode.NO_TESTS_COLLECTED and (
    environ.get('TESTBRIDGE_TEST_ONLY') or (shard and shard.collected)
  ):
    return 0
  return int(code)


if __name__ == '__main__':
  # As the commands: see load_tensorflow in inception/cli/command.py.
  os.environ.setdefault('TF_USE_LEGACY_KERAS', '1')
  # Python put this file's own folder (in the source tree, past the runfiles'
  # symbolic links) on the path: a test is to see what it declares, no more.
  own = (_HERE, os.path.dirname(os.path.realpath(__file__)))
  sys.path[:] = [path for path in sys.path if path not in own]
  sys.exit(main(sys.argv[1:]))
