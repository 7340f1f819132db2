"""Settings of prediction."""

import dataclasses

from inception.checkpoints import threshold
from inception.settings import config_checks
from inception.settings import parsing


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
  """Settings of prediction.

  Attributes:
    batch_size: number of images per call of the network.
    top_k: maximum number of classes in an answer.
    views: number of views of each picture, whose probabilities are averaged;
      one of parsing.VIEWS; see image_processing.eval_views.
    min_probability: least probability of an answer; below it, the answer is
      'none of these'.
    rule: rule for 'none of these' that evaluation found; None for none.
    num_threads: number of files that are decoded at a time.
  """

  batch_size: int = 32
  top_k: int = 3
  views: int = 1
  min_probability: float = 0.0
  rule: threshold.Rule | None = None
  num_threads: int = 2

  def __post_init__(self) -> None:
    config_checks.at_least(self, 1, 'batch_size', 'top_k', 'num_threads')
    config_checks.require(
      self.views in parsing.VIEWS,
      f'views must be one of {", ".join(map(str, parsing.VIEWS))}, got '
      f'{self.views}',
    )
    config_checks.require(
      0 <= self.min_probability <= 1,
      f'min_probability must be in [0, 1], got {self.min_probability}',
    )

  @property
  def pictures_per_batch(self) -> int:
    """Number of pictures whose views fill a batch, at least 1."""
    return max(1, self.batch_size // self.views)
