"""Predictions without a network, for tests of their analysis.

make      makes predictions with given logits
draw      makes predictions with random logits that are often right
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inception.evaluation import predictions
from inception.evaluation import record_sources


def make(
  logits: npt.ArrayLike,
  labels: npt.ArrayLike,
  *,
  class_names: Sequence[str] = (),
) -> predictions.Predictions:
  """Returns predictions of records that no shard holds.

  Args:
    logits: scores [examples, num_classes + 1].
    labels: labels of the examples, counted from 1.
    class_names: names of the classes; 'a', 'b' and so on if it is empty.
  """
  scores = np.asarray(logits, np.float32)
  label_array = np.asarray(labels, np.int64)
  names = tuple(class_names) or tuple(
    chr(ord('a') + i) for i in range(scores.shape[1] - 1)
  )
  return predictions.Predictions(
    class_names=names,
    logits=scores,
    labels=label_array,
    sources=[
      record_sources.Source(
        file=f'{i}.jpg',
        label=int(label),
        shard='validation-00000-of-00001',
        record=i,
        offset=100 * i,
      )
      for i, label in enumerate(label_array)
    ],
  )


def draw(
  *, examples: int, num_classes: int, seed: int = 0, strength: float = 2.0
) -> predictions.Predictions:
  """Returns predictions of random examples.

  Args:
    examples: number of examples.
    num_classes: number of classes, without the background class.
    seed: seed of all random numbers.
    strength: mean excess of the label's logit over the other logits.
  """
  rng = np.random.default_rng(seed)
  labels = rng.integers(1, num_classes + 1, examples)
  logits = rng.normal(size=(examples, num_classes + 1))
  logits[:, 0] -= 5
  logits[np.arange(examples), labels] += strength
  return make(
    logits, labels, class_names=[f'class {i + 1}' for i in range(num_classes)]
  )
