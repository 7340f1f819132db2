"""Evaluates checkpoints: each example exactly once, with the averaged weights.

evaluate    one checkpoint, or some to be compared
watch       every new checkpoint of a folder
What happens is reported as eval_events.
"""

import pathlib
import time
from collections.abc import Callable

from inception import dataset as dataset_lib
from inception.checkpoints import checkpoint
from inception.evaluation import checkpoint_evaluator
from inception.evaluation import eval_events
from inception.settings import config

EvalError = checkpoint_evaluator.EvalError


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
  evaluator = checkpoint_evaluator.CheckpointEvaluator(
    dataset, eval_config, input_config, on_event
  )
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
      evaluator = evaluator or checkpoint_evaluator.CheckpointEvaluator(
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
