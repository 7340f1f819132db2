"""Events that training reports to its caller, in order of occurrence.

The training engine does not know about terminals, logs or wording: it emits
these events, and a command turns them into lines, a progress bar or a file.

  DamagedCheckpoint, Restored, Resumed, CachingFeatures, Started
  Planned, Stepped, StepDone, TrainingEvaluated, Saved, RunWarning
"""

import dataclasses
from collections.abc import Mapping

from inception.checkpoints import checkpoint


@dataclasses.dataclass(frozen=True)
class DamagedCheckpoint:
  """A checkpoint cannot be read, so the previous one is tried.

  Attributes:
    prefix: Prefix of the damaged checkpoint.
    reason: Reason, as one sentence.
  """

  prefix: str
  reason: str


@dataclasses.dataclass(frozen=True)
class Restored:
  """The pretrained checkpoint was read."""

  report: checkpoint.Report


@dataclasses.dataclass(frozen=True)
class Resumed:
  """The newest checkpoint in train_dir was read.

  Attributes:
    prefix: Prefix of the checkpoint.
    step: Number of updates made so far.
    changed: One line for each setting that has changed, such as
      'batch_size was 32, is 16'.
  """

  prefix: str
  step: int
  changed: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class CachingFeatures:
  """Progress of computing, or reading from disk, the features for the head.

  Attributes:
    done: Number of images so far, counted once per view.
    total: Number of images times number of views.
  """

  done: int
  total: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Started:
  """The first step is about to run.

  Attributes:
    devices: Devices that compute, such as ('CPU',) or ('GPU:0', 'GPU:1').
    hosts: Number of hosts that share the run.
    compute_dtype: Name of the network's number format.
    instructions: The CPU's instructions for bfloat16, such as 'AMX'; '' if it
      has none or does not compute.
    num_examples: Number of examples in the subset.
    class_names: Names of the classes, without background.
    batch_size: Number of examples per batch, over all devices.
    num_steps: Number of updates of the complete run, as limited by max_steps
      and num_epochs.
    num_trained: Number of variables that the optimizer changes.
    num_weights: Number of scalars in these variables.
    schedule: Learning rate schedule, as text.
    from_scratch: Whether the weights are random.
  """

  devices: tuple[str, ...]
  hosts: int
  compute_dtype: str
  instructions: str
  num_examples: int
  class_names: tuple[str, ...]
  batch_size: int
  num_steps: int
  num_trained: int
  num_weights: int
  schedule: str
  from_scratch: bool


@dataclasses.dataclass(frozen=True)
class Planned:
  """The number of steps was adjusted to the time that is left.

  Attributes:
    num_steps: Number of updates of the complete run.
    sec_per_step: Seconds per step of the entire loop, input included.
  """

  num_steps: int
  sec_per_step: float


@dataclasses.dataclass(frozen=True)
class Stepped:
  """One step was made; meant for a progress bar.

  Attributes:
    step: Index of the step; 0 is the first step of the training.
    loss: Total loss of the batch, before the update.
  """

  step: int
  loss: float


@dataclasses.dataclass(frozen=True)
class StepDone:
  """A step to be logged; rates are averaged since the previous such step.

  Attributes:
    step: Index of the step; 0 is the first step of the training.
    loss: Total loss of the batch, before the update.
    examples_per_sec: Throughput of the entire loop, input included.
    sec_per_batch: Seconds per batch of the entire loop, input included.
    learning_rate: Learning rate of the step.
    losses: {name: value} of the total loss ('total_loss') and its parts
      ('main_loss', ...).
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
    step: Index of the last step made.
    num_examples: Number of examples evaluated.
    precision_at_1: Share of examples whose top class is correct, in [0, 1].
    recall_at_k: Share of examples whose class is among the top k, in [0, 1].
    k: 5, or the number of classes if there are fewer.
    is_best: Whether this beats every earlier evaluation of the run.
    views: Number of views of each image whose probabilities were averaged.
  """

  step: int
  num_examples: int
  precision_at_1: float
  recall_at_k: float
  k: int
  is_best: bool
  views: int = 1


@dataclasses.dataclass(frozen=True)
class Saved:
  """A checkpoint was written.

  Attributes:
    prefix: Prefix of the checkpoint.
    is_best: Whether it is the copy of the best model so far, in
      train_dir/best.
  """

  prefix: str
  is_best: bool = False


@dataclasses.dataclass(frozen=True)
class RunWarning:
  """Something failed that training can continue without.

  Attributes:
    text: One sentence without a full stop.
  """

  text: str


Event = (
  DamagedCheckpoint
  | Restored
  | Resumed
  | CachingFeatures
  | Started
  | Planned
  | Stepped
  | StepDone
  | TrainingEvaluated
  | Saved
  | RunWarning
)
