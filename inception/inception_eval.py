"""Evaluates checkpoints: each example exactly once, with the averaged weights.

evaluate    one checkpoint, or some to be compared
watch       every new checkpoint of a folder
What happens is reported as eval_events.
"""

import dataclasses
import pathlib
import time
from collections.abc import Callable

from inception import dataset as dataset_lib
from inception import inception_model
from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.evaluation import analysis as analysis_lib
from inception.evaluation import comparison
from inception.evaluation import eval_events
from inception.evaluation import evaluator
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import record_sources
from inception.hardware import mixed_precision
from inception.jobs import errors
from inception.monitoring import summaries
from inception.optimization import moving_averages
from inception.settings import config


class EvalError(errors.UserError):
  """There is nothing to evaluate; the text says why and what to do."""


class _CheckpointEvaluator:
  """One network, for any number of checkpoints."""

  def __init__(self, dataset, eval_config, input_config, on_event):
    self._dataset = dataset
    self._config = eval_config
    self._input_config = input_config
    self._on_event = on_event
    self._model = inception_model.InceptionModel(
      num_classes=dataset.num_classes,
      compute_dtype=mixed_precision.compute_dtype(eval_config.precision),
    )
    self._evaluators = {}
    self._other = None
    self._last = None
    if eval_config.compare_to:
      self._other = comparison.read(eval_config.compare_to)

  def _evaluator(self, image_size: int) -> evaluator.Evaluator:
    """Returns the one for such images: each traces the network."""
    if image_size not in self._evaluators:
      self._evaluators[image_size] = evaluator.Evaluator(
        lambda images: self._model.inference(images, is_training=False).logits,
        self._dataset,
        dataclasses.replace(self._input_config, image_size=image_size),
        num_examples=self._config.num_examples,
      )
    return self._evaluators[image_size]

  def compare_with_last(self) -> None:
    """Compares the following checkpoints with the last one."""
    self._other = self._last

  def run(
    self, prefix: str, *, eval_dir: str | None = None
  ) -> eval_events.CheckpointEvaluated:
    """Evaluates one checkpoint; eval_dir is the config's unless given."""
    eval_dir = eval_dir or self._config.eval_dir
    image_size = self._check_info(prefix)
    checkpoint.restore(
      prefix,
      {
        moving_averages.shadow_name(name): variable
        for name, variable in self._model.variables.items()
      },
    )
    step = checkpoint.step_of(prefix)
    self._on_event(eval_events.Loaded(prefix, step, image_size))
    collector = predictions_lib.Collector()
    result = self._evaluator(image_size).run(
      self._on_event, on_batch=collector.add
    )
    summaries.write_eval(
      eval_dir,
      step,
      precision_at_1=result.precision_at_1,
      recall_at_k=result.recall_at_k,
      k=result.k,
    )
    event = eval_events.CheckpointEvaluated(step, result)
    self._on_event(event)
    self._on_event(self._analyse(collector, prefix, step, image_size, eval_dir))
    return event

  def _analyse(
    self, collector, prefix, step, image_size, eval_dir
  ) -> eval_events.Analysed | eval_events.NotAnalysed:
    """Computes every figure and writes the files."""
    if collector.num_not_finite:
      return eval_events.NotAnalysed(
        f'the network answers {collector.num_not_finite} examples with NaN or '
        'infinity, so there are no further figures'
      )
    predictions = collector.predictions(
      self._dataset.class_names,
      record_sources.index(
        self._dataset.shard_files(self._input_config.subset),
        limit=self._config.num_examples,
      ),
    )
    self._last = comparison.of(predictions, name=prefix)
    facts = analysis_lib.Facts(
      checkpoint=prefix,
      step=step,
      data_name=self._dataset.name,
      data_dir=self._dataset.data_dir,
      subset=self._input_config.subset,
      image_size=image_size,
    )
    return eval_events.Analysed(
      analysis_lib.analyse(
        predictions,
        facts,
        dataclasses.replace(self._config, eval_dir=eval_dir),
        k=min(evaluator.MAX_K, self._dataset.num_classes),
        other=self._other,
      )
    )

  def _check_info(self, prefix) -> int:
    """Returns the size of the images; requires that the classes are ours."""
    text = checkpoint.read_text(prefix, run_info.VARIABLE)
    if text is None:  # Of 2016, or of another program.
      return self._input_config.image_size
    try:
      info = run_info.RunInfo.from_json(text)
      run_info.check_classes(info, self._dataset.class_names)
    except ValueError as error:
      raise EvalError(f'{prefix!r}: {error}') from error
    if self._config.use_training_image_size:
      return info.image_size
    return self._input_config.image_size


