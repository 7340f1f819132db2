"""Runs ruff on every Python source and buildifier on every file of Bazel's."""

import ast
import pathlib
import subprocess
import sys

import pytest

from tests import source_tree


@pytest.fixture(scope='module', name='tree')
def _tree():
  return source_tree.read()


def _run(*command):
  result = subprocess.run(
    command,
    cwd=source_tree.ROOT,
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    encoding='utf-8',
    check=False,
  )
  return result.returncode, result.stdout


def _ruff(command, *arguments):
  # Files are passed by name: Bazel's runfiles are links, which ruff skips when
  # it searches a folder.
  config = source_tree.ROOT / 'pyproject.toml'
  return _run(
    *(sys.executable, '-m', 'ruff', command, '--no-cache'),
    f'--config={config}',
    *arguments,
  )


def _buildifier():
  """Returns the path of buildifier; skips the test if it is missing."""
  # Bazel's runfiles have it beside this repository, in a folder with a name
  # that ends in "buildifier" (Bzlmod adds a prefix).
  folders = sorted(source_tree.ROOT.parent.glob('*buildifier'))
  files = [
    path
    for folder in folders
    for path in folder.iterdir()
    if path.name.startswith(('buildifier-', 'unavailable'))
  ]
  if not files:
    pytest.skip('not run by Bazel, which fetches buildifier')
  if files[0].name == 'unavailable.txt':
    pytest.skip(files[0].read_text(encoding='utf-8').strip())
  return files[0]


def _bazel_files(tree):
  return [path for path in tree if not path.endswith('.py')]


def test_ruff_finds_no_errors(tree):
  paths = list(source_tree.modules(tree).values())
  assert len(paths) > 20
  code, output = _ruff('check', '--output-format=concise', *paths)
  assert code == 0, output


def test_files_are_formatted(tree):
  paths = list(source_tree.modules(tree).values())
  assert len(paths) > 20
  code, output = _ruff('format', '--diff', *paths)
  assert code == 0, output


def test_ruff_checks_the_files_it_is_given(tmp_path):
  bad = tmp_path / 'bad.py'
  bad.write_text('import os\nx = "double"\nopen(x)\n', encoding='utf-8')
  code, output = _ruff('check', '--output-format=concise', str(bad))
  assert code == 1
  for rule in ('unused-import', 'unspecified-encoding'):
    assert rule in output
  code, output = _ruff('format', '--diff', str(bad))
  assert code == 1
  assert "+x = 'double'" in output


@pytest.mark.parametrize(
  ('text', 'rule'),
  [
    ('assert x', 'assert'),
    ('print(1)', 'print'),
    ('try:\n  f()\nexcept:\n  pass', 'bare-except'),
    ('try:\n  f()\nexcept Exception:\n  pass', 'blind-except'),
    ('try:\n  f()\nexcept BaseException:\n  f()', 'blind-except'),
    (
      'def f(x):\n  """Does.\n\n  Args:\n    y: of it.\n  """',
      'undocumented-param',
    ),
  ],
)
def test_rule_violations_in_libraries_are_found(tmp_path, text, rule):
  bad = tmp_path / 'bad.py'
  bad.write_text(text + '\n', encoding='utf-8')
  code, output = _ruff('check', '--output-format=concise', str(bad))
  assert code == 1
  assert rule in output


def _mypy(cache_dir, *arguments):
  return _run(
    *(sys.executable, '-m', 'mypy'),
    f'--config-file={source_tree.ROOT / "pyproject.toml"}',
    f'--cache-dir={cache_dir}',
    *arguments,
  )


def test_types_are_correct(tmp_path):
  code, output = _mypy(tmp_path)
  assert code == 0, output


@pytest.mark.parametrize(
  ('text', 'code'),
  [
    ('def f(x):\n  return x', 'no-untyped-def'),
    ("def f() -> int:\n  return 'text'", 'return-value'),
  ],
)
def test_type_errors_are_found(tmp_path, text, code):
  bad = tmp_path / 'bad.py'
  bad.write_text(text + '\n', encoding='utf-8')
  exit_code, output = _mypy(tmp_path / 'cache', str(bad))
  assert exit_code == 1
  assert code in output


def _blocks(text):
  """Yields (line, indentation) of each block's first statement."""
  for node in ast.walk(ast.parse(text)):
    for field in ('body', 'orelse', 'finalbody'):
      block = getattr(node, field, None)
      # An elif is an if in the orelse of another if, at the same column.
      if (
        isinstance(block, list)
        and block
        and hasattr(node, 'col_offset')
        and block[0].col_offset > node.col_offset
        and block[0].lineno > node.lineno
      ):
        yield block[0].lineno, block[0].col_offset - node.col_offset


def test_blocks_are_indented_by_two_spaces(tree):
  wrong = [
    f'{path}:{line}: indented by {width}'
    for path in source_tree.modules(tree).values()
    for line, width in _blocks(tree[path])
    if width != 2
  ]
  assert not wrong


def test_indentation_of_blocks_is_measured():
  blocks = _blocks('if x:\n  y\nelif z:\n    y\nelse:\n  y\n')
  assert sorted(blocks) == [(2, 2), (4, 4), (6, 2)]


def test_buildifier_finds_no_errors(tree):
  paths = _bazel_files(tree)
  assert {'BUILD', 'MODULE.bazel', 'inception/BUILD'} <= set(paths)
  code, output = _run(_buildifier(), '-mode=check', '-lint=warn', *paths)
  assert code == 0, output


@pytest.mark.parametrize(
  'text',
  [
    'py_library(name="x")\n',  # wrong layout
    'load("//:a.bzl", "a")\n',  # an unused name
  ],
)
def test_buildifier_checks_the_files_it_is_given(tmp_path, text):
  path = pathlib.Path(tmp_path, 'BUILD')
  path.write_text(text, encoding='utf-8')
  code, _ = _run(_buildifier(), '-mode=check', '-lint=warn', str(path))
  assert code != 0
