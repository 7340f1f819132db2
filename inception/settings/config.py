"""The settings of every engine, as frozen dataclasses that check themselves.

A command turns its flags into these; a flag's default is the dataclass's
default. Importing this module imports nothing heavy, so that a command can
refuse a wrong flag before it has spent three seconds on TensorFlow.

  InputConfig    where the records are and how they become batches
  EvalConfig     one evaluation, or one watch over a folder of checkpoints
  SplitConfig    which images are for validation
  RecordsConfig  how image files become records
"""

import dataclasses
import pathlib
import tempfile

from inception.settings import config_checks
from inception.settings import training_config

AUGMENTATIONS = ('inception', 'light', 'randaugment', 'none')

# The central crop; with its mirror image; with four more crops.
VIEWS = (1, 2, 10)

ON_DUPLICATE = ('keep', 'drop')
ON_CONFLICT = ('keep', 'drop', 'fail')
ON_BAD_IMAGE = ('skip', 'fail')

# Their number has five digits in a shard's name.
MAX_SHARDS = 99_999
# Smaller than what the network can read, nobody wants images to be.
MIN_MAX_SIDE = 32
MAX_NEAR_DUPLICATE_DISTANCE = 32

# Below this the last stage of Inception v3 has no pixel left.
MIN_IMAGE_SIZE = 75

# The 2016 default was /tmp/...; the system's temporary folder is that on Linux
# and a folder that exists on Windows.
_TEMPORARY = pathlib.Path(tempfile.gettempdir())


