"""Contents of threshold.json, for tests.

make   returns a Threshold of a checkpoint
"""

import dataclasses
from collections.abc import Sequence

from inception.checkpoints import threshold

RULE = threshold.Rule(temperature=1.5, threshold=0.5)


def make(
  checkpoint: str = 'model.ckpt-7',
  *,
  class_names: Sequence[str] = ('a', 'b'),
  rule: threshold.Rule | None = RULE,
) -> threshold.Threshold:
  """Returns a threshold that was fitted on 4 examples of `validation`.

  Args:
    checkpoint: name of the checkpoint, which ends in '-STEP'.
    class_names: class names in the order of their labels.
    rule: its rule; None for a threshold without one.
  """
  return threshold.Threshold(
    checkpoint=checkpoint,
    step=int(checkpoint.rpartition('-')[2]),
    class_names=tuple(class_names),
    subset='validation',
    num_examples=4,
    rejection=None if rule is None else dataclasses.asdict(rule),
    conformal=None,
  )
