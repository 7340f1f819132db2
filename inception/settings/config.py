"""Settings of the engines, as frozen dataclasses that check themselves.

A command turns its flags into these; a flag's default is the dataclass's
default. Importing this module imports nothing heavy, so that a command can
refuse a wrong flag before it has spent three seconds on importing TensorFlow.

  InputConfig    settings for reading records as batches
  EvalConfig     settings of an evaluation
  SplitConfig    settings for splitting images into subsets
  RecordsConfig  settings for converting image files into records
"""

import dataclasses
import pathlib
import tempfile

from inception.settings import config_checks
from inception.settings import parsing
from inception.settings import training_config

AUGMENTATIONS = ('inception', 'light', 'randaugment', 'none')

ON_DUPLICATE = ('keep', 'drop')
ON_CONFLICT = ('keep', 'drop', 'fail')
ON_BAD_IMAGE = ('skip', 'fail')

# A shard's name has five digits for its number.
MAX_SHARDS = 99_999
# Lower limit of max_side; smaller images are of no use for training.
MIN_MAX_SIDE = 32
MAX_NEAR_DUPLICATE_DISTANCE = 32

MIN_IMAGE_SIZE = parsing.MIN_IMAGE_SIZE

# The default of 2016 was /tmp/...; the system's temporary folder is the same on
# Linux, and exists on Windows.
_TEMPORARY = pathlib.Path(tempfile.gettempdir())


def temporary_folder(name: str) -> str:
  """Returns the default of a folder flag: `name` in the temporary folder."""
  return str(_TEMPORARY / name)


