"""The settings of every engine, as frozen dataclasses that check themselves.

A command turns its flags into these; a flag's default is the dataclass's
default. Importing this module imports nothing heavy, so that a command can
refuse a wrong flag before it has spent three seconds on TensorFlow.

  InputConfig    where the records are and how they become batches
  TrainConfig    one training run
  EvalConfig     one evaluation, or one watch over a folder of checkpoints
  SplitConfig    which images are for validation
  RecordsConfig  how image files become records
"""

import dataclasses
import math
import pathlib
import tempfile

AUGMENTATIONS = ('inception', 'light', 'none')
PRECISIONS = ('float32', 'bfloat16', 'auto')
OPTIMIZERS = ('rmsprop', 'adam')
LEARNING_RATE_SCHEDULES = ('exponential', 'cosine', 'constant')

# Below this the last stage of Inception v3 has no pixel left.
MIN_IMAGE_SIZE = 75

# The 2016 default was /tmp/...; the system's temporary folder is that on Linux
# and a folder that exists on Windows.
_TEMPORARY = pathlib.Path(tempfile.gettempdir())


def temporary_folder(name: str) -> str:
  """Returns the default of a folder flag: `name` in the temporary folder."""
  return str(_TEMPORARY / name)


def _require(condition: bool, message: str) -> None:
  if not condition:
    raise ValueError(message)


def _at_least(config, minimum, *names) -> None:
  for name in names:
    value = getattr(config, name)
    _require(value >= minimum, f'{name} must be >= {minimum}, got {value}')


def _positive(config, *names) -> None:
  for name in names:
    value = getattr(config, name)
    _require(math.isfinite(value) and value > 0,
             f'{name} must be a positive number, got {value}')


def _one_of(config, name, choices) -> None:
  value = getattr(config, name)
  _require(value in choices,
           f'{name} must be one of {", ".join(choices)}, got {value!r}')


