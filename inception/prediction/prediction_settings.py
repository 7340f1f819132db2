"""How pictures are classified: the settings of prediction."""

import dataclasses

from inception.checkpoints import threshold
from inception.settings import config_checks

VIEWS = (1, 2, 10)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
  """How to classify.

  Attributes:
    batch_size: images that the network gets at a time.
    top_k: classes of an answer, at most.
    views: averaged views of each picture, one of VIEWS; see
      image_processing.eval_views.
    min_probability: least probability of an answer; below it, the answer is
      'none of these'.
    rule: rule for 'none of these' that evaluation found; None for none.
    num_threads: files that are decoded at a time.
  """

  batch_size: int = 32
  top_k: int = 3
  views: int = 1
  min_probability: float = 0.0
  rule: threshold.Rule | None = None
  num_threads: int = 2

  def __post_init__(self):
    config_checks.at_least(self, 1, 'batch_size', 'top_k', 'num_threads')
    config_checks.require(
      self.views in VIEWS,
      f'views must be one of {", ".join(map(str, VIEWS))}, got {self.views}',
    )
    config_checks.require(
      0 <= self.min_probability <= 1,
      f'min_probability must be in [0, 1], got {self.min_probability}',
    )

  @property
  def pictures_per_batch(self) -> int:
    """How many pictures' views make a batch."""
    return max(1, self.batch_size // self.views)
