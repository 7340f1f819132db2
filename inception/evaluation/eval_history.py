"""Results of earlier evaluations: precision over the steps of a training.

record       appends a result to EVAL_DIR/metrics.jsonl
read         returns the comparable results, one per step
train_dir    returns the folder of the training that made a checkpoint
Evaluation   one result and its circumstances
Point        precision @ 1 of one step

Evaluations during the training, in TRAIN_DIR/metrics.jsonl, are included if
they have the same number of examples.
"""

import dataclasses
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any

from inception.evaluation import proportions
from inception.monitoring import metrics_log

# A training writes 'eval' for its own evaluations.
KIND = 'evaluation'
_TRAINING_KIND = 'eval'
# The subset that is evaluated during a training.
_TRAINING_SUBSET = 'validation'
# Fields that results have in common if they can be compared.
_COMPARABLE = ('train_dir', 'data_dir', 'subset', 'views', 'num_examples')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Evaluation:
  """One result and its circumstances.

  Attributes:
    step: training step of the checkpoint.
    train_dir: folder of the checkpoint.
    data_dir: folder of the records.
    subset: name of the evaluated subset.
    views: number of views of each image.
    num_examples: number of evaluated examples.
    num_correct: number of correct ones among them.
  """

  step: int
  train_dir: str
  data_dir: str
  subset: str
  views: int
  num_examples: int
  num_correct: int


@dataclasses.dataclass(frozen=True)
class Point:
  """Precision @ 1 of one step.

  Attributes:
    step: training step.
    precision: precision @ 1, in [0, 1].
    interval: 95 % Wilson interval of the precision.
  """

  step: int
  precision: float
  interval: tuple[float, float]


def train_dir(prefix: str) -> str:
  """Returns the folder of the training that made a checkpoint.

  For the best checkpoint, whose folder has no metrics.jsonl, that is the folder
  above.

  Args:
    prefix: prefix of the checkpoint.
  """
  folder = pathlib.Path(prefix).absolute().parent
  has_log = (folder / metrics_log.FILE_NAME).exists()
  if not has_log and (folder.parent / metrics_log.FILE_NAME).exists():
    folder = folder.parent
  return str(folder)


def record(eval_dir: str | os.PathLike, evaluation: Evaluation) -> None:
  """Appends a result to the folder's metrics.jsonl, if it can be written."""
  values = dataclasses.asdict(evaluation)
  step = values.pop('step')
  with metrics_log.MetricsLog(eval_dir) as log:
    log.write(KIND, step, **values)


def read(eval_dir: str | os.PathLike, evaluation: Evaluation) -> list[Point]:
  """Returns the results that can be compared with one, in order of the steps.

  The last result of each step counts. Lines that cannot be read are skipped.

  Args:
    eval_dir: folder of the evaluations.
    evaluation: the latest result, which is included.
  """
  wanted = dataclasses.asdict(evaluation)
  counts = {}
  if evaluation.subset == _TRAINING_SUBSET:
    for line in _lines(evaluation.train_dir, _TRAINING_KIND):
      match line:
        case {
          'step': int(step),
          'precision_at_1': float(precision),
          'num_examples': evaluation.num_examples,
        } if 0 <= precision <= 1 and line.get('views', 1) == evaluation.views:
          counts[step] = round(precision * evaluation.num_examples)
  for line in _lines(eval_dir, KIND):
    match line:
      case {'step': int(step), 'num_correct': int(correct)} if (
        0 <= correct <= evaluation.num_examples
        and all(line.get(name) == wanted[name] for name in _COMPARABLE)
      ):
        counts[step] = correct
  counts[evaluation.step] = evaluation.num_correct
  total = evaluation.num_examples
  return [
    Point(step, correct / total, proportions.wilson_interval(correct, total))
    for step, correct in sorted(counts.items())
  ]


def _lines(folder: str | os.PathLike, kind: str) -> Iterator[dict[str, Any]]:
  """Yields the lines of one kind; none if there is no readable file."""
  try:
    content = pathlib.Path(folder, metrics_log.FILE_NAME).read_bytes()
  except OSError:
    return
  for text in content.split(b'\n'):
    try:
      line = json.loads(text)
    except ValueError:  # Not JSON, or not UTF-8.
      continue
    if isinstance(line, dict) and line.get('kind') == kind:
      yield line
