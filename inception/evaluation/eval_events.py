"""Events of an evaluation, in the order in which they occur.

Waiting, Damaged      nothing to evaluate yet, while a folder is watched
Idle                  no new checkpoint for too long: the watch ends
Loaded                a checkpoint was read
evaluator.Progress    some batches are done
CheckpointEvaluated   the examples were counted
ComputingFeatures     some features of the training pictures are computed
Analysed, NotAnalysed every other figure is known, or there is none
EventsNotWritten      TensorBoard's event file could not be written
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
  """The newest checkpoint cannot be read; the evaluation waits for the next.

  Attributes:
    reason: one sentence, without a full stop.
  """

  reason: str


@dataclasses.dataclass(frozen=True)
class Idle:
  """There was no new checkpoint for too long; the watch ends.

  Attributes:
    seconds: maximum number of seconds without one.
  """

  seconds: float


@dataclasses.dataclass(frozen=True)
class Loaded:
  """A checkpoint was read.

  Attributes:
    prefix: prefix of the checkpoint.
    step: training step that it was saved after.
    image_size: height and width of the evaluated images, in pixels.
    compute_dtype: name of the dtype of the network's arithmetic.
    views: number of views of each image whose probabilities are averaged.
  """

  prefix: str
  step: int
  image_size: int
  compute_dtype: str = 'float32'
  views: int = 1


@dataclasses.dataclass(frozen=True)
class CheckpointEvaluated:
  """The result for one checkpoint.

  Attributes:
    step: training step of the checkpoint.
    result: counts of examples.
  """

  step: int
  result: evaluator.Result


@dataclasses.dataclass(frozen=True)
class ComputingFeatures:
  """The features of training pictures are being computed.

  Attributes:
    done: number of pictures whose features exist.
    total: number of all pictures.
  """

  done: int
  total: int


@dataclasses.dataclass(frozen=True, eq=False)
class Analysed:
  """Every figure for one checkpoint is known and written to eval_dir."""

  analysis: analysis_lib.Analysis


@dataclasses.dataclass(frozen=True)
class NotAnalysed:
  """There are no further figures for one checkpoint.

  Attributes:
    reason: one sentence, without a full stop.
  """

  reason: str


@dataclasses.dataclass(frozen=True)
class EventsNotWritten:
  """TensorBoard's event file could not be written; the evaluation goes on.

  Attributes:
    reason: one sentence, without a full stop.
  """

  reason: str


Event = (
  Waiting
  | Damaged
  | Idle
  | Loaded
  | evaluator.Progress
  | CheckpointEvaluated
  | ComputingFeatures
  | Analysed
  | NotAnalysed
  | EventsNotWritten
)
