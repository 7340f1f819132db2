"""Output of a training: a bar on a terminal, the original's lines in a log.

  TrainingReport  prints events (train_events) as they happen

Lines begin with the time, as in 2016. Users' scripts parse them, so the wording
of the original's lines must not change.
"""

import datetime
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

import tqdm

from inception.cli import feature_lines
from inception.cli import run_banner
from inception.hardware import process_memory
from inception.settings import config
from inception.settings import training_config
from inception.training import train_events

_WIDTH = 79
_UNKNOWN_SHAPE = {'ncols': _WIDTH, 'nrows': 24}

# The columns are reserved for figures that cannot be derived from others: the
# rate of steps is left out.
_BAR = (
  '{desc}{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} '
  '[{elapsed}<{remaining}{postfix}]'
)


class TrainingReport:
  """Prints the events of a training; a context manager that ends the bar.

  Attributes:
    reader_ended: whether the program that reads the output has ended, as `head`
      does after its lines.
  """

  def __init__(
    self,
    train_config: training_config.TrainConfig,
    input_config: config.InputConfig,
    *,
    now: Callable[[], datetime.datetime] = datetime.datetime.now,
  ) -> None:
    """Prepares the report without printing anything.

    Args:
      train_config: the settings of the run.
      input_config: the settings of its batches.
      now: returns the time with which lines begin.
    """
    self._train_config = train_config
    self._input_config = input_config
    self._now = now
    self._terminal = sys.stdout.isatty()
    self._bar: tqdm.tqdm | None = None
    self._first_step = 0
    self._start = ''
    self._examples_per_sec: float | None = None
    self._feature_lines = feature_lines.FeatureLines()
    self.reader_ended = False

  def show(self, event: train_events.Event) -> None:
    """Prints an event, or advances the bar.

    A line that cannot be written must not end a training that takes days: it
    is lost, and metrics.jsonl has the figures.
    """
    try:
      self._show(event)
    except BrokenPipeError:
      self.reader_ended = True
    except OSError:  # A full disk, for example.
      pass

  def _show(self, event: train_events.Event) -> None:
    match event:
      case train_events.DamagedCheckpoint(prefix, reason):
        self._warn(
          f'{reason}; trying the previous checkpoint. If that is readable, '
          f'{prefix} is renamed to {prefix}.damaged.'
        )
      case train_events.Restored(report):
        self._start = f'restored from {report.path} ({report.source})'
        for line in report.summary():
          self._say(line)
      case train_events.Resumed():
        self._resumed(event)
      case train_events.RunWarning(text):
        self._warn(f'{text}.')
      case train_events.CachingFeatures(done, total):
        self._caching(done, total)
      case train_events.Started():
        self._started(event)
      case train_events.Planned(num_steps, sec_per_step):
        self._say(f'Planned: {num_steps} steps of {sec_per_step:.2f} seconds.')
        if self._bar is not None:
          self._bar.total = num_steps
      case train_events.Stepped(step, loss):
        self._stepped(step, loss)
      case train_events.StepDone():
        self._step_done(event)
      case train_events.TrainingEvaluated():
        self._say(_evaluation(event))
      case train_events.Saved(prefix, is_best):
        title = 'the best model as ' if is_best else ''
        self._say(f'Saved {title}{prefix}.')

  def close(self) -> None:
    """Ends the bar; more events can be shown after it."""
    if self._bar is not None:
      self._bar.close()
      self._bar = None

  def _warn(self, text: str) -> None:
    self._write(f'{self._now()}: WARNING: {text}', sys.stderr)

  def _say(self, text: str) -> None:
    self._write(f'{self._now()}: {text}', sys.stdout)

  def _write(self, line: str, file: TextIO) -> None:
    if self._bar is not None:
      self._bar.write(line, file=file)
    else:
      print(line, file=file)

  def _resumed(self, event: train_events.Resumed) -> None:
    self._first_step = event.step
    self._start = f'resumed after {event.step} steps from {event.prefix}'
    self._say(f'Resuming from {event.prefix} after {event.step} steps.')
    for line in event.changed:
      self._say(f'Changed: {line}.')
    if self._train_config.pretrained_model_checkpoint_path:
      self._say(
        '--pretrained_model_checkpoint_path is not used, because train_dir has '
        'a checkpoint: give another --train_dir to start from the pretrained '
        'model.'
      )

  def _caching(self, done: int, total: int) -> None:
    finished = done >= total
    if self._terminal and (self._bar is not None or not finished):
      if self._bar is None:
        self._bar = _make_bar(total, done, 'Computing features: ')
      self._bar.update(done - self._bar.n)
    elif line := self._feature_lines.line(done, total):
      self._say(line)
    if finished:
      self.close()

  def _started(self, event: train_events.Started) -> None:
    if len(event.class_names) == 1:
      self._warn(
        f'there is only one class, {event.class_names[0]}: the network will '
        'assign it to every image.'
      )
    self.close()
    first, *lines = run_banner.lines(
      event,
      self._train_config,
      self._input_config,
      first_step=self._first_step,
      start=self._start,
    )
    self._say(first)
    for line in lines:
      self._write(line, sys.stdout)
    if self._terminal:
      self._bar = _make_bar(event.num_steps, self._first_step, '')

  def _stepped(self, step: int, loss: float) -> None:
    if self._bar is None:
      return
    parts = [f'loss {loss:.3f}']
    if self._examples_per_sec is not None:
      parts.append(f'{self._examples_per_sec:.1f} examples/sec')
    resident = process_memory.resident_bytes()
    if resident is not None:
      parts.append(f'{resident / 2**30:.1f} GB')
    self._bar.set_postfix_str(', '.join(parts), refresh=False)
    self._bar.update(step + 1 - self._bar.n)

  def _step_done(self, event: train_events.StepDone) -> None:
    if self._terminal:
      self._examples_per_sec = event.examples_per_sec
      return
    # The original's line.
    self._say(
      f'step {event.step}, loss = {event.loss:.2f} '
      f'({event.examples_per_sec:.1f} examples/sec; '
      f'{event.sec_per_batch:.3f} sec/batch)'
    )

  def __enter__(self) -> 'TrainingReport':
    return self

  def __exit__(self, *unused: object) -> None:
    self.close()


def _make_bar(total: int, done: int, text: str) -> tqdm.tqdm:
  try:
    size = os.get_terminal_size(sys.stdout.fileno())
  except (OSError, ValueError):
    size = os.terminal_size((0, 0))
  # Some terminals (of containers, of editors) report a size of 0 x 0, in which
  # tqdm would draw nothing.
  shape: dict[str, Any] = (
    dict(dynamic_ncols=True) if all(size) else _UNKNOWN_SHAPE
  )
  return tqdm.tqdm(
    desc=text,
    total=total,
    initial=done,
    file=sys.stdout,
    bar_format=_BAR,
    **shape,
  )


def _evaluation(event: train_events.TrainingEvaluated) -> str:
  best = ' (best so far)' if event.is_best else ''
  return (
    f'step {event.step}: precision @ 1 = {event.precision_at_1:.4f} '
    f'recall @ {event.k} = {event.recall_at_k:.4f} '
    f'[{event.num_examples} examples]{best}'
  )
