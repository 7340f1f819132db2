"""Exact evaluation of one network: each example of a subset exactly once.

Evaluator    counts hits over a subset
Result       the counts
count_hits   counts the hits of one batch
"""

import dataclasses
import math
import time
from collections.abc import Callable

import tensorflow as tf

from inception import dataset as dataset_lib
from inception.hardware import replicas as replicas_lib
from inception.input import input_pipeline
from inception.settings import config

MAX_K = 5
# Batches between two reports of progress, as in the original.
_PROGRESS_BATCHES = 20


@dataclasses.dataclass(frozen=True)
class Progress:
  """Some batches are done; the rates are means since the last Progress."""

  batches: int
  total_batches: int
  examples_per_sec: float
  sec_per_batch: float


@dataclasses.dataclass(frozen=True)
class Result:
  """Counts of an evaluation.

  Attributes:
    num_examples: number of evaluated examples.
    num_correct: number of examples whose largest logit is the label's.
    num_in_top_k: number of examples whose label is among the k largest logits.
    k: 5, or the number of classes if that is smaller.
  """

  num_examples: int
  num_correct: int
  num_in_top_k: int
  k: int

  @property
  def precision_at_1(self) -> float:
    """Share of num_correct in the examples."""
    return self.num_correct / self.num_examples

  @property
  def recall_at_k(self) -> float:
    """Share of num_in_top_k in the examples."""
    return self.num_in_top_k / self.num_examples


def count_hits(
  logits: tf.Tensor, labels: tf.Tensor, mask: tf.Tensor, *, k: int
) -> tuple[tf.Tensor, tf.Tensor]:
  """Counts the examples whose label is first, and those with it in the top k.

  Args:
    logits: float32 [batch, num_logits].
    labels: int32 [batch].
    mask: bool [batch], False where the example is padding.
    k: in [1, num_logits].

  Returns:
    Two int32 scalars.
  """

  def count(hits: tf.Tensor) -> tf.Tensor:
    return tf.math.count_nonzero(hits & mask, dtype=tf.int32)

  return (
    count(tf.math.in_top_k(labels, logits, 1)),
    count(tf.math.in_top_k(labels, logits, k)),
  )


def _joined(
  parts: tuple[tuple[tf.Tensor, ...], tuple[tf.Tensor, tf.Tensor]],
  strategy: tf.distribute.Strategy,
) -> tuple[tuple[tf.Tensor, ...], tuple[tf.Tensor, tf.Tensor]]:
  """Joins the answers of the devices, in order, and adds their counts."""
  answers, hits = parts
  return (
    tuple(
      tf.concat(strategy.experimental_local_results(answer), axis=0)
      for answer in answers
    ),
    (
      tf.add_n(strategy.experimental_local_results(hits[0])),
      tf.add_n(strategy.experimental_local_results(hits[1])),
    ),
  )


class _Lap:
  """The batches since the last Progress."""

  def __init__(self) -> None:
    self._start = time.perf_counter()
    self._num_examples = self._num_batches = 0

  def add(self, num_examples: int) -> None:
    self._num_examples += num_examples
    self._num_batches += 1

  def rates(self) -> tuple[float, float]:
    """Returns (examples per second, seconds per batch)."""
    elapsed = time.perf_counter() - self._start
    return self._num_examples / elapsed, elapsed / self._num_batches


