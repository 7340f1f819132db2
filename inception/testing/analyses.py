"""Parts of an analysis, for tests of its files, its text and its page.

facts      returns facts about an evaluation
open_set   returns scores of both rules for "none of these"
"""

import dataclasses
import os
import pathlib
from typing import Any

from inception.evaluation import analysis
from inception.evaluation import open_set as open_set_lib


def facts(run_dir: str | os.PathLike, **changes: Any) -> analysis.Facts:
  """Returns facts about an evaluation of the subset 'validation'.

  Args:
    run_dir: folder of the checkpoint, which need not exist.
    **changes: other values of some fields.
  """
  values = analysis.Facts(
    checkpoint=str(pathlib.Path(run_dir, 'model.ckpt-7')),
    step=7,
    data_name='x',
    data_dir='data',
    subset='validation',
    image_size=75,
  )
  return dataclasses.replace(values, **changes)


def open_set(left_out: int) -> open_set_lib.OpenSet:
  """Returns scores without one class, where the probability is better.

  Args:
    left_out: index of the class, counted from 0.
  """
  row = open_set_lib.LeftOut(
    classes=(left_out,),
    num_known=8,
    num_unknown=2,
    roc_auc={'probability': 0.75, 'distance': 0.5},
    coverage={'probability': 0.25, 'distance': 0.125},
  )
  return open_set_lib.OpenSet(target_precision=0.9, rows=(row,))