@dataclasses.dataclass(frozen=True, kw_only=True)
class InputConfig:
  """Settings for reading records as batches.

  Attributes:
    data_dir: folder of the TFRecord shards.
    subset: 'train', 'validation' or another subset in the folder.
    batch_size: number of examples per batch, over all devices.
    image_size: height and width of the model's input, in pixels.
    num_preprocess_threads: number of threads that decode and distort images.
    num_readers: number of shards that training reads in parallel.
    input_queue_memory_factor: size of the shuffle buffer in units of 1024
      encoded examples.
    augmentation: distortion of training images: 'inception' (the original's),
      'light' (mild crops, flip, brightness and contrast), 'randaugment' (mild
      crops, flip and two random operations, arXiv 1909.13719) or 'none'
      (evaluation's preprocessing).
    seed: seed that makes shuffling and distortions repeatable; None draws one.
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

  def __post_init__(self) -> None:
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
  """Settings of one evaluation, or of watching a folder of checkpoints.

  Attributes:
    eval_dir: folder of the event files.
    checkpoint_dir: folder of the checkpoints (a run's train_dir).
    eval_interval_secs: seconds between two checks for a new checkpoint.
    max_idle_secs: number of seconds without a new checkpoint after which the
      watch ends; None watches until it is stopped.
    run_once: whether to evaluate the newest checkpoint and stop.
    num_examples: number of examples to evaluate; None evaluates all.
    precision: number format, as in training_config.TrainConfig.
    use_training_image_size: whether to evaluate at the image size that the
      training has recorded in the checkpoint, if any, instead of InputConfig's.
    use_training_precision: whether to compute in the precision of the training,
      if the checkpoint records it, instead of `precision`.
    target_precision: precision in (0, 1) for which to find the threshold at
      which the answers reach it; None finds none.
    coverage: probability in (0, 1) with which sets of classes are to contain
      the true one; None computes no sets.
    checkpoint_paths: checkpoints to evaluate instead of the newest one in
      checkpoint_dir; the first is compared with all others.
    compare_to: metrics.json, predictions.csv or the folder of an evaluation to
      compare with; '' compares with none.
    relabel_csv: file for labels that are probably wrong; '' writes none.
    views: number of views of each image whose probabilities are averaged, in
      parsing.VIEWS; None is the number that the checkpoint records, or else 1.
    num_gpus: number of this host's GPUs that share each batch.
    cross_validation: number of folds for cross-validating the last layer on
      the features of all subsets; 0 does not.
    examine_training: whether to compute the features of the training pictures
      for the figures that need them; existing features are used anyway.
  """

  eval_dir: str
  checkpoint_dir: str
  eval_interval_secs: float = 300.0
  max_idle_secs: float | None = None
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
  views: int | None = None
  num_gpus: int = 1
  cross_validation: int = 0
  examine_training: bool = False

  def __post_init__(self) -> None:
    config_checks.require(bool(self.eval_dir), 'eval_dir must name a folder')
    config_checks.require(
      bool(self.checkpoint_dir), 'checkpoint_dir must name a folder'
    )
    config_checks.positive(self, 'eval_interval_secs')
    config_checks.at_least(self, 1, 'num_gpus')
    config_checks.require(
      self.max_idle_secs is None or self.max_idle_secs >= 0,
      f'max_idle_secs must be >= 0, got {self.max_idle_secs}',
    )
    config_checks.require(
      self.cross_validation == 0 or self.cross_validation >= 2,
      'cross_validation must be 0 or the number of folds, at least 2, got '
      f'{self.cross_validation}',
    )
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
      self.views is None or self.views in parsing.VIEWS,
      f'views must be one of {", ".join(map(str, parsing.VIEWS))}, got '
      f'{self.views}',
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class SplitConfig:
  """Settings for splitting images into training, validation and test subsets.

  Attributes:
    validation_fraction: share of each class's images for validation.
    validation_per_class: number of validation images per class, instead of
      validation_fraction.
    test_fraction: share of each class's images for a final test.
    seed: seed of the selection; the same seed selects the same images.
  """

  validation_fraction: float = 0.15
  validation_per_class: int | None = None
  test_fraction: float = 0.0
  seed: int = 12345

  def __post_init__(self) -> None:
    config_checks.in_unit_interval(self, 'validation_fraction', 'test_fraction')
    config_checks.require(
      self.validation_per_class is not None
      or self.validation_fraction + self.test_fraction < 1,
      'test_fraction and validation_fraction must leave something for '
      f'training, but {self.validation_fraction} + {self.test_fraction} >= 1',
    )
    if self.validation_per_class is not None:
      config_checks.at_least(self, 1, 'validation_per_class')
    config_checks.at_least(self, 0, 'seed')


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordsConfig:
  """Settings for converting image files into records.

  Attributes:
    output_directory: folder of the TFRecord shards.
    train_shards: number of files for the training images; None makes one per
      about 1,024 images.
    validation_shards: number of files for the validation images; see
      train_shards.
    test_shards: number of files for the test images; see train_shards.
    num_threads: number of images that are read, checked and encoded in
      parallel.
    seed: seed of the images' order in the records.
    max_side: maximum length of an image's longer side, in pixels; larger images
      are shrunk to it. None keeps their size.
    on_duplicate: treatment of copies of a picture: 'keep', or 'drop' all but
      one.
    on_conflict: treatment of a picture that is in two classes: 'keep', 'drop'
      (from all of them) or 'fail'.
    on_bad_image: treatment of a file that is no usable image: 'skip' or 'fail'.
    near_duplicate_distance: maximum number of differing bits, out of 256,
      between near copies (near_duplicates).
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

  def __post_init__(self) -> None:
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
      f'(a larger one matches different pictures), got '
      f'{self.near_duplicate_distance}',
    )
    config_checks.one_of(self, 'on_duplicate', ON_DUPLICATE)
    config_checks.one_of(self, 'on_conflict', ON_CONFLICT)
    config_checks.one_of(self, 'on_bad_image', ON_BAD_IMAGE)

  def shards_asked_for(self, subset: str) -> int | None:
    """Returns the subset's number of shards; None derives it from the size."""
    return getattr(self, f'{subset}_shards')
