"""Describes one training run; all parts of the training share it.

RunSpec  data, settings, devices, and the values derived from them
"""

import dataclasses
from collections.abc import Callable

from inception import dataset as dataset_lib
from inception import image_processing
from inception.checkpoints import run_info
from inception.hardware import replicas as replicas_lib
from inception.optimization import learning_rate
from inception.settings import config
from inception.settings import training_config
from inception.training import train_events
from inception.training import training_cost


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunSpec:
  """One training run.

  Attributes:
    dataset: the records to train on.
    train_config: settings of the run.
    input_config: settings of its batches.
    replicas: devices and hosts that share each batch.
    on_event: called with each event, in order.
    cost: account of what the run computes.
  """

  dataset: dataset_lib.Dataset
  train_config: training_config.TrainConfig
  input_config: config.InputConfig
  replicas: replicas_lib.Replicas
  on_event: Callable[[train_events.Event], None] = lambda event: None
  cost: training_cost.Account = dataclasses.field(
    default_factory=training_cost.Account
  )

  def with_seed(self, seed: int) -> 'RunSpec':
    """Returns the same run with another seed for its input."""
    return dataclasses.replace(
      self, input_config=dataclasses.replace(self.input_config, seed=seed)
    )

  @property
  def num_examples(self) -> int:
    """Number of examples in the subset to train on."""
    return self.dataset.num_examples(self.input_config.subset)

  @property
  def num_steps(self) -> int:
    """Number of updates of the complete run, over all interruptions."""
    return learning_rate.num_steps(self.train_config, **self._sizes)

  def learning_rates(
    self, num_steps: int | None = None
  ) -> Callable[[int], float]:
    """Returns the function from a step to its learning rate.

    Args:
      num_steps: Number of updates of the complete run; None is that of the
        settings.
    """
    return learning_rate.schedule(
      self.train_config, num_steps=num_steps or self.num_steps, **self._sizes
    )

  def describe_learning_rates(self) -> str:
    """Describes the schedule in a phrase; see learning_rate.describe."""
    return learning_rate.describe(
      self.train_config, num_steps=self.num_steps, **self._sizes
    )

  @property
  def _sizes(self) -> dict[str, int]:
    return {
      'num_examples': self.num_examples,
      'batch_size': self.input_config.batch_size,
    }

  @property
  def eval_image_size(self) -> int:
    """Height and width of the images in evaluation and prediction."""
    return self.train_config.eval_image_size or self.input_config.image_size

  def count_step(self) -> None:
    """Adds a step to the cost; that of a head on features is negligible."""
    if not self.train_config.trains_head_only:
      self.cost.add_steps(
        self.input_config.batch_size,
        self.input_config.image_size,
        self.train_config.scope_prefixes,
        self.train_config.rate_multipliers,
      )

  def run_info(self) -> run_info.RunInfo:
    """Returns the metadata stored in each checkpoint of the run."""
    return run_info.RunInfo(
      class_names=self.dataset.class_names,
      class_texts=self.dataset.class_texts,
      data_name=self.dataset.name,
      image_size=self.eval_image_size,
      views=self.train_config.eval_views,
      preprocessing=image_processing.EVAL_PREPROCESSING,
      settings=dataclasses.asdict(self.train_config)
      | dataclasses.asdict(self.input_config),
    )