def evaluate(
  dataset: dataset_lib.Dataset,
  eval_config: config.EvalConfig,
  input_config: config.InputConfig,
  *,
  on_event: Callable[[eval_events.Event], None] = lambda event: None,
) -> eval_events.CheckpointEvaluated:
  """Evaluates eval_config.checkpoint_paths, or checkpoint_dir's newest one.

  The results of several checkpoints are in the folders 1, 2 and so on of
  eval_dir.

  Args:
    dataset: what is evaluated on.
    eval_config: the evaluation.
    input_config: the batches.
    on_event: called with each event, in order.

  Returns:
    The counts of the last checkpoint.

  Raises:
    EvalError: there is no checkpoint or no example.
    result_files.ResultFileError: compare_to cannot be read.
    comparison.ComparisonError: it is of other examples.
    checkpoint.CheckpointError: the checkpoint cannot be used.
    dataset.DatasetError: the records cannot be used.
  """
  prefixes = _prefixes(eval_config)
  _check_output(dataset, eval_config, input_config)
  evaluator = _CheckpointEvaluator(dataset, eval_config, input_config, on_event)
  if len(prefixes) == 1:
    return evaluator.run(prefixes[0])
  for number, prefix in enumerate(prefixes, start=1):
    folder = pathlib.Path(eval_config.eval_dir, str(number))
    folder.mkdir(exist_ok=True)
    found = evaluator.run(prefix, eval_dir=str(folder))
    if number == 1:
      evaluator.compare_with_last()
  return found


def _prefixes(eval_config) -> list[str]:
  if eval_config.checkpoint_paths:
    return [checkpoint.prefix_of(path) for path in eval_config.checkpoint_paths]
  prefix = checkpoint.latest(eval_config.checkpoint_dir)
  if prefix is None:
    raise EvalError(
      f'there is no checkpoint in {eval_config.checkpoint_dir!r}:'
      ' train first, or give another --checkpoint_dir'
    )
  return [prefix]


def _check_output(dataset, eval_config, input_config) -> None:
  dataset.shard_files(input_config.subset)
  pathlib.Path(eval_config.eval_dir).mkdir(parents=True, exist_ok=True)


def watch(
  dataset: dataset_lib.Dataset,
  eval_config: config.EvalConfig,
  input_config: config.InputConfig,
  *,
  on_event: Callable[[eval_events.Event], None] = lambda event: None,
  sleep: Callable[[float], object] = time.sleep,
) -> None:
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
      on_event(eval_events.Waiting(eval_config.checkpoint_dir))
    elif prefix != done:
      evaluator = evaluator or _CheckpointEvaluator(
        dataset, eval_config, input_config, on_event
      )
      try:
        evaluator.run(prefix)
      except checkpoint.DamagedError as error:
        # The training goes on from the one before when it starts again.
        on_event(eval_events.Damaged(error.reason))
      except checkpoint.CheckpointError:
        # A training that runs beside this one deletes its oldest checkpoints,
        # at times while one is being read.
        if checkpoint.latest(eval_config.checkpoint_dir) == prefix:
          raise
        continue
      done = prefix
    sleep(eval_config.eval_interval_secs)