@dataclasses.dataclass(frozen=True, kw_only=True)
class InputConfig:
  """How records become batches.

  Attributes:
    data_dir: folder of the TFRecord shards.
    subset: 'train', 'validation' or another subset the folder has.
    batch_size: examples a batch, over all devices.
    image_size: height and width of the model's input, in pixels.
    num_preprocess_threads: decoding and distorting threads.
    num_readers: shards read side by side in training.
    input_queue_memory_factor: the shuffle buffer holds 1024 times this many
      encoded examples.
    augmentation: 'inception' (the original's), 'light' (mild crops, flip,
      brightness and contrast) or 'none' (evaluation's preprocessing).
    seed: makes shuffling and distortions repeatable; None draws one.
  """
  data_dir: str
  subset: str = 'train'
  batch_size: int = 32
  image_size: int = 299
  num_preprocess_threads: int = 4
  num_readers: int = 4
  input_queue_memory_factor: int = 16
  augmentation: str = 'inception'
  seed: int | None = None

  def __post_init__(self):
    _require(bool(self.data_dir), 'data_dir must name a folder')
    _require(bool(self.subset), 'subset must not be empty')
    _at_least(self, 1, 'batch_size', 'num_preprocess_threads', 'num_readers',
              'input_queue_memory_factor')
    _at_least(self, MIN_IMAGE_SIZE, 'image_size')
    _one_of(self, 'augmentation', AUGMENTATIONS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
  """One training run.

  Attributes:
    train_dir: folder of the run's checkpoints and event files.
    max_steps: the run ends after this many updates (of its whole life, over
      interruptions).
    num_gpus: devices that share each batch.
    log_device_placement: TensorFlow prints where each operation runs.
    fine_tune: the pretrained checkpoint's two classifier layers are left out.
    pretrained_model_checkpoint_path: where to start from; '' starts from
      random weights.
    optimizer: 'rmsprop' (the original's) or 'adam', which needs a rate of about
      0.002 and learns faster from random weights.
    initial_learning_rate: before the first decay.
    num_epochs_per_decay: epochs between decays ('exponential').
    learning_rate_decay_factor: what each decay multiplies by ('exponential').
    learning_rate_schedule: 'exponential' (the original's staircase), 'cosine'
      (to 0 at max_steps) or 'constant'.
    precision: of the network's arithmetic; variables are always float32.
      'auto' is bfloat16 where the processor or GPU computes in it.
    save_interval_secs: seconds between checkpoints.
    keep_checkpoints: how many of the newest checkpoints are kept.
    log_interval_steps: steps between the log's lines.
    summary_interval_steps: steps between TensorBoard summaries.
  """
  train_dir: str
  max_steps: int = 10_000_000
  num_gpus: int = 1
  log_device_placement: bool = False
  fine_tune: bool = False
  pretrained_model_checkpoint_path: str = ''
  optimizer: str = 'rmsprop'
  initial_learning_rate: float = 0.1
  num_epochs_per_decay: float = 30.0
  learning_rate_decay_factor: float = 0.16
  learning_rate_schedule: str = 'exponential'
  precision: str = 'float32'
  save_interval_secs: float = 600.0
  keep_checkpoints: int = 5
  log_interval_steps: int = 10
  summary_interval_steps: int = 100

  def __post_init__(self):
    _require(bool(self.train_dir), 'train_dir must name a folder')
    _at_least(self, 1, 'max_steps', 'num_gpus', 'keep_checkpoints',
              'log_interval_steps', 'summary_interval_steps')
    _positive(self, 'initial_learning_rate', 'num_epochs_per_decay',
              'learning_rate_decay_factor', 'save_interval_secs')
    _one_of(self, 'optimizer', OPTIMIZERS)
    _one_of(self, 'learning_rate_schedule', LEARNING_RATE_SCHEDULES)
    _one_of(self, 'precision', PRECISIONS)
    _require(not self.fine_tune or bool(self.pretrained_model_checkpoint_path),
             'fine_tune needs pretrained_model_checkpoint_path: the checkpoint '
             'to fine-tune')


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalConfig:
  """One evaluation, or one watch over a folder of checkpoints.

  Attributes:
    eval_dir: folder of the event files.
    checkpoint_dir: folder of the checkpoints (a run's train_dir).
    eval_interval_secs: seconds between two looks for a new checkpoint.
    run_once: evaluate the newest checkpoint and stop.
    num_examples: how many examples to evaluate; None is all there are.
    precision: as in TrainConfig.
  """
  eval_dir: str
  checkpoint_dir: str
  eval_interval_secs: float = 300.0
  run_once: bool = False
  num_examples: int | None = None
  precision: str = 'float32'

  def __post_init__(self):
    _require(bool(self.eval_dir), 'eval_dir must name a folder')
    _require(bool(self.checkpoint_dir), 'checkpoint_dir must name a folder')
    _positive(self, 'eval_interval_secs')
    _require(self.num_examples is None or self.num_examples >= 1,
             f'num_examples must be >= 1, got {self.num_examples}')
    _one_of(self, 'precision', PRECISIONS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SplitConfig:
  """Which images are for validation.

  Attributes:
    validation_per_class: how many of each class.
    seed: which ones: the same seed draws the same.
  """
  validation_per_class: int = 100
  seed: int = 12345

  def __post_init__(self):
    _at_least(self, 1, 'validation_per_class')
    _at_least(self, 0, 'seed')


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordsConfig:
  """How image files become records.

  Attributes:
    output_directory: folder of the TFRecord shards.
    train_shards: number of files that hold the training images.
    validation_shards: number of files that hold the validation images.
    num_threads: images being read, checked and encoded at a time.
    seed: of the images' order in the records.
  """
  output_directory: str
  train_shards: int = 2
  validation_shards: int = 2
  num_threads: int = 2
  seed: int = 12345

  def __post_init__(self):
    _require(bool(self.output_directory),
             'output_directory must name a folder')
    _at_least(self, 1, 'train_shards', 'validation_shards', 'num_threads')
    _require(max(self.train_shards, self.validation_shards) <= 99_999,
             'train_shards and validation_shards must be <= 99999')
    _at_least(self, 0, 'seed')

  @property
  def num_shards(self) -> dict[str, int]:
    """Returns {subset: number of shards}."""
    return {'train': self.train_shards, 'validation': self.validation_shards}
