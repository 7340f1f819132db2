"""Makes endless shuffled batches of cached features, to train the head.

  batches   makes batches of feature_cache.Features

The order depends only on the seed and the index of the epoch, so that a run can
start at any example and several hosts can share a batch, as in input_pipeline.
The only source of randomness is NumPy's raw Philox numbers, which are the same
in every version of NumPy (permutations may differ between versions).
"""

from collections.abc import Generator, Sequence

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
) -> Generator[tuple[np.ndarray, np.ndarray], None, None]:
  """Returns endless batches; each epoch contains every example once.

  In epoch e, example i is seen as view (e + i) modulo the number of views:
  every epoch mixes all views, and after as many epochs as there are views, each
  example has been seen as each of them. A batch may span epochs.

  Args:
    features: Features of at least one example.
    batch_size: Number of examples per batch, over all hosts.
    seed: Seed of the order; equal seeds give equal batches.
    start_example: Index of the first batch's first example, counted from 0
      over all epochs.
    part: (host, hosts), as in input_pipeline.train_batches.

  Returns:
    Generator of (values float32 [piece, num_features],
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


def _endless(
  features: feature_cache.Features,
  batch_size: int,
  seed: int,
  start: int,
  piece: int,
) -> Generator[tuple[np.ndarray, np.ndarray], None, None]:
  """Yields this host's piece of each batch; the first begins at `start`."""
  # Indexing a plain array is faster than indexing a memory-mapped one.
  views = [np.asarray(view) for view in features.values]
  size = len(features.labels)
  epoch, order = -1, np.zeros([0], np.int64)
  while True:
    values = np.empty([piece, views[0].shape[-1]], np.float32)
    examples = np.empty([piece], np.int64)
    filled = 0
    while filled < piece:
      next_epoch, position = divmod(start + filled, size)
      if next_epoch != epoch:
        epoch, order = next_epoch, _permutation(size, seed, next_epoch)
      chosen = order[position : position + piece - filled]
      end = filled + len(chosen)
      examples[filled:end] = chosen
      _gather(views, chosen, epoch, out=values[filled:end])
      filled = end
    yield values, features.labels[examples]
    start += batch_size


def _permutation(size: int, seed: int, epoch: int) -> np.ndarray:
  entropy = np.random.SeedSequence([seed % 2**64, epoch])
  draws = np.random.Philox(entropy).random_raw(size)
  return np.argsort(draws, kind='stable')


def _gather(
  views: Sequence[np.ndarray],
  examples: np.ndarray,
  epoch: int,
  *,
  out: np.ndarray,
) -> None:
  """Copies the features that the examples have in the epoch into `out`."""
  view_of = (epoch + examples) % len(views)
  for index, view in enumerate(views):
    rows = np.flatnonzero(view_of == index)
    out[rows] = view[examples[rows]]
