"""Events of an evaluation, in the order in which they come.

Waiting, Damaged      while a folder is watched
Loaded                a checkpoint was read
evaluator.Progress    some batches are done
CheckpointEvaluated   the counts
Analysed, NotAnalysed every other figure, or why there is none
"""

import dataclasses

from inception.evaluation import analysis as analysis_lib
from inception.evaluation import evaluator


@dataclasses.dataclass(frozen=True)
class Waiting:
  """The folder has no checkpoint yet."""

  checkpoint_dir: str


@dataclasses.dataclass(frozen=True)
class Damaged:
  """The newest checkpoint cannot be read: the next one is waited for.

  Attributes:
    reason: a sentence without full stop.
  """

  reason: str


@dataclasses.dataclass(frozen=True)
class Loaded:
  """A checkpoint was read.

  Attributes:
    prefix: of the checkpoint.
    step: that it was saved after.
    image_size: height and width of the images that it is evaluated on.
    compute_dtype: name of the number format that it is evaluated in.
  """

  prefix: str
  step: int
  image_size: int
  compute_dtype: str = 'float32'


@dataclasses.dataclass(frozen=True)
class CheckpointEvaluated:
  """The result for one checkpoint.

  Attributes:
    step: of the checkpoint.
    result: what was counted.
  """

  step: int
  result: evaluator.Result


@dataclasses.dataclass(frozen=True, eq=False)
class Analysed:
  """Every figure for one checkpoint, which files in eval_dir hold now."""

  analysis: analysis_lib.Analysis


@dataclasses.dataclass(frozen=True)
class NotAnalysed:
  """There are no further figures for one checkpoint.

  Attributes:
    reason: a sentence without full stop.
  """

  reason: str


Event = (
  Waiting
  | Damaged
  | Loaded
  | evaluator.Progress
  | CheckpointEvaluated
  | Analysed
  | NotAnalysed
)
