"""Holds the repository to tests/architecture.py, and that to bad examples."""

import pytest

from tests import architecture
from tests import source_tree


@pytest.fixture(scope='module', name='tree')
def _tree():
  return source_tree.read()


def _require_none(found):
  if found:
    pytest.fail('\n'.join(found), pytrace=False)


@pytest.mark.parametrize(
    'check', architecture.CHECKS, ids=lambda check: check.__name__)
def test_repository_keeps_the_rule(check, tree):
  _require_none(check(tree))


def test_repository_is_read_whole(tree):
  assert 'inception/slim/ops.py' in tree
  assert 'tests/architecture_test.py' in tree
  assert 'third_party/python/pytest_main.py' in tree
  assert {'BUILD', 'WORKSPACE', 'MODULE.bazel'} <= tree.keys()


def test_layers_name_real_modules(tree):
  modules = source_tree.modules(tree)
  names = [name for layer in architecture.LAYERS.values() for name in layer]
  assert len(names) == len(set(names))
  assert not [n for n in names if f'inception.{n}' not in modules]
  edges = {*architecture.WITHIN_A_LAYER,
           *(other for others in architecture.WITHIN_A_LAYER.values()
             for other in others)}
  assert edges <= set(names)


@pytest.mark.parametrize(('path', 'text', 'complaint'), [
    ('slim/ops.py', 'from inception import config', 'in a layer above'),
    ('dataset.py', 'from inception import inception_eval', 'in a layer above'),
    ('inception_eval.py', 'from inception import inception_train',
     'of the same layer'),
    ('flowers_eval.py', 'def main():\n  from inception import flowers_train',
     'of the same layer'),
    ('data/image_files.py', 'from inception.slim import ops',
     'data/ knows nothing of the network'),
    ('dataset.py', 'import inception.testing.goldens', 'for tests only'),
    ('dataset.py', 'from inception import nonsense', 'no module of a layer'),
    ('newcomer.py', '', 'has no layer yet'),
])
def test_layers_complain(path, text, complaint):
  found = architecture.check_layers({f'inception/{path}': text})
  assert len(found) == 1
  assert complaint in found[0]


def test_layers_allow_what_they_should():
  assert not architecture.check_layers({
      'inception/flowers_data.py': 'from inception import dataset',
      'inception/inception_model.py': 'from inception.slim import slim',
      'inception/testing/goldens.py': 'from inception import flowers_train',
      'tests/dataset_test.py': 'from inception.testing import goldens',
  })


@pytest.mark.parametrize(('text', 'complaint'), [
    ('from inception.config import InputConfig', 'imports a name'),
    ('from . import config', 'relative import'),
    ('from .config import InputConfig', 'relative import'),
])
def test_imports_of_names_complain(text, complaint):
  found = architecture.check_imports_are_modules({
      'inception/config.py': '', 'inception/dataset.py': text})
  assert len(found) == 1
  assert complaint in found[0]


@pytest.mark.parametrize('text', [
    'from absl import flags', 'import absl.flags', 'from absl import app',
    'def f():\n  from absl import flags',
])
def test_flags_in_a_library_complain(text):
  check = architecture.check_flags_only_in_commands
  assert len(check({'inception/dataset.py': text})) == 1
  assert not check({'inception/flowers_train.py': text,
                    'inception/common_flags.py': text})


@pytest.mark.parametrize('text', [
    'assert x', 'print(1)', 'sys.exit(1)', 'exit()', 'quit()', 'os._exit(2)',
    'raise SystemExit', 'raise SystemExit(1)',
    'try:\n  f()\nexcept:\n  pass',
    'try:\n  f()\nexcept Exception:\n  pass',
    'try:\n  f()\nexcept BaseException as error:\n  raise',
])
def test_loud_libraries_complain(text):
  check = architecture.check_libraries_are_quiet
  assert len(check({'inception/slim/ops.py': text})) == 1
  assert not check({'inception/flowers_train.py': text})


def test_quiet_libraries_do_not_complain():
  text = 'def f(x):\n  try:\n    x.print(1)\n  except ValueError:\n    x.exit()'
  assert not architecture.check_libraries_are_quiet(
      {'inception/slim/ops.py': text})


def test_a_module_without_a_test_complains():
  check = architecture.check_every_module_has_a_test
  tree = {'inception/slim/ops.py': '', 'tests/ops_test.py': ''}
  assert check(tree) == [
      'inception/slim/ops.py: has no tests/slim/ops_test.py']
  assert not check({**tree, 'tests/slim/ops_test.py': ''})


@pytest.mark.parametrize('path', [
    'inception/data/json.py', 'inception/numpy.py', 'inception/__init__.py',
    'tests/inception/x_test.py', 'inception/flowers_train/x.py',
])
def test_names_that_hide_others_complain(path):
  assert len(architecture.check_names({path: ''})) == 1
