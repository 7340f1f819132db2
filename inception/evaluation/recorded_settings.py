"""Settings of an evaluation that the checkpoint may determine.

read               returns the settings for one checkpoint
RecordedSettings   image size, precision, views, trained layers
EvalError          a checkpoint cannot be evaluated
"""

from collections.abc import Sequence
from typing import NamedTuple

from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.jobs import errors
from inception.settings import config
from inception.settings import parsing
from inception.settings import training_config


class EvalError(errors.UserError):
  """A checkpoint cannot be evaluated; the text says why and what to do."""


class RecordedSettings(NamedTuple):
  """Settings of an evaluation, partly from the checkpoint.

  Attributes:
    image_size: height and width of the network's input, in pixels.
    precision: number format of the computation.
    views: number of views of each image whose probabilities are averaged.
    is_head_only: whether only the last layer is known to have been trained.
  """

  image_size: int
  precision: str
  views: int = 1
  is_head_only: bool = False


def read(
  prefix: str,
  class_names: Sequence[str],
  eval_config: config.EvalConfig,
  *,
  image_size: int,
) -> RecordedSettings:
  """Returns the settings to evaluate a checkpoint with.

  Args:
    prefix: prefix of the checkpoint.
    class_names: class names of the data, which the checkpoint must have too.
    eval_config: settings of the evaluation; it determines which settings of
      the checkpoint are used.
    image_size: height and width of the network's input, in pixels, unless
      those of the training are used.

  Raises:
    EvalError: the checkpoint was trained on other classes.
  """
  settings = RecordedSettings(
    image_size, eval_config.precision, eval_config.views or 1
  )
  text = checkpoint.read_text(prefix, run_info.VARIABLE)
  if text is None:  # A checkpoint of 2016 or of another program.
    return settings
  try:
    info = run_info.RunInfo.from_json(text)
    run_info.check_classes(info, class_names, flag='checkpoint_dir')
  except ValueError as error:
    raise EvalError(f'{prefix!r}: {error}') from error
  if eval_config.use_training_image_size:
    settings = settings._replace(image_size=info.image_size)
  # A later version may have averaged numbers of views unknown here.
  if eval_config.views is None and info.views in parsing.VIEWS:
    settings = settings._replace(views=info.views)
  if eval_config.use_training_precision:
    # A later version may have computed in a precision unknown here.
    recorded = info.settings.get('precision')
    if recorded in training_config.PRECISIONS:
      settings = settings._replace(precision=recorded)
  scopes = info.settings.get('trainable_scopes')
  return settings._replace(is_head_only=scopes == training_config.HEAD)
