"""The reference numbers of tests/testdata, and where the shared photos are.

load             goldens.json: the original's graph, in float32
load_exact       goldens_float64.json: the same mathematics in float64
seeded_weights   the weights on which both were computed
variables        rows of checkpoint_variables.tsv
shared_photos    the archive of real photographs, where there is one
"""

import ast
import csv
import functools
import importlib.util
import json
import os
import pathlib

_HERE = pathlib.Path(__file__)
_TESTDATA = _HERE.absolute().parents[2] / 'tests' / 'testdata'
# resolve() leaves Bazel's runfiles for the source tree, beside which the
# shared folder is.
_BESIDE_REPOSITORY = _HERE.resolve().parents[3] / 'shared'
SHARED_VARIABLE = 'INCEPTION_SHARED_DIR'


@functools.cache
def load() -> dict:
  """Returns the contents of goldens.json; not to be changed."""
  text = (_TESTDATA / 'goldens.json').read_text(encoding='utf-8')
  return json.loads(text)


@functools.cache
def load_exact() -> dict:
  """Returns the contents of goldens_float64.json; not to be changed.

  These values are the same on every processor. Those of goldens.json are
  rounded, and the seeded network amplifies rounding: its gradient norms differ
  from these by up to 4 %.
  """
  text = (_TESTDATA / 'goldens_float64.json').read_text(encoding='utf-8')
  return json.loads(text)


def seeded_weights(seed: int, num_classes: int) -> dict:
  """Returns {variable name: float32 array} for the 388 model variables.

  Args:
    seed: of the generator; goldens.json says its own.
    num_classes: outputs of the two heads, background class included.
  """
  spec = importlib.util.spec_from_file_location(
    'seeded_weights', _TESTDATA / 'seeded_weights.py'
  )
  module = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(module)
  return module.seeded_weights(seed, num_classes)


def variables() -> list[tuple[str, str, tuple[int, ...]]]:
  """Returns (name, TF-Slim's name, shape) of the 388 model variables."""
  path = _TESTDATA / 'checkpoint_variables.tsv'
  with open(path, newline='', encoding='utf-8') as table:
    rows = list(csv.reader(table, delimiter='\t'))[1:]
  return [(name, slim, ast.literal_eval(shape)) for name, slim, shape in rows]


def shared_photos() -> pathlib.Path | None:
  """Returns flower_photos_1000.tgz; None on a machine that lacks it.

  It is looked for in the `data` folder of $INCEPTION_SHARED_DIR, or of the
  folder `shared` beside the repository.
  """
  shared = os.environ.get(SHARED_VARIABLE) or _BESIDE_REPOSITORY
  path = pathlib.Path(shared) / 'data' / 'flower_photos_1000.tgz'
  return path if path.is_file() else None
