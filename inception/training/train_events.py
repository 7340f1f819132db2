"""What a training tells whoever started it, in the order of happening.

The engine knows nothing of terminals, logs and languages: it hands over these,
and a command makes lines, a bar or a file of them.

  DamagedCheckpoint, Restored, Resumed, CachingFeatures, Started
  Stepped, StepDone, TrainingEvaluated, Saved, RunWarning
"""

import dataclasses
from collections.abc import Mapping

from inception.checkpoints import checkpoint


@dataclasses.dataclass(frozen=True)
class DamagedCheckpoint:
  """A checkpoint cannot be read, so the one before it is tried.

  Attributes:
    prefix: of the damaged one.
    reason: one sentence.
  """

  prefix: str
  reason: str


@dataclasses.dataclass(frozen=True)
class Restored:
  """The pretrained checkpoint was read."""

  report: checkpoint.Report


@dataclasses.dataclass(frozen=True)
class Resumed:
  """train_dir's newest checkpoint was read.

  Attributes:
    prefix: of the checkpoint.
    step: updates that were made.
    changed: a line for each setting that is not what it was, such as
      'batch_size was 32, is 16'.
  """

  prefix: str
  step: int
  changed: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class CachingFeatures:
  """Some of the features for the head are computed (or were found).

  Attributes:
    done: images so far, all views counted.
    total: images times views.
  """

  done: int
  total: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Started:
  """The first step is about to run.

  Attributes:
    devices: what computes, such as ('CPU',) or ('GPU:0', 'GPU:1').
    hosts: how many share the run.
    compute_dtype: name of the network's number format.
    num_examples: in the subset.
    class_names: of the data, without background.
    batch_size: over all devices.
    num_steps: updates of the whole run, by max_steps and num_epochs.
    num_trained: variables that an optimizer changes.
    num_weights: numbers in them.
    schedule: the learning rate's, as text.
    from_scratch: weights are random.
  """

  devices: tuple[str, ...]
  hosts: int
  compute_dtype: str
  num_examples: int
  class_names: tuple[str, ...]
  batch_size: int
  num_steps: int
  num_trained: int
  num_weights: int
  schedule: str
  from_scratch: bool


@dataclasses.dataclass(frozen=True)
class Stepped:
  """One step was made: for a progress bar.

  Attributes:
    step: 0 for the first of the training.
    loss: total loss of the batch, before the update.
  """

  step: int
  loss: float


@dataclasses.dataclass(frozen=True)
class StepDone:
  """A step to be logged; the rates are means since the one before.

  Attributes:
    step: 0 for the first of the training.
    loss: total loss of the batch, before the update.
    examples_per_sec: of the whole loop, input included.
    sec_per_batch: likewise.
    learning_rate: of the step.
    losses: {'main_loss', ...: value}, the parts of the total.
  """

  step: int
  loss: float
  examples_per_sec: float
  sec_per_batch: float
  learning_rate: float = 0.0
  losses: Mapping[str, float] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class TrainingEvaluated:
  """The averaged weights were evaluated during the training.

  Attributes:
    step: the last one made.
    num_examples: how many were evaluated.
    precision_at_1: in [0, 1].
    recall_at_k: in [0, 1].
    k: 5, or the classes where there are fewer.
    is_best: no evaluation of the run was better.
  """

  step: int
  num_examples: int
  precision_at_1: float
  recall_at_k: float
  k: int
  is_best: bool


@dataclasses.dataclass(frozen=True)
class Saved:
  """A checkpoint was written.

  Attributes:
    prefix: of the checkpoint.
    is_best: it is the copy of the best so far, in train_dir/best.
  """

  prefix: str
  is_best: bool = False


@dataclasses.dataclass(frozen=True)
class RunWarning:
  """Something that the training can do without has failed.

  Attributes:
    text: one sentence without full stop.
  """

  text: str


Event = (
  DamagedCheckpoint
  | Restored
  | Resumed
  | CachingFeatures
  | Started
  | Stepped
  | StepDone
  | TrainingEvaluated
  | Saved
  | RunWarning
)
