"""Runs pytest as Bazel's test runner: the main of every pytest_test.

Fails if a test fails or if there are no tests. The environment variables are
explained in https://bazel.build/reference/test-encyclopedia.
"""

import os
import pathlib
import sys
from collections.abc import Mapping, Sequence

import pytest

_HERE = os.path.dirname(os.path.abspath(__file__))
if _HERE.startswith('\\\\?\\'):  # Bazel's form of paths on Windows.
  _HERE = _HERE[4:]
# The runfiles of this repository, with this file in third_party/python. On
# Windows, where a test runs from a zip file, the working directory differs.
_ROOT = os.path.dirname(os.path.dirname(_HERE))


class _Shard:
  """Keeps every TEST_TOTAL_SHARDS-th test, starting at TEST_SHARD_INDEX."""

  def __init__(self, index: int, total: int):
    self._index = index
    self._total = total
    self.collected = 0  # The number of tests in all shards.

  @pytest.hookimpl(trylast=True)
  def pytest_collection_modifyitems(
    self, config: pytest.Config, items: list[pytest.Item]
  ) -> None:
    self.collected = len(items)
    config.hook.pytest_deselected(
      items=[
        item for i, item in enumerate(items) if i % self._total != self._index
      ]
    )
    items[:] = items[self._index :: self._total]


def _in_runfiles(argument: str) -> str:
  path = os.path.join(_ROOT, argument)
  return path if os.path.exists(path) else argument


def _options(environ: Mapping[str, str]) -> list[str]:
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


def main(argv: Sequence[str]) -> int:
  """Runs pytest on the files `argv` and returns its exit code."""
  environ = os.environ
  shard = None
  if environ.get('TEST_TOTAL_SHARDS'):
    # This file tells Bazel that the runner supports sharding.
    pathlib.Path(environ['TEST_SHARD_STATUS_FILE']).touch()
    shard = _Shard(
      int(environ['TEST_SHARD_INDEX']), int(environ['TEST_TOTAL_SHARDS'])
    )
  code = pytest.main(
    _options(environ) + [_in_runfiles(a) for a in argv],
    plugins=[shard] if shard else [],
  )
  # A filter or a shard may select no tests, but there must be some tests.
  if code == pytest.ExitCode.NO_TESTS_COLLECTED and (
    environ.get('TESTBRIDGE_TEST_ONLY') or (shard and shard.collected)
  ):
    return 0
  return int(code)


if __name__ == '__main__':
  # As in the commands; see load_tensorflow in inception/cli/command.py.
  os.environ.setdefault('TF_USE_LEGACY_KERAS', '1')
  # Python has added this file's own folder to the path (in the source tree,
  # behind the runfiles' symbolic links). Remove it, so that a test can import
  # only its declared dependencies.
  own = (_HERE, os.path.dirname(os.path.realpath(__file__)))
  sys.path[:] = [path for path in sys.path if path not in own]
  sys.exit(main(sys.argv[1:]))