class Evaluator:
  """Counts the correct answers of a network; can be run any number of times."""

  def __init__(
    self,
    classify: Callable[[tf.Tensor], tf.Tensor | tuple[tf.Tensor, ...]],
    data: dataset_lib.Dataset,
    settings: config.InputConfig,
    *,
    num_examples: int | None = None,
    has_crops: bool = False,
    replicas: replicas_lib.Replicas | None = None,
  ):
    """Prepares an evaluation; the first run traces the network.

    Args:
      classify: function of images, float32 [batch, size, size, 3], that
        returns logits, float32 [batch, num_classes + 1], computed from
        variables that may change between runs; or a tuple of these and further
        tensors [batch, ...] for on_batch.
      data: data set to evaluate on.
      settings: settings of the batches.
      num_examples: maximum number of examples; None is all of them.
      has_crops: whether classify gets five crops of each image, float32
        [batch, 5, size, size, 3]; see image_processing.eval_crops.
      replicas: devices of this host that share each batch, made before the
        variables; None is the default device.

    Raises:
      replicas.ReplicaError: the devices cannot share a batch evenly.
    """
    if replicas is not None:
      replicas.check_batch_size(settings.batch_size)
    self._replicas = replicas
    self._data = data
    self._settings = settings
    self._limit = num_examples
    self._has_crops = has_crops
    self._k = min(MAX_K, data.num_classes)

    def count_part(
      images: tf.Tensor, labels: tf.Tensor, mask: tf.Tensor
    ) -> tuple[tuple[tf.Tensor, ...], tuple[tf.Tensor, tf.Tensor]]:
      answers = classify(images)
      if not isinstance(answers, tuple):
        answers = (answers,)
      return answers, count_hits(answers[0], labels, mask, k=self._k)

    def count(
      images: tf.Tensor, labels: tf.Tensor, mask: tf.Tensor
    ) -> tuple[tuple[tf.Tensor, ...], tuple[tf.Tensor, tf.Tensor]]:
      if replicas is None or replicas.count == 1:
        return count_part(images, labels, mask)
      parts = replicas.strategy.run(count_part, args=(images, labels, mask))
      return _joined(parts, replicas.strategy)

    self._count = tf.function(count, autograph=False)

  def run(
    self,
    on_progress: Callable[[Progress], None] = lambda event: None,
    *,
    on_batch: Callable[..., None] | None = None,
  ) -> Result:
    """Evaluates the current values of the variables.

    Args:
      on_progress: called every 20 batches and at the end.
      on_batch: called with each batch's logits, float32
        [examples, num_classes + 1], labels, int32 [examples], and the further
        tensors that classify returned, without padding.

    Raises:
      dataset.DatasetError: a record is damaged, or there are fewer records than
        dataset_info.json says.
    """
    num_existing = self._data.num_examples(self._settings.subset)
    expected = min(self._limit or num_existing, num_existing)
    total_batches = math.ceil(expected / self._settings.batch_size)
    examples = correct = in_top_k = 0
    lap = _Lap()
    batches = input_pipeline.checked(
      input_pipeline.eval_batches(
        self._data,
        self._settings,
        num_examples=self._limit,
        has_crops=self._has_crops,
      ),
      self._data,
      self._settings.subset,
    )
    for number, (images, labels, mask) in enumerate(batches, start=1):
      batch = images, labels, mask
      if self._replicas is not None:
        batch = self._replicas.share(*batch)
      (logits, *more), hits = self._count(*batch)
      correct += int(hits[0])
      in_top_k += int(hits[1])
      size = int(tf.math.count_nonzero(mask))
      if on_batch is not None:
        # Padding is at the end.
        on_batch(*(tensor.numpy()[:size] for tensor in (logits, labels, *more)))
      examples += size
      lap.add(size)
      if number % _PROGRESS_BATCHES == 0 or number == total_batches:
        on_progress(Progress(number, max(number, total_batches), *lap.rates()))
        lap = _Lap()
    self._check_count(examples, expected)
    return Result(
      num_examples=examples,
      num_correct=correct,
      num_in_top_k=in_top_k,
      k=self._k,
    )

  def _check_count(self, examples: int, expected: int) -> None:
    """Refuses an empty subset, and one with fewer records than counted."""
    subset = self._settings.subset
    if not examples:
      raise dataset_lib.DatasetError(
        f'{self._data.data_dir!r} has no record in its {subset} shards: '
        'prepare the data again'
      )
    # A shard that was cut between two records reads like a shorter one.
    if self._data.tool and examples < expected:
      raise dataset_lib.DatasetError(
        f'{self._data.data_dir!r} holds {examples} of the {expected} '
        f'{subset} examples that {dataset_lib.INFO_FILE} counts: a shard is '
        'truncated, so prepare the data again or copy it again'
      )
