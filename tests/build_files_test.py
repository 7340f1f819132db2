"""Holds the repository to tests/build_files.py, and that to bad examples."""

import pytest

from tests import build_files
from tests import source_tree

_BUILD = """
package(default_visibility = [
    "//inception:__subpackages__",
    "//tests:__subpackages__",
])

py_library(
    name = "config",
    srcs = ["config.py"],
)

py_library(
    name = "optimizer",
    srcs = ["optimizer.py"],
    deps = [%s],
)
"""
_NUMPY = '"//third_party/python:numpy"'


@pytest.fixture(scope='module', name='tree')
def _tree():
  return source_tree.read()


def _require_none(found):
  if found:
    pytest.fail('\n'.join(found), pytrace=False)


@pytest.mark.parametrize(
    'check', build_files.CHECKS, ids=lambda check: check.__name__)
def test_repository_keeps_the_rule(check, tree):
  _require_none(check(tree))


def test_every_package_of_a_dep_is_read(tree):
  packages = {dep.removeprefix('//').partition(':')[0]
              for target in source_tree.targets(tree) for dep in target.deps}
  assert not {p for p in packages if f'{p}/BUILD' not in tree}


def _tree_with(deps='', optimizer='', **more):
  return {
      'inception/BUILD': _BUILD % deps,
      'inception/config.py': '',
      'inception/optimizer.py': optimizer,
      **more,
  }


@pytest.mark.parametrize(('deps', 'text'), [
    ('', 'import math'),
    (_NUMPY, 'import numpy as np'),
    (_NUMPY, 'def f():\n  from numpy import linalg'),
    ('":config"', 'from inception import config'),
    ('"//inception:config"', 'import inception.config'),
    (f'":config", {_NUMPY}', 'from inception import config\nimport numpy'),
    ('"//third_party/python:tensorboard", "//third_party/python:tensorflow"',
     'import tensorflow as tf\ntf.summary.scalar'),
])
def test_deps_that_match_are_fine(deps, text):
  assert not build_files.check_deps(_tree_with(deps, text))


@pytest.mark.parametrize(('deps', 'text', 'complaint'), [
    ('', 'import numpy', 'lacks the dep //third_party/python:numpy'),
    ('', 'from inception import config', 'lacks the dep //inception:config'),
    (_NUMPY, 'import math', 'imports nothing of the dep'),
    ('":config", "//inception:config"', 'from inception import config',
     'names a dep twice'),
    ('', 'import nonsense', 'has no target in //third_party/python'),
    ('', 'from inception import nonsense', 'is no module here'),
])
def test_deps_that_differ_complain(deps, text, complaint):
  found = build_files.check_deps(_tree_with(deps, text))
  assert len(found) == 1
  assert complaint in found[0]


def test_a_program_that_a_test_starts_is_a_dep():
  tree = {
      'inception/BUILD': 'py_binary(name="quickstart", srcs=["quickstart.py"])',
      'inception/quickstart.py': '',
      'inception/testing/BUILD': 'py_library(name="commands", '
                                 'srcs=["commands.py"])',
      'inception/testing/commands.py': '',
      'tests/BUILD': 'pytest_test(name="x_test", srcs=["x_test.py"], '
                     'deps=["//inception/testing:commands"])',
      'tests/x_test.py': 'from inception.testing import commands\n'
                         "commands.run('quickstart')",
  }
  assert build_files.check_deps(tree) == [
      '//tests:x_test: lacks the dep //inception:quickstart']


def test_a_program_that_a_command_starts_is_a_dep():
  tree = {
      'inception/BUILD': 'py_binary(name="quickstart", srcs=["quickstart.py"])'
                         '\npy_binary(name="build_image_data", '
                         'srcs=["data/build_image_data.py"])',
      'inception/quickstart.py': 'import subprocess\n'
                                 "x = {'a': 'data/build_image_data.py'}",
      'inception/data/build_image_data.py': '',
  }
  assert build_files.check_deps(tree) == [
      '//inception:quickstart: lacks the dep //inception:build_image_data']


def test_a_src_that_is_not_there_complains():
  tree = _tree_with()
  del tree['inception/config.py']
  assert build_files.check_deps(tree) == [
      '//inception:config: there is no inception/config.py']


@pytest.mark.parametrize(('path', 'complaint'), [
    ('inception/dataset.py', 'is in 0 targets'),
    ('tests/config_test.py', 'is in 0 targets'),
])
def test_a_file_without_a_target_complains(path, complaint):
  assert not build_files.check_targets(_tree_with())
  found = build_files.check_targets(_tree_with(**{path: ''}))
  assert len(found) == 1
  assert complaint in found[0]


@pytest.mark.parametrize(('name', 'build', 'complaint'), [
    ('quickstart', 'py_library(name="quickstart", srcs=["quickstart.py"])',
     'not py_binary quickstart'),
    ('quickstart', 'py_binary(name="quickstart", srcs=["quickstart.py"])',
     'a command is public'),
    ('dataset', 'py_library(name="data", srcs=["dataset.py"])',
     'not py_library dataset'),
    ('dataset', 'py_library(name="dataset", srcs=["dataset.py"], '
     'visibility=["//visibility:public"])', 'visible to //inception and'),
])
def test_a_wrong_target_complains(name, build, complaint):
  found = build_files.check_targets({
      'inception/BUILD': 'package(default_visibility = ['
                         '"//inception:__subpackages__", '
                         f'"//tests:__subpackages__"])\n{build}',
      f'inception/{name}.py': '',
  })
  assert len(found) == 1
  assert complaint in found[0]


def test_computed_deps_are_refused():
  with pytest.raises(ValueError, match='plain string or list'):
    list(source_tree.targets({'inception/BUILD': """
py_library(
    name = "x",
    srcs = glob(["*.py"]),
)"""}))
