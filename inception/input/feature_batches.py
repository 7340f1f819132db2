"""Cached features -> endless shuffled batches for training the head.

  batches   of feature_cache's Features

The order depends on the seed and the number of the epoch alone, so that a run
can begin at any example and several hosts can share a batch, as in
input_pipeline. Nothing is random but NumPy's raw Philox numbers, which no
version of NumPy changes (its permutations, a version may).
"""

from collections.abc import Iterator

import numpy as np

from inception.input import feature_cache
from inception.input import input_pipeline


def batches(
  features: feature_cache.Features,
  *,
  batch_size: int,
  seed: int,
  start_example: int = 0,
  part: tuple[int, int] = (0, 1),
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
  """Returns endless batches; each epoch has every example once.

  In epoch e, example i is seen as view (e + i) modulo the number of views: in
  every epoch all views occur, and after as many epochs as there are views each
  example was seen as all of them. A batch may reach over epochs.

  Args:
    features: of at least one example.
    batch_size: examples a batch, over all hosts.
    seed: equal ones give equal batches.
    start_example: the first batch begins with this example, counted from 0
      over all epochs.
    part: (host, hosts), as in input_pipeline.train_batches.

  Returns:
    Iterator of (values float32 [piece, num_features],
     labels int32 [piece] in [1, num_classes]), where piece is
    input_pipeline.piece_size(batch_size, part).

  Raises:
    ValueError: there are no examples, start_example is negative, or the hosts
      cannot share the batch.
  """
  if not len(features.labels):
    raise ValueError('there are no features of any example')
  if start_example < 0:
    raise ValueError(f'start_example must be >= 0, got {start_example}')
  piece = input_pipeline.piece_size(batch_size, part)
  return _endless(
    features, batch_size, seed, start_example + part[0] * piece, piece
  )


def _endless(features, batch_size, seed, start, piece):
  # Indexing an array is faster than indexing a file that looks like one.
  views = [np.asarray(view) for view in features.values]
  size = len(features.labels)
  epoch, order = -1, None
  while True:
    values = np.empty([piece, views[0].shape[-1]], np.float32)
    examples = np.empty([piece], np.int64)
    filled = 0
    while filled < piece:
      at_epoch, position = divmod(start + filled, size)
      if at_epoch != epoch:
        epoch, order = at_epoch, _permutation(size, seed, at_epoch)
      chosen = order[position : position + piece - filled]
      end = filled + len(chosen)
      examples[filled:end] = chosen
      _gather(views, chosen, epoch, out=values[filled:end])
      filled = end
    yield values, features.labels[examples]
    start += batch_size


def _permutation(size, seed, epoch):
  entropy = np.random.SeedSequence([seed % 2**64, epoch])
  draws = np.random.Philox(entropy).random_raw(size)
  return np.argsort(draws, kind='stable')


def _gather(views, examples, epoch, *, out):
  """Puts the examples' features of the epoch into `out`."""
  view_of = (epoch + examples) % len(views)
  for number, view in enumerate(views):
    rows = np.flatnonzero(view_of == number)
    out[rows] = view[examples[rows]]
