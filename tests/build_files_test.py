"""Checks the BUILD files with tests.build_files, and that on bad examples."""

import re

import pytest

from inception.reports import pages
from tests import build_files
from tests import source_tree
from tests import starlark

_COMMAND = "if __name__ == '__main__':\n  main()\n"


@pytest.fixture(scope='module', name='tree')
def _tree():
  return source_tree.read()


def _require_none(found):
  if found:
    pytest.fail(
      '\n'.join([
        *found,
        'To write the BUILD files from the imports: '
        'python -m tests.build_files --fix',
      ]),
      pytrace=False,
    )


def _fixed(**sources):
  """Returns a tree of these sources with the BUILD files that match them."""
  tree = {
    name.replace('__', '/') + '.py': text for name, text in sources.items()
  }
  return tree | build_files.generate(tree)


def _targets(tree, folder):
  return {
    call.name: call
    for call in starlark.parse(tree[f'{folder}/BUILD'])
    if call.name
  }


def test_build_files_match_the_imports(tree):
  _require_none(build_files.check(tree))


def test_packages_of_all_deps_are_read(tree):
  packages = {
    str(dep).removeprefix('//').partition(':')[0]
    for path, text in tree.items()
    if path.endswith('BUILD')
    for call in starlark.parse(text)
    for dep in call.attributes.get('deps') or ()
    if not str(dep).startswith(':')
  }
  assert len(packages) > 20
  assert not {p for p in packages if f'{p}/BUILD' not in tree}


@pytest.mark.parametrize(
  ('text', 'deps'),
  [
    ('import math', None),
    ('import numpy as np', ['//third_party/python:numpy']),
    ('def f():\n  from numpy import linalg', ['//third_party/python:numpy']),
    ('from inception import dataset', [':dataset']),
    ('import inception.dataset', [':dataset']),
    (
      'from inception.jobs import locks\nimport numpy\n'
      'from inception import dataset',
      [':dataset', '//inception/jobs:locks', '//third_party/python:numpy'],
    ),
    ('from inception.downloads import downloads', ['//inception/downloads']),
    (
      'import tensorflow as tf\ntf.summary.scalar',
      ['//third_party/python:tensorboard', '//third_party/python:tensorflow'],
    ),
  ],
)
def test_deps_equal_the_imports(text, deps):
  tree = _fixed(
    inception__dataset='',
    inception__image_processing=text,
    inception__jobs__locks='',
    inception__downloads__downloads='',
  )
  target = _targets(tree, 'inception')['image_processing']
  assert target.rule == 'py_library'
  assert target.attributes.get('deps') == deps
  assert not build_files.check(tree)


@pytest.mark.parametrize(
  ('text', 'complaint'),
  [
    (
      'import numpy',
      'py_library b: lacks deps = ["//third_party/python:numpy"]',
    ),
    ('from inception import a', 'py_library b: lacks deps = [":a"]'),
    ('import nonsense', 'has no target in //third_party/python'),
    ('from inception import nonsense', 'is not a module here'),
  ],
)
def test_import_without_its_dep_is_reported(text, complaint):
  tree = _fixed(inception__a='', inception__b='')
  found = build_files.check({**tree, 'inception/b.py': text})
  assert len(found) == 1
  assert complaint in found[0]


def test_dep_without_its_import_is_reported():
  tree = _fixed(inception__a='', inception__b='from inception import a')
  found = build_files.check({**tree, 'inception/b.py': ''})
  assert found == [
    'inception/BUILD: py_library b: should not have deps = [":a"],'
  ]


def test_program_started_by_a_test_is_a_dep():
  tree = _fixed(
    inception__quickstart=_COMMAND,
    inception__testing__commands='',
    tests__x_test='from inception.testing import commands\n'
    "commands.run('quickstart')",
  )
  assert _targets(tree, 'tests')['small_tests'].attributes['deps'] == [
    '//inception:quickstart',
    '//inception/testing:commands',
  ]


def test_program_started_by_a_command_is_a_dep():
  tree = _fixed(
    inception__quickstart=(
      "import subprocess\nx = {'a': 'data/build_image_data.py'}\n" + _COMMAND
    ),
    inception__data__build_image_data=_COMMAND,
  )
  assert _targets(tree, 'inception')['quickstart'].attributes['deps'] == [
    ':build_image_data'
  ]


def test_worker_of_a_benchmark_is_a_dep():
  tree = _fixed(
    tests__benchmarks__growth_worker='',
    tests__benchmarks__worker_process='',
    tests__benchmarks__growth_benchmark=(
      'from tests.benchmarks import worker_process\n'
      "worker_process.Worker('growth_worker.py')"
    ),
  )
  targets = _targets(tree, 'tests/benchmarks')
  assert targets['growth_benchmark'].attributes['deps'] == [
    ':growth_worker',
    ':worker_process',
  ]


@pytest.mark.parametrize(
  'path', ['inception/dataset.py', 'tests/config_test.py']
)
def test_file_without_a_target_is_reported(path):
  tree = _fixed(inception__a='', tests__a_test='')
  assert not build_files.check(tree)
  found = build_files.check({**tree, path: ''})
  assert any(
    'lacks' in each and f'"{path.rpartition("/")[2]}"' in each for each in found
  )


def test_target_without_a_file_is_reported():
  tree = _fixed(inception__a='', inception__b='')
  del tree['inception/b.py']
  assert any(
    'should not have srcs = ["b.py"]' in each
    for each in build_files.check(tree)
  )