def temporary_folder(name: str) -> str:
  """Returns the default of a folder flag: `name` in the temporary folder."""
  return str(_TEMPORARY / name)


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
      brightness and contrast), 'randaugment' (mild crops, flip and two drawn
      operations, 1909.13719) or 'none' (evaluation's preprocessing).
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
    config_checks.require(bool(self.data_dir), 'data_dir must name a folder')
    config_checks.require(bool(self.subset), 'subset must not be empty')
    config_checks.at_least(
      self,
      1,
      'batch_size',
      'num_preprocess_threads',
      'num_readers',
      'input_queue_memory_factor',
    )
    config_checks.at_least(self, MIN_IMAGE_SIZE, 'image_size')
    config_checks.one_of(self, 'augmentation', AUGMENTATIONS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalConfig:
  """One evaluation, or one watch over a folder of checkpoints.

  Attributes:
    eval_dir: folder of the event files.
    checkpoint_dir: folder of the checkpoints (a run's train_dir).
    eval_interval_secs: seconds between two looks for a new checkpoint.
    run_once: evaluate the newest checkpoint and stop.
    num_examples: how many examples to evaluate; None is all there are.
    precision: as in training_config.TrainConfig.
    use_training_image_size: evaluate images of the size that the checkpoint was
      trained with, where it records one, in place of InputConfig's.
    use_training_precision: likewise, compute in the training's precision.
    target_precision: finds the threshold at which answers reach it, in (0, 1);
      None does not.
    coverage: finds sets of classes that hold the true one with this
      probability, in (0, 1); None does not.
    checkpoint_paths: evaluates these in place of checkpoint_dir's newest, and
      compares all others with the first.
    compare_to: metrics.json, predictions.csv or the folder of an evaluation to
      compare with; '' does not.
    relabel_csv: file for likely wrong labels; '' writes none.
    views: of each image, whose probabilities are averaged; one of VIEWS.
  """

  eval_dir: str
  checkpoint_dir: str
  eval_interval_secs: float = 300.0
  run_once: bool = False
  num_examples: int | None = None
  precision: str = 'float32'
  use_training_image_size: bool = False
  use_training_precision: bool = False
  target_precision: float | None = None
  coverage: float | None = None
  checkpoint_paths: tuple[str, ...] = ()
  compare_to: str = ''
  relabel_csv: str = ''
  views: int = 1

  def __post_init__(self):
    config_checks.require(bool(self.eval_dir), 'eval_dir must name a folder')
    config_checks.require(
      bool(self.checkpoint_dir), 'checkpoint_dir must name a folder'
    )
    config_checks.positive(self, 'eval_interval_secs')
    for name in ('target_precision', 'coverage'):
      value = getattr(self, name)
      config_checks.require(
        value is None or 0 < value < 1,
        f'{name} must be between 0 and 1, got {value}',
      )
    config_checks.require(
      self.num_examples is None or self.num_examples >= 1,
      f'num_examples must be >= 1, got {self.num_examples}',
    )
    config_checks.one_of(self, 'precision', training_config.PRECISIONS)
    config_checks.require(
      self.views in VIEWS,
      f'views must be one of {", ".join(map(str, VIEWS))}, got {self.views}',
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class SplitConfig:
  """Which images are for validation, and which for a last test.

  Attributes:
    validation_fraction: of the images of each class.
    validation_per_class: how many of each class, in place of the fraction.
    test_fraction: of the images of each class.
    seed: which ones: the same seed draws the same.
  """

  validation_fraction: float = 0.15
  validation_per_class: int | None = None
  test_fraction: float = 0.0
  seed: int = 12345

  def __post_init__(self):
    config_checks.in_unit_interval(self, 'validation_fraction', 'test_fraction')
    config_checks.require(
      self.validation_per_class is not None
      or self.validation_fraction + self.test_fraction < 1,
      'test_fraction and validation_fraction must leave something for '
      f'training, and {self.validation_fraction} + {self.test_fraction} is '
      'all',
    )
    if self.validation_per_class is not None:
      config_checks.at_least(self, 1, 'validation_per_class')
    config_checks.at_least(self, 0, 'seed')


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordsConfig:
  """How image files become records.

  Attributes:
    output_directory: folder of the TFRecord shards.
    train_shards: number of files that hold the training images; None is one
      for about 1,024 images.
    validation_shards: the same for the validation images.
    test_shards: the same for the test images.
    num_threads: images being read, checked and encoded at a time.
    seed: of the images' order in the records.
    max_side: images with a longer side, in pixels, are shrunk to it; None
      leaves them as they are.
    on_duplicate: 'keep', or 'drop' all but one of the copies of a picture.
    on_conflict: what becomes of a picture that is in two classes: 'keep',
      'drop' (from all of them) or 'fail'.
    on_bad_image: 'skip' a file that is no usable image, or 'fail'.
    near_duplicate_distance: pictures are nearly the same up to this many
      differing bits, of 256 (near_duplicates).
  """

  output_directory: str
  train_shards: int | None = None
  validation_shards: int | None = None
  test_shards: int | None = None
  num_threads: int = 2
  seed: int = 12345
  max_side: int | None = None
  on_duplicate: str = 'keep'
  on_conflict: str = 'keep'
  on_bad_image: str = 'skip'
  near_duplicate_distance: int = 24

  def __post_init__(self):
    config_checks.require(
      bool(self.output_directory), 'output_directory must name a folder'
    )
    config_checks.at_least(self, 1, 'num_threads')
    for name in ('train_shards', 'validation_shards', 'test_shards'):
      value = getattr(self, name)
      config_checks.require(
        value is None or 1 <= value <= MAX_SHARDS,
        f'{name} must be in 1..{MAX_SHARDS}, got {value}',
      )
    config_checks.require(
      self.max_side is None or self.max_side >= MIN_MAX_SIDE,
      f'max_side must be >= {MIN_MAX_SIDE}, got {self.max_side}',
    )
    config_checks.at_least(self, 0, 'seed', 'near_duplicate_distance')
    config_checks.require(
      self.near_duplicate_distance <= MAX_NEAR_DUPLICATE_DISTANCE,
      f'near_duplicate_distance must be <= {MAX_NEAR_DUPLICATE_DISTANCE} '
      f'(more finds other pictures), got {self.near_duplicate_distance}',
    )
    config_checks.one_of(self, 'on_duplicate', ON_DUPLICATE)
    config_checks.one_of(self, 'on_conflict', ON_CONFLICT)
    config_checks.one_of(self, 'on_bad_image', ON_BAD_IMAGE)

  def shards_asked_for(self, subset: str) -> int | None:
    """Returns how many shards the subset shall have; None is by size."""
    return getattr(self, f'{subset}_shards')
