"""Evaluates checkpoints: each example exactly once, with the averaged weights.

evaluate    one checkpoint
watch       every new checkpoint of a folder
the events  Waiting, Damaged, Loaded, evaluator.Progress, CheckpointEvaluated
"""

import dataclasses
import pathlib
import time
from collections.abc import Callable

from inception import dataset as dataset_lib
from inception import inception_model
from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.evaluation import evaluator
from inception.hardware import mixed_precision
from inception.jobs import errors
from inception.monitoring import summaries
from inception.optimization import moving_averages
from inception.settings import config
from inception.settings import training_config


class EvalError(errors.UserError):
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
  """A checkpoint was read.

  Attributes:
    prefix: of the checkpoint.
    step: that it was saved after.
    image_size: height and width of the images that it is evaluated on.
    compute_dtype: name of the number format that it is evaluated in.
  """

  prefix: str
  step: int
  image_size: int
  compute_dtype: str = 'float32'


@dataclasses.dataclass(frozen=True)
class CheckpointEvaluated:
  """The result for one checkpoint.

  Attributes:
    step: of the checkpoint.
    result: what was counted.
  """

  step: int
  result: evaluator.Result


Event = Waiting | Damaged | Loaded | evaluator.Progress | CheckpointEvaluated


class _CheckpointEvaluator:
  """One network, for any number of checkpoints."""

  def __init__(self, dataset, eval_config, input_config, on_event):
    self._dataset = dataset
    self._config = eval_config
    self._input_config = input_config
    self._on_event = on_event
    self._models: dict[str, inception_model.InceptionModel] = {}
    self._evaluators: dict[tuple[str, int], evaluator.Evaluator] = {}

  def _model(self, precision: str) -> inception_model.InceptionModel:
    """Returns the network of a precision, made when it is first needed."""
    if precision not in self._models:
      self._models[precision] = inception_model.InceptionModel(
        num_classes=self._dataset.num_classes,
        compute_dtype=mixed_precision.compute_dtype(precision),
      )
    return self._models[precision]

  def _evaluator(self, precision: str, image_size: int) -> evaluator.Evaluator:
    """Returns the one for such images; each traces the network."""
    key = precision, image_size
    if key not in self._evaluators:
      model = self._model(precision)
      self._evaluators[key] = evaluator.Evaluator(
        lambda images: model.inference(images, is_training=False).logits,
        self._dataset,
        dataclasses.replace(self._input_config, image_size=image_size),
        num_examples=self._config.num_examples,
      )
    return self._evaluators[key]

  def run(self, prefix: str) -> CheckpointEvaluated:
    """Evaluates one checkpoint."""
    image_size, precision = self._check_info(prefix)
    model = self._model(precision)
    checkpoint.restore(
      prefix,
      {
        moving_averages.shadow_name(name): variable
        for name, variable in model.variables.items()
      },
    )
    step = checkpoint.step_of(prefix)
    self._on_event(Loaded(prefix, step, image_size, model.compute_dtype.name))
    result = self._evaluator(precision, image_size).run(self._on_event)
    summaries.write_eval(
      self._config.eval_dir,
      step,
      precision_at_1=result.precision_at_1,
      recall_at_k=result.recall_at_k,
      k=result.k,
    )
    event = CheckpointEvaluated(step, result)
    self._on_event(event)
    return event

  def _check_info(self, prefix: str) -> tuple[int, str]:
    """Returns (image size, precision); requires that the classes are ours."""
    image_size, precision = (
      self._input_config.image_size,
      self._config.precision,
    )
    text = checkpoint.read_text(prefix, run_info.VARIABLE)
    if text is None:  # Of 2016, or of another program.
      return image_size, precision
    try:
      info = run_info.RunInfo.from_json(text)
      run_info.check_classes(
        info, self._dataset.class_names, flag='checkpoint_dir'
      )
    except ValueError as error:
      raise EvalError(f'{prefix!r}: {error}') from error
    if self._config.use_training_image_size:
      image_size = info.image_size
    if self._config.use_training_precision:
      # Unknown is what a later version may have learnt to compute in.
      recorded = info.settings.get('precision')
      if recorded in training_config.PRECISIONS:
        precision = recorded
    return image_size, precision


def evaluate(
  dataset: dataset_lib.Dataset,
  eval_config: config.EvalConfig,
  input_config: config.InputConfig,
  *,
  on_event: Callable[[Event], None] = lambda event: None,
) -> CheckpointEvaluated:
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
    raise EvalError(
      f'there is no checkpoint in {eval_config.checkpoint_dir!r}:'
      ' train first, or give another --checkpoint_dir'
    )
  _check_output(dataset, eval_config, input_config)
  return _CheckpointEvaluator(dataset, eval_config, input_config, on_event).run(
    prefix
  )


def _check_output(dataset, eval_config, input_config) -> None:
  dataset.shard_files(input_config.subset)
  pathlib.Path(eval_config.eval_dir).mkdir(parents=True, exist_ok=True)


def watch(
  dataset: dataset_lib.Dataset,
  eval_config: config.EvalConfig,
  input_config: config.InputConfig,
  *,
  on_event: Callable[[Event], None] = lambda event: None,
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
      on_event(Waiting(eval_config.checkpoint_dir))
    elif prefix != done:
      evaluator = evaluator or _CheckpointEvaluator(
        dataset, eval_config, input_config, on_event
      )
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