def test_command_is_a_public_binary():
  tree = _fixed(inception__quickstart=_COMMAND, inception__dataset='')
  target = _targets(tree, 'inception')['quickstart']
  assert target.rule == 'py_binary'
  assert target.attributes['visibility'] == ['//visibility:public']
  assert 'visibility' not in _targets(tree, 'inception')['dataset'].attributes


def test_command_in_a_room_is_built_in_the_top_package():
  tree = _fixed(inception__data__build_image_data=_COMMAND, inception__a='')
  attributes = _targets(tree, 'inception')['build_image_data'].attributes
  source = '//inception/data:build_image_data.py'
  assert (attributes['srcs'], attributes['main']) == ([source], source)
  assert (
    'exports_files(\n    ["build_image_data.py"],\n'
    '    visibility = ["//inception:__pkg__"],\n)'
  ) in tree['inception/data/BUILD']


def test_package_is_visible_only_to_its_users_and_tests():
  tree = _fixed(
    inception__slim__ops='',
    inception__other__x='',
    inception__model='from inception.slim import ops',
    tests__slim__ops_test='from inception.slim import ops',
  )
  package = starlark.parse(tree['inception/slim/BUILD'])[1]
  assert package.rule == 'package'
  assert package.attributes == {
    'default_visibility': ['//inception:__pkg__', '//tests:__subpackages__']
  }


@pytest.mark.parametrize('folder', ['tests', 'inception/testing'])
def test_packages_for_tests_are_testonly(folder):
  tree = _fixed(**{f'{folder.replace("/", "__")}__a': ''})
  package = starlark.parse(tree[f'{folder}/BUILD'])[1]
  assert package.attributes['default_testonly'] is True


def test_small_tests_of_a_package_share_a_target():
  tree = _fixed(
    tests__a_test='import numpy',
    tests__b_test='from tests import b\nimport h5py',
    tests__b='',
    tests__c_test='',
  )
  tree['tests/BUILD'] += 'pytest_test(name = "c_test", size = "medium")\n'
  tree |= build_files.generate(tree)
  targets = _targets(tree, 'tests')
  assert targets.keys() == {'b', 'c_test', 'small_tests', 'sources'}
  assert targets['small_tests'].attributes == {
    'name': 'small_tests',
    'size': 'medium',
    'timeout': 'long',
    'srcs': ['a_test.py', 'b_test.py'],
    'deps': [':b', '//third_party/python:h5py', '//third_party/python:numpy'],
  }
  assert targets['c_test'].attributes['srcs'] == ['c_test.py']


def test_sizes_data_and_other_calls_are_kept():
  tree = _fixed(tests__x_test='')
  tree['tests/BUILD'] += (
    'pytest_test(\n    name = "x_test",\n    size = "large",\n'
    '    data = ["//:sources"],\n    shard_count = 3,\n)\n'
    '\n# Why.\nfilegroup(name = "more")\n'
  )
  made = build_files.generate(tree)['tests/BUILD']
  attributes = _targets({'tests/BUILD': made}, 'tests')['x_test'].attributes
  assert attributes['size'] == 'large'
  assert attributes['data'] == ['//:sources']
  assert attributes['shard_count'] == 3
  assert '\n# Why.\nfilegroup(name = "more")\n' in made


def test_root_build_file_lists_every_package():
  tree = {
    'inception/a.py': '',
    'tests/a_test.py': '',
    'BUILD': (
      '# Why.\nfilegroup(\n    name = "sources",\n    testonly = True,\n'
      '    srcs = [\n        "BUILD",\n        "//inception/gone:sources",\n'
      '        "//third_party/python:sources",\n    ],\n)\n'
    ),
  }
  made = build_files.generate(tree)['BUILD']
  assert made == (
    '# Why.\nfilegroup(\n    name = "sources",\n    testonly = True,\n'
    '    srcs = [\n        "BUILD",\n        "//inception:sources",\n'
    '        "//tests:sources",\n        "//third_party/python:sources",\n'
    '    ],\n)\n'
  )


def test_fixed_build_files_pass_the_check(tmp_path, monkeypatch, capsys):
  for path in ('inception/a.py', 'tests/a_test.py'):
    (tmp_path / path).parent.mkdir()
    (tmp_path / path).write_text('import numpy\n', encoding='utf-8')
  (tmp_path / 'third_party').mkdir()
  monkeypatch.setattr(source_tree, 'ROOT', tmp_path)
  monkeypatch.setattr(source_tree.read, '__defaults__', (tmp_path,))
  assert build_files.main([]) == 1
  assert build_files.main(['--fix']) == 0
  assert build_files.main([]) == 0
  out = capsys.readouterr().out
  assert 'wrote inception/BUILD' in out
  assert 'inception/BUILD: py_library a: lacks name = "a"' in out


# Quoted in Python, and by Jinja2's include, import, from and extends.
_TEMPLATE = re.compile(r"""['"](\w+\.(?:html|css|js))['"]""")


def test_templates_that_are_named_are_data(tree):
  declared = {
    name
    for call in starlark.parse(tree['inception/reports/BUILD'])
    for name in call.attributes.get('data') or ()
  }
  texts = [text for path, text in tree.items() if path.startswith('inception/')]
  # The declared ones, or all where Bazel does not run the test.
  loader = pages.environment().loader
  texts += [
    loader.get_source(pages.environment(), name)[0]
    for name in loader.list_templates()
  ]
  named = {name for text in texts for name in _TEMPLATE.findall(text)}
  assert 'evaluation.html' in named and 'base.css' in named
  named.discard('report.html')  # Written, not read.
  assert {f'templates/{name}' for name in named} <= declared
