"""TFRecord shards -> batches, as tf.data datasets.

  train_batches   endless, shuffled, distorted; also one host's part of them
  eval_batches    each example once, in order; the last batch padded, with mask
  view_batches    the same, of one of the differently distorted views
  checked         the same batches; what breaks names its shard and record
  piece_size      examples that each of several hosts takes of a batch

The shuffle buffer holds encoded images (about 0.1 MB each; the original's held
decoded ones of 1 MB). Every epoch is shuffled by a seed of its own and every
example is distorted by one of its own, so that a run with a seed repeats itself
whatever its threads do, can begin at any example, and is the same on one host
and on several.
"""

import collections.abc
import os
import random

import tensorflow as tf

from inception import dataset
from inception import image_processing
from inception.input import bad_records
from inception.jobs import tensorflow_reasons
from inception.settings import config

# A prefetched batch of 32 images of 299 pixels takes 34 MB.
_PREFETCH_BATCHES = 2
_EXAMPLES_PER_MEMORY_FACTOR = 1024


def train_batches(
  data: dataset.Dataset,
  settings: config.InputConfig,
  *,
  start_example: int = 0,
  part: tuple[int, int] = (0, 1),
) -> tf.data.Dataset:
  """Returns endless batches of settings.subset for training.

  Each epoch reads the shards in another order, settings.num_readers side by
  side, and draws from a buffer of up to 1024 x input_queue_memory_factor
  encoded examples. Equal seed, num_readers and memory factor give equal
  examples in equal order, of which start_example and batch_size choose.

  Args:
    data: what the folder holds.
    settings: how to read it.
    start_example: the first batch begins with this example, counted from 0
      over all epochs; needs a seed.
    part: (host, hosts): the host takes that piece, from 0, of the equal pieces
      of each batch and decodes no other; more than one host need a seed.

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
  whole = piece == settings.batch_size
  if start_example < 0:
    raise ValueError(f'start_example must be >= 0, got {start_example}')
  seed = settings.seed
  if seed is None:
    if start_example or not whole:
      raise ValueError(
        f'start_example {start_example} and part {part} need a '
        'seed: without one no order is repeated'
      )
    seed = random.SystemRandom().randrange(2**31)
  files = _shard_files(data, settings.subset)
  examples = max(1, data.num_examples(settings.subset))
  first_epoch, skipped = divmod(start_example, examples)

  def is_mine(position, _):
    index = (position - start_example) % settings.batch_size
    return tf.equal(index // piece, host)

  ordered = (
    tf.data.Dataset
    .range(first_epoch, tf.int64.max)
    .flat_map(
      lambda epoch: _shuffled_epoch(
        files, tf.stack([seed, epoch]), settings, examples
      )
    )
    .skip(skipped)
    .enumerate(start_example)
  )
  batches = (
    (ordered if whole else ordered.filter(is_mine))
    .map(
      _prepare(data, settings, seed),
      settings.num_preprocess_threads,
      deterministic=True,
    )
    .batch(piece, drop_remainder=True)
    .prefetch(_PREFETCH_BATCHES)
  )
  return batches.with_options(_options(settings))


def piece_size(batch_size: int, part: tuple[int, int]) -> int:
  """Returns how many examples of each batch part = (host, hosts) takes.

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
) -> tf.data.Dataset:
  """Returns settings.subset in batches, each example once and in order.

  Args:
    data: what the folder holds.
    settings: how to read it; its augmentation and seed are not used.
    num_examples: at most this many examples; None is all there are.

  Returns:
    (images float32 [batch, size, size, 3] in [-1, 1],
     labels int32 [batch] in [1, num_classes],
     mask bool [batch]). The last batch is filled up with zeros, whose mask is
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
  )


def view_batches(
  data: dataset.Dataset,
  settings: config.InputConfig,
  *,
  view: int,
  num_skipped: int = 0,
) -> tf.data.Dataset:
  """Returns what eval_batches does, as one view of the examples.

  Args:
    data: what the folder holds.
    settings: how to read it.
    view: 0 is as evaluation sees the images; any other is distorted as
      settings.augmentation says, every one differently. The same seed, view
      and position in the shards distort equally.
    num_skipped: the first batch begins after this many examples.

  Returns:
    As eval_batches.

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


