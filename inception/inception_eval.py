"""Evaluates checkpoints: each example exactly once, with the averaged weights.

evaluate    evaluates one checkpoint, or compares several
watch       evaluates every new checkpoint of a folder

Both report eval_events.
"""

import os
import pathlib
import time
from collections.abc import Callable

from inception import dataset as dataset_lib
from inception.checkpoints import checkpoint
from inception.checkpoints import checkpoint_files
from inception.evaluation import checkpoint_evaluator
from inception.evaluation import eval_events
from inception.hardware import replicas as replicas_lib
from inception.settings import config

EvalError = checkpoint_evaluator.EvalError


def evaluate(
  dataset: dataset_lib.Dataset,
  eval_config: config.EvalConfig,
  input_config: config.InputConfig,
  *,
  on_event: Callable[[eval_events.Event], None] = lambda event: None,
  replicas: replicas_lib.Replicas | None = None,
) -> eval_events.CheckpointEvaluated:
  """Evaluates eval_config.checkpoint_paths, or the newest of checkpoint_dir.

  The results of several checkpoints are written to the folders 1, 2 and so on
  of eval_dir.

  Args:
    dataset: data set to evaluate on.
    eval_config: settings of the evaluation.
    input_config: settings of the batches.
    on_event: called with each event, in order.
    replicas: devices that share each batch; None is the default device.

  Returns:
    The counts of the last checkpoint.

  Raises:
    EvalError: there is no checkpoint or no example.
    result_files.ResultFileError: compare_to cannot be read.
    comparison.ComparisonError: compare_to is of other examples.
    checkpoint.CheckpointError: the checkpoint cannot be used.
    dataset.DatasetError: the records cannot be used.
  """
  prefixes = _prefixes(eval_config)
  _check_output(dataset, eval_config, input_config)
  evaluator = checkpoint_evaluator.CheckpointEvaluator(
    dataset, eval_config, input_config, on_event, replicas=replicas
  )
  if len(prefixes) == 1:
    return evaluator.run(prefixes[0])
  for number, prefix in enumerate(prefixes, start=1):
    folder = pathlib.Path(eval_config.eval_dir, str(number))
    folder.mkdir(exist_ok=True)
    result = evaluator.run(prefix, eval_dir=str(folder))
    if number == 1:
      evaluator.compare_with_last()
  return result


def _prefixes(eval_config: config.EvalConfig) -> list[str]:
  if eval_config.checkpoint_paths:
    return [checkpoint.prefix_of(path) for path in eval_config.checkpoint_paths]
  prefix = checkpoint.latest(eval_config.checkpoint_dir)
  if prefix is None:
    raise EvalError(
      f'there is no checkpoint in {eval_config.checkpoint_dir!r}:'
      ' train first, or give another --checkpoint_dir'
    )
  return [prefix]


def _check_output(
  dataset: dataset_lib.Dataset,
  eval_config: config.EvalConfig,
  input_config: config.InputConfig,
) -> None:
  """Requires the subset's shards, and makes eval_dir."""
  dataset.shard_files(input_config.subset)
  pathlib.Path(eval_config.eval_dir).mkdir(parents=True, exist_ok=True)


def watch(
  dataset: dataset_lib.Dataset,
  eval_config: config.EvalConfig,
  input_config: config.InputConfig,
  *,
  on_event: Callable[[eval_events.Event], None] = lambda event: None,
  replicas: replicas_lib.Replicas | None = None,
  sleep: Callable[[float], object] = time.sleep,
  clock: Callable[[], float] = time.monotonic,
) -> None:
  """Evaluates every new checkpoint once, until there was none for too long.

  Args:
    dataset: as in evaluate.
    eval_config: as in evaluate; without max_idle_secs, this never returns.
    input_config: as in evaluate.
    on_event: as in evaluate; Waiting while there is no checkpoint, and Idle at
      the end.
    replicas: as in evaluate.
    sleep: called with the number of seconds between two searches.
    clock: returns the time in seconds.

  Raises:
    The errors of evaluate, except for a missing checkpoint.
  """
  _check_output(dataset, eval_config, input_config)
  evaluator = None
  done = set()
  last_new = clock()
  while True:
    prefix = checkpoint.latest(eval_config.checkpoint_dir)
    identity = prefix and _identity(prefix)
    if prefix is None:
      on_event(eval_events.Waiting(eval_config.checkpoint_dir))
    elif identity not in done:
      evaluator = evaluator or checkpoint_evaluator.CheckpointEvaluator(
        dataset, eval_config, input_config, on_event, replicas=replicas
      )
      try:
        evaluator.run(prefix)
      except checkpoint.DamagedError as error:
        # When training restarts, it resumes from the previous checkpoint.
        on_event(eval_events.Damaged(error.reason))
      except checkpoint.CheckpointError:
        # A training that runs at the same time deletes its oldest checkpoints,
        # sometimes while one is being read.
        if (
          checkpoint.latest(eval_config.checkpoint_dir) == prefix
          and _identity(prefix) == identity
        ):
          raise
        continue
      done.add(identity)
      last_new = clock()
    pause = eval_config.eval_interval_secs
    if eval_config.max_idle_secs is not None:
      remaining = last_new + eval_config.max_idle_secs - clock()
      if remaining <= 0:
        on_event(eval_events.Idle(eval_config.max_idle_secs))
        return
      pause = min(pause, remaining)
    sleep(pause)


def _identity(prefix: str) -> tuple[str, int] | None:
  """Returns the prefix and the time of its files; None if they are gone.

  A new training in the same folder writes other checkpoints under equal names.
  """
  try:
    return prefix, max(
      os.stat(path).st_mtime_ns for path in checkpoint_files.parts_of(prefix)
    )
  except (OSError, ValueError):
    return None
