"""Predictions without a network, for tests of what follows from them.

make      given logits
draw      random logits that are often right
"""

from collections.abc import Sequence

import numpy as np

from inception.evaluation import predictions
from inception.evaluation import record_sources


def make(
  logits: Sequence[Sequence[float]],
  labels: Sequence[int],
  *,
  class_names: Sequence[str] = (),
) -> predictions.Predictions:
  """Returns predictions of records that no shard holds.

  Args:
    logits: [examples, num_classes + 1].
    labels: of the examples, counted from 1.
    class_names: 'a', 'b' and so on unless given.
  """
  logits = np.asarray(logits, np.float32)
  names = tuple(class_names) or tuple(
    chr(ord('a') + i) for i in range(logits.shape[1] - 1)
  )
  return predictions.Predictions(
    class_names=names,
    logits=logits,
    labels=np.asarray(labels, np.int64),
    sources=[
      record_sources.Source(
        file=f'{i}.jpg',
        label=int(label),
        shard='validation-00000-of-00001',
        record=i,
        offset=100 * i,
      )
      for i, label in enumerate(labels)
    ],
  )


def draw(
  *, examples: int, num_classes: int, seed: int = 0, strength: float = 2.0
) -> predictions.Predictions:
  """Returns predictions of random examples.

  Args:
    examples: how many.
    num_classes: without background.
    seed: of everything random.
    strength: what a label's logit exceeds the others by in the mean.
  """
  rng = np.random.default_rng(seed)
  labels = rng.integers(1, num_classes + 1, examples)
  logits = rng.normal(size=(examples, num_classes + 1))
  logits[:, 0] -= 5
  logits[np.arange(examples), labels] += strength
  return make(
    logits, labels, class_names=[f'class {i + 1}' for i in range(num_classes)]
  )
