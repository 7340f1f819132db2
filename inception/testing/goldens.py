"""The reference numbers of tests/testdata, and the shared photographs.

load             goldens.json: results of the original graph in float32
load_exact       goldens_float64.json: the same mathematics in float64
seeded_weights   the weights with which both were computed
variables        rows of checkpoint_variables.tsv
shared_photos    the path of the archive of real photographs, if it exists
"""

import ast
import csv
import functools
import importlib.machinery
import json
import os
import pathlib
import types

_HERE = pathlib.Path(__file__)
_TESTDATA = _HERE.absolute().parents[2] / 'tests' / 'testdata'
# The shared folder lies beside the source tree, to which resolve() leads from
# Bazel's runfiles.
_BESIDE_REPOSITORY = _HERE.resolve().parents[3] / 'shared'
SHARED_VARIABLE = 'INCEPTION_SHARED_DIR'


@functools.cache
def load() -> dict:
  """Returns the contents of goldens.json; read-only."""
  text = (_TESTDATA / 'goldens.json').read_text(encoding='utf-8')
  return json.loads(text)


@functools.cache
def load_exact() -> dict:
  """Returns the contents of goldens_float64.json; read-only.

  These values are the same on every processor. Those of goldens.json are
  rounded, and the seeded network amplifies the rounding: its gradient norms
  differ from these by up to 4 %.
  """
  text = (_TESTDATA / 'goldens_float64.json').read_text(encoding='utf-8')
  return json.loads(text)


def seeded_weights(seed: int, num_classes: int) -> dict:
  """Returns {variable name: float32 array} for the 388 model variables.

  Args:
    seed: seed of the generator; goldens.json contains its own.
    num_classes: number of outputs of the two heads, including the background
      class.
  """
  name = 'seeded_weights'
  module = types.ModuleType(name)
  importlib.machinery.SourceFileLoader(
    name, str(_TESTDATA / f'{name}.py')
  ).exec_module(module)
  return module.seeded_weights(seed, num_classes)


def variables() -> list[tuple[str, str, tuple[int, ...]]]:
  """Returns (name, TF-Slim's name, shape) of the 388 model variables."""
  path = _TESTDATA / 'checkpoint_variables.tsv'
  with open(path, newline='', encoding='utf-8') as table:
    rows = list(csv.reader(table, delimiter='\t'))[1:]
  return [(name, slim, ast.literal_eval(shape)) for name, slim, shape in rows]


def shared_photos() -> pathlib.Path | None:
  """Returns the path of flower_photos_1000.tgz; None if it does not exist.

  The file is expected in the `data` folder of $INCEPTION_SHARED_DIR or, if that
  is not set, of the folder `shared` beside the repository.
  """
  shared = os.environ.get(SHARED_VARIABLE) or _BESIDE_REPOSITORY
  path = pathlib.Path(shared) / 'data' / 'flower_photos_1000.tgz'
  return path if path.is_file() else None