def _ordered_batches(data, settings, *, view, first, limit):
  files = _shard_files(data, settings.subset)
  seed = settings.seed if view else None
  before = view * data.num_examples(settings.subset) if view else 0
  batches = (
    tf.data
    .TFRecordDataset(files)
    .skip(first)
    .take(limit)
    .enumerate(before + first)
    .map(
      _prepare(data, settings, seed),
      settings.num_preprocess_threads,
      deterministic=True,
    )
    .batch(settings.batch_size)
    .map(lambda images, labels: _padded(images, labels, settings.batch_size))
    .prefetch(_PREFETCH_BATCHES)
  )
  return batches.with_options(_options(settings))


def _prepare(data, settings, seed):
  """Returns a function (number, serialized example) -> (image, label).

  The image is distorted by seed and number; without a seed, not at all.
  """
  size, augmentation = settings.image_size, settings.augmentation

  def prepared(number, serialized):
    example = bad_records.parse(serialized, data.num_classes)
    if seed is None:
      image = image_processing.eval_image(example.encoded, size=size)
    else:
      image = image_processing.train_image(
        example.encoded,
        bad_records.usable_boxes(example.bbox),
        tf.stack([seed, number]),
        size=size,
        augmentation=augmentation,
      )
    return image, example.label

  return prepared


def checked(
  batches: collections.abc.Iterable, data: dataset.Dataset, subset: str
) -> collections.abc.Iterator:
  """Returns an iterator of the batches; an error of the data is told as such.

  Reading begins with this call, in the background. The batches cost nothing
  more: only after an error are the shards read again to find the record.

  Args:
    batches: of any function here, distributed or not.
    data: what the folder holds.
    subset: what the batches are of.

  Raises:
    dataset.DatasetError: a record is damaged or not usable; names the shard and
      the record. Or reading failed for another reason, which is given.
  """
  return _guarded(iter(batches), data, subset)


def _guarded(iterator, data, subset):
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


def _shard_files(data, subset):
  files = data.shard_files(subset)
  # An endless dataset of nothing would never return.
  if not any(os.path.getsize(path) for path in files):
    raise dataset.DatasetError(
      f'the {len(files)} {subset} shards in {data.data_dir!r} hold no '
      'records: prepare the data again'
    )
  return files


def _shuffled_epoch(files, seed, settings, examples):
  """Returns the serialized examples of one epoch in an order of its own."""
  readers = min(settings.num_readers, len(files))
  buffer = min(
    examples, (_EXAMPLES_PER_MEMORY_FACTOR * settings.input_queue_memory_factor)
  )
  # Dataset.shuffle mixes the program's seed into its own. Here, in the graph of
  # a function, this sets it for this graph alone; 0 would mean something else.
  tf.compat.v1.set_random_seed(1)
  order_seed, buffer_seed = tf.unstack(tf.random.split(seed, 2))
  order = tf.random.experimental.stateless_shuffle(files, order_seed)
  return (
    tf.data.Dataset
    .from_tensor_slices(order)
    .interleave(
      tf.data.TFRecordDataset,
      cycle_length=readers,
      num_parallel_calls=readers,
      deterministic=True,
    )
    .shuffle(
      buffer, tf.cast(buffer_seed[0], tf.int64), reshuffle_each_iteration=False
    )
  )


def _padded(images, labels, batch_size):
  """Returns images, labels and mask, filled up to batch_size."""
  present = tf.shape(labels)[0]
  missing = batch_size - present
  mask = tf.range(batch_size) < present
  images = tf.cond(
    missing > 0,
    lambda: tf.pad(images, [[0, missing], [0, 0], [0, 0], [0, 0]]),
    lambda: images,
  )
  labels = tf.pad(labels, [[0, missing]])
  return (
    tf.ensure_shape(images, [batch_size, *images.shape[1:]]),
    tf.ensure_shape(labels, [batch_size]),
    mask,
  )


def _options(settings):
  options = tf.data.Options()
  options.deterministic = True
  # Threads of its own keep decoding out of the queue of the network's
  # operations; each works on one image.
  options.threading.private_threadpool_size = settings.num_preprocess_threads
  options.threading.max_intra_op_parallelism = 1
  # Every degree of parallelism and every buffer is given above.
  options.autotune.enabled = False
  # The shuffle buffer fills while the program builds its model.
  options.experimental_warm_start = True
  return options
