"""Checks the repository with tests.architecture, and that on bad examples."""

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
  'check', architecture.CHECKS, ids=lambda check: check.__name__
)
def test_repository_keeps_the_rule(check, tree):
  _require_none(check(tree))


def test_all_sources_are_read(tree):
  assert 'inception/slim/ops.py' in tree
  assert 'tests/architecture_test.py' in tree
  assert 'third_party/python/pytest_main.py' in tree
  assert {'BUILD', 'WORKSPACE', 'MODULE.bazel'} <= tree.keys()


def test_rooms_exist(tree):
  paths = architecture.production(tree).values()
  assert {architecture.room_of(path) for path in paths} == set(
    architecture.ROOMS
  )
  names = ' '.join(architecture.ROOMS).split()
  assert len(names) == len(set(names))
  modules = [
    name for room in architecture.ROOMS if ' ' in room for name in room.split()
  ]
  assert all(f'inception/{name}.py' in paths for name in modules)


@pytest.mark.parametrize(
  ('path', 'text', 'complaint'),
  [
    ('slim/ops.py', 'from inception.settings import config', 'a room above'),
    ('dataset.py', 'from inception import inception_eval', 'a room above'),
    (
      'training/train_log.py',
      'def f():\n  from inception import flowers_train',
      'a room above',
    ),
    (
      'data/curation/audit.py',
      'from inception.data import image_dataset',
      'a room above',
    ),
    (
      'images/image_files.py',
      'from inception.slim import ops',
      'which only inception.inception_model may',
    ),
    ('dataset.py', 'import inception.testing.goldens', 'for tests only'),
    ('dataset.py', 'from inception import nonsense', 'is not a module'),
    ('lobby/newcomer.py', '', 'is not in ROOMS'),
  ],
)
def test_room_violations_are_reported(path, text, complaint):
  others = (
    'slim/ops.py',
    'settings/config.py',
    'inception_eval.py',
    'flowers_train.py',
    'data/image_dataset.py',
    'testing/goldens.py',
  )
  found = architecture.check_rooms(
    {f'inception/{other}': '' for other in others} | {f'inception/{path}': text}
  )
  assert len(found) == 1
  assert complaint in found[0]


def test_allowed_imports_are_not_reported():
  assert not architecture.check_rooms({
    'inception/dataset.py': '',
    'inception/slim/slim.py': '',
    'inception/flowers_train.py': 'from inception import dataset',
    'inception/flowers_data.py': 'from inception import dataset',
    'inception/inception_model.py': 'from inception.slim import slim',
    'inception/testing/goldens.py': 'from inception import flowers_train',
    'tests/dataset_test.py': 'from inception.testing import goldens',
  })


def test_import_cycles_are_reported():
  tree = {
    'inception/jobs/a.py': 'from inception.jobs import b',
    'inception/jobs/b.py': 'from inception.jobs import c',
    'inception/jobs/c.py': '',
  }
  assert not architecture.check_no_cycles(tree)
  tree['inception/jobs/c.py'] = 'def f():\n  from inception.jobs import a'
  found = architecture.check_no_cycles(tree)
  assert found == [
    'modules import each other: inception.jobs.a -> '
    'inception.jobs.b -> inception.jobs.c -> inception.jobs.a'
  ]


@pytest.mark.parametrize(
  ('text', 'complaint'),
  [
    ('from inception.settings.config import InputConfig', 'imports a name'),
    ('from . import config', 'relative import'),
    ('from .config import InputConfig', 'relative import'),
  ],
)
def test_imports_of_names_are_reported(text, complaint):
  found = architecture.check_imports_are_modules({
    'inception/settings/config.py': '',
    'inception/dataset.py': text,
  })
  assert len(found) == 1
  assert complaint in found[0]


@pytest.mark.parametrize(
  'text',
  [
    'from absl import flags',
    'import absl.flags',
    'from absl import app',
    'def f():\n  from absl import flags',
  ],
)
def test_flags_in_a_library_are_reported(text):
  check = architecture.check_flags_only_in_commands
  assert len(check({'inception/dataset.py': text})) == 1
  assert len(check({'inception/data/image_dataset.py': text})) == 1
  assert not check({
    'inception/flowers_train.py': text,
    'inception/cli/common_flags.py': text,
    'inception/data/records_flags.py': text,
  })


@pytest.mark.parametrize(
  'text',
  [
    'sys.exit(1)',
    'exit()',
    'quit()',
    'os._exit(2)',
    'raise SystemExit',
    'raise SystemExit(1)',
  ],
)
def test_libraries_that_exit_are_reported(text):
  check = architecture.check_libraries_never_exit
  assert len(check({'inception/slim/ops.py': text})) == 1
  assert not check({'inception/flowers_train.py': text})


def test_libraries_that_do_not_exit_are_not_reported():
  text = 'def f(x):\n  try:\n    x.print(1)\n  except ValueError:\n    x.exit()'
  assert not architecture.check_libraries_never_exit({
    'inception/slim/ops.py': text
  })


def test_module_without_a_test_is_reported():
  check = architecture.check_every_module_has_a_test
  tree = {'inception/slim/ops.py': '', 'tests/ops_test.py': ''}
  assert check(tree) == ['inception/slim/ops.py: has no tests/slim/ops_test.py']
  assert not check({**tree, 'tests/slim/ops_test.py': ''})


@pytest.mark.parametrize(
  'path',
  [
    'inception/data/json.py',
    'inception/numpy.py',
    'inception/__init__.py',
    'tests/inception/x_test.py',
    'inception/flowers_train/x.py',
    'inception/profile/x.py',
    'inception/html/x.py',
  ],
)
def test_names_that_hide_others_are_reported(path):
  command = {'inception/flowers_train.py': "if __name__ == '__main__':\n  f()"}
  assert len(architecture.check_names({**command, path: ''})) == 1
