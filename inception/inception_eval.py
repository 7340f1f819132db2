"""Evaluates checkpoints: each example exactly once, with the averaged weights.

  evaluate         one checkpoint
  watch            every new checkpoint of a folder
  wilson_interval  how far chance alone could have moved a proportion
  the events       Waiting, Damaged, Loaded, Progress, Evaluated
"""

import dataclasses
import math
import pathlib
import time
from collections.abc import Callable

import tensorflow as tf

from inception import checkpoint
from inception import config
from inception import dataset as dataset_lib
from inception import inception_model
from inception import input_pipeline
from inception import moving_averages
from inception import precision
from inception import summaries

# Batches between two lines of progress, as in the original.
_PROGRESS_BATCHES = 20
_MAX_K = 5
# 97.5 % quantile of the normal distribution.
_Z_95 = 1.959963984540054


class EvalError(ValueError):
  """There is nothing to evaluate; the text says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Waiting:
  """The folder has no checkpoint yet."""
  checkpoint_dir: str


@dataclasses.dataclass(frozen=True)
class Damaged:
  """The newest checkpoint cannot be read: the next one is waited for.

  Attributes:
    reason: a sentence without full stop.
  """
  reason: str


@dataclasses.dataclass(frozen=True)
class Loaded:
  """A checkpoint was read."""
  prefix: str
  step: int


@dataclasses.dataclass(frozen=True)
class Progress:
  """Some batches are done; the rates are means since the one before."""
  batches: int
  total_batches: int
  examples_per_sec: float
  sec_per_batch: float


@dataclasses.dataclass(frozen=True)
class Evaluated:
  """The result for one checkpoint.

  Attributes:
    step: of the checkpoint.
    num_examples: how many were evaluated.
    num_correct: the largest logit is the label's.
    num_in_top_k: the label's logit is among the k largest.
    k: 5, or all the classes where there are fewer.
  """
  step: int
  num_examples: int
  num_correct: int
  num_in_top_k: int
  k: int

  @property
  def precision_at_1(self) -> float:
    """Share of the examples in num_correct."""
    return self.num_correct / self.num_examples

  @property
  def recall_at_k(self) -> float:
    """Share of the examples in num_in_top_k."""
    return self.num_in_top_k / self.num_examples


Event = Waiting | Damaged | Loaded | Progress | Evaluated


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
  """Returns the 95 % Wilson score interval of a proportion.

  Source: E. B. Wilson, JASA 22 (1927) 209-212.

  Args:
    successes: in [0, trials].
    trials: at least 1.

  Raises:
    ValueError: the arguments are out of range.
  """
  if trials < 1 or not 0 <= successes <= trials:
    raise ValueError(f'need 0 <= successes <= trials and trials >= 1, got '
                     f'{successes} of {trials}')
  share = successes / trials
  z2 = _Z_95**2
  centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
  margin = (_Z_95 / (1 + z2 / trials)) * math.sqrt(
      share * (1 - share) / trials + z2 / (4 * trials**2))
  # Rounding may carry an end a hair past what a proportion can be.
  return max(0.0, centre - margin), min(1.0, centre + margin)


def count_hits(logits: tf.Tensor, labels: tf.Tensor, mask: tf.Tensor, *,
               k: int) -> tuple[tf.Tensor, tf.Tensor]:
  """Counts the examples whose label is first, and among the first k.

  Args:
    logits: float32 [batch, num_logits].
    labels: int32 [batch].
    mask: bool [batch], False where the example is padding.
    k: in [1, num_logits].

  Returns:
    Two int32 scalars.
  """
  def count(hits):
    return tf.math.count_nonzero(hits & mask, dtype=tf.int32)

  return (count(tf.math.in_top_k(labels, logits, 1)),
          count(tf.math.in_top_k(labels, logits, k)))


class _Evaluator:
  """One network, for any number of checkpoints."""

  def __init__(self, dataset, eval_config, input_config, on_event):
    self._dataset = dataset
    self._config = eval_config
    self._input_config = input_config
    self._on_event = on_event
    self._model = inception_model.InceptionModel(
        num_classes=dataset.num_classes,
        compute_dtype=precision.compute_dtype(eval_config.precision))
    self._k = min(_MAX_K, dataset.num_classes)
    self._count = tf.function(self._count_batch)

  def _count_batch(self, images, labels, mask):
    outputs = self._model.inference(images, is_training=False)
    return count_hits(outputs.logits, labels, mask, k=self._k)

  def run(self, prefix: str) -> Evaluated:
    """Evaluates one checkpoint."""
    checkpoint.restore(prefix, {
        moving_averages.shadow_name(name): variable
        for name, variable in self._model.variables.items()})
    step = checkpoint.step_of(prefix)
    self._on_event(Loaded(prefix, step))
    result = self._over_all_batches(step)
    summaries.write_eval(
        self._config.eval_dir, step, precision_at_1=result.precision_at_1,
        recall_at_k=result.recall_at_k, k=self._k)
    self._on_event(result)
    return result

  def _over_all_batches(self, step: int) -> Evaluated:
    batch_size = self._input_config.batch_size
    there_are = self._dataset.num_examples(self._input_config.subset)
    expected = min(self._config.num_examples or there_are, there_are)
    total_batches = math.ceil(expected / batch_size)
    examples = correct = in_top_k = 0
    start, lap_examples, lap_batches = time.perf_counter(), 0, 0
    batches = input_pipeline.checked(
        input_pipeline.eval_batches(self._dataset, self._input_config,
                                    num_examples=self._config.num_examples),
        self._dataset, self._input_config.subset)
    for number, (images, labels, mask) in enumerate(batches, start=1):
      hits = self._count(images, labels, mask)
      correct += int(hits[0])
      in_top_k += int(hits[1])
      size = int(tf.math.count_nonzero(mask))
      examples, lap_examples = examples + size, lap_examples + size
      lap_batches += 1
      if number % _PROGRESS_BATCHES == 0 or number == total_batches:
        elapsed = time.perf_counter() - start
        self._on_event(Progress(number, max(number, total_batches),
                                lap_examples / elapsed, elapsed / lap_batches))
        start, lap_examples, lap_batches = time.perf_counter(), 0, 0
    if not examples:
      raise EvalError(f'{self._dataset.data_dir!r} has no record in its '
                      f'{self._input_config.subset} shards: prepare the data '
                      'again')
    # A shard that was cut between two records reads like a shorter one.
    if self._dataset.tool and examples < expected:
      raise dataset_lib.DatasetError(
          f'{self._dataset.data_dir!r} holds {examples} of the {expected} '
          f'{self._input_config.subset} examples that '
          f'{dataset_lib.INFO_FILE} counts: a shard is truncated, so prepare '
          'the data again or copy it anew')
    return Evaluated(step=step, num_examples=examples, num_correct=correct,
                     num_in_top_k=in_top_k, k=self._k)


def evaluate(dataset: dataset_lib.Dataset, eval_config: config.EvalConfig,
             input_config: config.InputConfig, *,
             on_event: Callable[[Event], None] = lambda event: None
             ) -> Evaluated:
  """Evaluates the newest checkpoint of eval_config.checkpoint_dir.

  Args:
    dataset: what is evaluated on.
    eval_config: the evaluation.
    input_config: the batches.
    on_event: called with each event, in order.

  Raises:
    EvalError: there is no checkpoint or no example.
    checkpoint.CheckpointError: the checkpoint cannot be used.
    dataset.DatasetError: the records cannot be used.
  """
  prefix = checkpoint.latest(eval_config.checkpoint_dir)
  if prefix is None:
    raise EvalError(f'there is no checkpoint in {eval_config.checkpoint_dir!r}:'
                    ' train first, or give another --checkpoint_dir')
  _check_output(dataset, eval_config, input_config)
  return _Evaluator(dataset, eval_config, input_config, on_event).run(prefix)


def _check_output(dataset, eval_config, input_config) -> None:
  dataset.shard_files(input_config.subset)
  pathlib.Path(eval_config.eval_dir).mkdir(parents=True, exist_ok=True)


def watch(dataset: dataset_lib.Dataset, eval_config: config.EvalConfig,
          input_config: config.InputConfig, *,
          on_event: Callable[[Event], None] = lambda event: None,
          sleep: Callable[[float], object] = time.sleep) -> None:
  """Evaluates the newest checkpoint whenever there is a new one; never ends.

  Args:
    dataset: as in evaluate.
    eval_config: as in evaluate.
    input_config: as in evaluate.
    on_event: as in evaluate; Waiting while there is no checkpoint.
    sleep: waits for so many seconds between two looks.

  Raises:
    As evaluate, but for a missing checkpoint.
  """
  _check_output(dataset, eval_config, input_config)
  evaluator = None
  done = None
  while True:
    prefix = checkpoint.latest(eval_config.checkpoint_dir)
    if prefix is None:
      on_event(Waiting(eval_config.checkpoint_dir))
    elif prefix != done:
      evaluator = evaluator or _Evaluator(dataset, eval_config, input_config,
                                          on_event)
      try:
        evaluator.run(prefix)
      except checkpoint.DamagedError as error:
        # The training goes on from the one before when it starts again.
        on_event(Damaged(error.reason))
      except checkpoint.CheckpointError:
        # A training that runs beside this one deletes its oldest checkpoints,
        # at times while one is being read.
        if checkpoint.latest(eval_config.checkpoint_dir) == prefix:
          raise
        continue
      done = prefix
    sleep(eval_config.eval_interval_secs)
