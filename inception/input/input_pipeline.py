"""Reads TFRecord shards into batches, as tf.data datasets.

  train_batches   endless, shuffled, distorted batches, or one host's part
  eval_batches    each example once, in order; the last batch padded, with mask
  view_batches    like eval_batches, for one of several distorted views
  checked         the same batches; errors in the data name shard and record
  piece_size      number of examples that each of several hosts takes of a batch

The shuffle buffer holds encoded images (about 0.1 MB each; the original held
decoded ones of 1 MB). Every epoch is shuffled with its own seed and every
example is distorted with its own seed. A run with a seed is therefore
reproducible regardless of thread timing, can start at any example, and is the
same on one host as on several. decoded_images give the same batches as the
records.
"""

import random
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import TypeVar

import tensorflow as tf

from inception import dataset
from inception.input import bad_records
from inception.input import decoded_images
from inception.input import pipeline_steps
from inception.jobs import tensorflow_reasons
from inception.settings import config

# A prefetched batch of 32 images of 299 x 299 pixels takes 34 MB.
_PREFETCH_BATCHES = 2
_EXAMPLES_PER_MEMORY_FACTOR = 1024

_Batch = TypeVar('_Batch')


def train_batches(
  data: dataset.Dataset,
  settings: config.InputConfig,
  *,
  start_example: int = 0,
  part: tuple[int, int] = (0, 1),
  decoded: decoded_images.DecodedImages | None = None,
) -> tf.data.Dataset:
  """Returns endless batches of settings.subset for training.

  Each epoch reads the shards in a different order, settings.num_readers in
  parallel, and draws from a buffer of up to 1024 x input_queue_memory_factor
  encoded examples. Equal seed, num_readers and memory factor give the same
  sequence of examples; start_example and batch_size cut it into batches.

  Args:
    data: Records to read.
    settings: Settings for reading them.
    start_example: Index of the first batch's first example, counted from 0
      over all epochs; needs a seed.
    part: (host, hosts): the host, counted from 0, takes its piece of each
      batch, which is cut into equal pieces, and decodes no other example. More
      than one host need a seed.
    decoded: The decoded images of the subset; None reads and decodes records.

  Returns:
    (images float32 [piece, size, size, 3] in [-1, 1],
     labels int32 [piece] in [1, num_classes]), where piece is
    piece_size(batch_size, part).

  Raises:
    dataset.DatasetError: there are no such shards, or no records in them.
    ValueError: start_example is negative, the hosts cannot share the batch, or
      there is no seed where one is needed.
  """
  host, _ = part
  piece = piece_size(settings.batch_size, part)
  is_only_host = piece == settings.batch_size
  if start_example < 0:
    raise ValueError(f'start_example must be >= 0, got {start_example}')
  seed = settings.seed
  if seed is None:
    if start_example or not is_only_host:
      raise ValueError(
        f'start_example {start_example} and part {part} need a seed: without '
        'one the order is not reproducible'
      )
    seed = random.SystemRandom().randrange(2**31)
  files = pipeline_steps.shard_files(data, settings.subset)
  examples = max(1, data.num_examples(settings.subset))
  first_epoch, skipped = divmod(start_example, examples)

  def is_mine(index: tf.Tensor, _: tf.Tensor) -> tf.Tensor:
    position = (index - start_example) % settings.batch_size
    return tf.equal(position // piece, host)

  ordered = (
    tf.data.Dataset
    .range(first_epoch, tf.int64.max)
    .flat_map(
      lambda epoch: _shuffled_epoch(
        files, tf.stack([seed, epoch]), settings, examples, decoded
      )
    )
    .skip(skipped)
    .enumerate(start_example)
  )
  batches = (
    (ordered if is_only_host else ordered.filter(is_mine))
    .map(
      pipeline_steps.example_reader(data, settings, seed)
      if decoded is None
      else decoded_images.reader(decoded, settings, seed),
      settings.num_preprocess_threads,
      deterministic=True,
    )
    .batch(piece, drop_remainder=True)
    .prefetch(_PREFETCH_BATCHES)
  )
  return batches.with_options(pipeline_steps.options(settings))


def piece_size(batch_size: int, part: tuple[int, int]) -> int:
  """Returns the number of examples that one host takes of each batch.

  Args:
    batch_size: Number of examples per batch, over all hosts.
    part: (index of the host from 0, number of hosts).

  Raises:
    ValueError: there is no such host, or the batch has no equal pieces.
  """
  host, hosts = part
  if not 0 <= host < hosts:
    raise ValueError(f'part must be (host, hosts), host from 0, got {part}')
  if batch_size % hosts:
    raise ValueError(
      f'batch_size {batch_size} cannot be shared by {hosts} '
      f'hosts: give a multiple of {hosts}'
    )
  return batch_size // hosts


def eval_batches(
  data: dataset.Dataset,
  settings: config.InputConfig,
  num_examples: int | None = None,
  *,
  has_crops: bool = False,
) -> tf.data.Dataset:
  """Returns settings.subset in batches, each example once and in order.

  Args:
    data: Records to read.
    settings: Settings for reading them; augmentation and seed are not used.
    num_examples: Maximum number of examples; None means all.
    has_crops: Whether each image is image_processing.eval_crops instead of
      eval_image, which gives images [batch, 5, size, size, 3].

  Returns:
    (images float32 [batch, size, size, 3] in [-1, 1],
     labels int32 [batch] in [1, num_classes],
     mask bool [batch]). The last batch is padded with zeros, whose mask is
    False.

  Raises:
    dataset.DatasetError: there are no such shards, or no records in them.
    ValueError: num_examples is not positive.
  """
  if num_examples is not None and num_examples < 1:
    raise ValueError(f'num_examples must be >= 1, got {num_examples}')
  return _ordered_batches(
    data,
    settings,
    view=0,
    first=0,
    limit=-1 if num_examples is None else num_examples,
    has_crops=has_crops,
  )


def view_batches(
  data: dataset.Dataset,
  settings: config.InputConfig,
  *,
  view: int,
  num_skipped: int = 0,
) -> tf.data.Dataset:
  """Returns batches like those of eval_batches, for one view of the examples.

  Args:
    data: Records to read.
    settings: Settings for reading them.
    view: Index of the view. View 0 is the images as evaluation sees them; every
      other view is distorted by settings.augmentation, each differently. Equal
      seeds, views and positions in the shards give equal distortions.
    num_skipped: Number of examples before the first batch.

  Returns:
    As in eval_batches.

  Raises:
    dataset.DatasetError: there are no such shards, or no records in them.
    ValueError: view or num_skipped is negative, or a distorted view has no
      seed.
  """
  if view < 0 or num_skipped < 0:
    raise ValueError(
      f'view and num_skipped must be >= 0, got {view} and {num_skipped}'
    )
  if view and settings.seed is None:
    raise ValueError(f'view {view} is distorted, which needs a seed')
  return _ordered_batches(
    data, settings, view=view, first=num_skipped, limit=-1
  )


def _ordered_batches(
  data: dataset.Dataset,
  settings: config.InputConfig,
  *,
  view: int,
  first: int,
  limit: int,
  has_crops: bool = False,
) -> tf.data.Dataset:
  """Returns padded batches of at most `limit` examples of a view; -1 is all."""
  files = pipeline_steps.shard_files(data, settings.subset)
  seed = settings.seed if view else None
  before = view * data.num_examples(settings.subset) if view else 0
  batches = (
    tf.data
    .TFRecordDataset(files)
    .skip(first)
    .take(limit)
    .enumerate(before + first)
    .map(
      pipeline_steps.example_reader(data, settings, seed, has_crops=has_crops),
      settings.num_preprocess_threads,
      deterministic=True,
    )
    .batch(settings.batch_size)
    .map(
      lambda images, labels: pipeline_steps.padded(
        images, labels, settings.batch_size
      )
    )
    .prefetch(_PREFETCH_BATCHES)
  )
  return batches.with_options(pipeline_steps.options(settings))


def checked(
  batches: Iterable[_Batch], data: dataset.Dataset, subset: str
) -> Generator[_Batch, None, None]:
  """Returns an iterator over the batches that reports errors in the data.

  Reading begins with this call, in the background. The check does not slow down
  the batches: the shards are read again, to find the record, only after an
  error.

  Args:
    batches: Batches of any function of this module, distributed or not.
    data: Records that the batches were read from.
    subset: Name of their subset.

  Raises:
    dataset.DatasetError: a record is damaged or not usable, and the text names
      the shard and the record; or reading failed for another reason, which the
      text gives.
  """
  return _guarded(iter(batches), data, subset)


def _guarded(
  iterator: Iterator[_Batch], data: dataset.Dataset, subset: str
) -> Generator[_Batch, None, None]:
  try:
    yield from iterator
  except bad_records.DATA_ERRORS as error:
    problem = bad_records.find_problem(data, subset)
    if problem is None:
      reason = tensorflow_reasons.reason(error.message)
      problem = (
        f'reading the {subset} records in {data.data_dir!r} failed ({reason}), '
        'but no record is damaged: run the command again'
      )
    raise dataset.DatasetError(problem) from error


def _shuffled_epoch(
  files: Sequence[str],
  seed: tf.Tensor,
  settings: config.InputConfig,
  examples: int,
  decoded: decoded_images.DecodedImages | None,
) -> tf.data.Dataset:
  """Returns the examples of one epoch, shuffled by its seed.

  Args:
    files: Paths of the shards.
    seed: int64 [2].
    settings: Settings for reading the shards.
    examples: Number of examples.
    decoded: Decoded examples; None reads the shards.

  Returns:
    Serialized examples, or indices of decoded ones in the same order.
  """
  readers = min(settings.num_readers, len(files))
  buffer = min(
    examples, (_EXAMPLES_PER_MEMORY_FACTOR * settings.input_queue_memory_factor)
  )
  # Dataset.shuffle combines the program's seed with its own. This sets the
  # former, only for the graph of the function that is being traced; 0 would
  # have a special meaning.
  tf.compat.v1.set_random_seed(1)
  order_seed, buffer_seed = tf.unstack(tf.random.split(seed, 2))
  order = tf.random.experimental.stateless_shuffle(
    files if decoded is None else tf.range(len(files)), order_seed
  )
  return (
    tf.data.Dataset
    .from_tensor_slices(order)
    .interleave(
      tf.data.TFRecordDataset if decoded is None else decoded.indices,
      cycle_length=readers,
      num_parallel_calls=readers,
      deterministic=True,
    )
    .shuffle(
      buffer, tf.cast(buffer_seed[0], tf.int64), reshuffle_each_iteration=False
    )
  )
