"""Settings of a training run, as a frozen dataclass that checks itself.

A flag's default is the dataclass's default, which is that of 2016 wherever the
setting existed in 2016. Importing this module imports nothing heavy; see
config.

  TrainConfig  settings of one training run
"""

import dataclasses

from inception.settings import config_checks
from inception.settings import defaults_2016
from inception.settings import parsing

PRECISIONS = ('float32', 'bfloat16', 'float16', 'auto')
OPTIMIZERS = ('rmsprop', 'sgd', 'adam', 'adamw')
LEARNING_RATE_SCHEDULES = ('exponential', 'cosine', 'constant')
CLASS_WEIGHTS = ('none', 'balanced')

ALL_LAYERS = parsing.ALL_LAYERS
HEAD = parsing.HEAD


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
  """Settings of one training run.

  Attributes:
    train_dir: folder of the run's checkpoints and event files.
    max_steps: total number of updates, including those before interruptions.
    num_epochs: total number of passes over the data, if that is fewer steps
      than max_steps; 0 leaves the length to max_steps.
    min_steps: number of updates that num_epochs means at least, for few images.
    minutes: minutes of wall time that the command is to take, from its start
      to its end, instead of num_epochs; 0 sets no limit.
    num_gpus: number of this host's GPUs that share each batch.
    log_device_placement: whether TensorFlow logs the device of each operation.
    fine_tune: whether the two classifier layers start from random weights
      instead of the pretrained checkpoint.
    pretrained_model_checkpoint_path: path of the checkpoint to start from; ''
      starts from random weights.
    trainable_scopes: variables to train: 'all'; 'head', the last layer on
      features that are computed once; or prefixes of variable names, separated
      by commas, such as 'logits,aux_logits,mixed_8x8x2048'. Other variables
      keep their values, including the statistics of batch norm.
    learning_rate_multipliers: factors of the learning rate,
      'SCOPE:FACTOR,...', for variables whose names begin with SCOPE; the
      longest matching SCOPE applies. With factor 0, weights keep their values
      while batch norm still updates its statistics; layers below the lowest
      one that changes need no backward pass.
    num_feature_views: number of views of each image whose features are
      computed: the plain one, and distorted ones (trainable_scopes 'head').
    optimizer: 'rmsprop' (the original's); 'sgd', with Nesterov momentum of
      0.9, which needs a rate of about 0.02 and fine-tunes in few steps;
      'adam', which needs one of about 0.002 and learns faster from random
      weights; or 'adamw', whose weight_decay is not part of the loss, and
      which fine-tunes in few steps at about 0.0006.
    initial_learning_rate: learning rate before the first decay.
    num_epochs_per_decay: epochs between decays ('exponential').
    learning_rate_decay_factor: factor of each decay ('exponential').
    learning_rate_schedule: 'exponential' (the original's staircase), 'cosine'
      (to 0 at the last step) or 'constant'.
    warmup_steps: number of steps over which the learning rate rises from 0.
    warmup_share: share of the run over which it does, in [0, 1), instead of
      warmup_steps.
    label_smoothing: probability mass spread over all classes, in [0, 1).
    aux_loss_weight: weight of the auxiliary classifier's loss; 0 disables it.
    dropout_keep_prob: probability with which dropout before the last layer
      keeps a feature, in (0, 1].
    weight_decay: decay of all weights, as L2 in the loss (for 'adamw', outside
      the loss).
    clip_gradient_norm: maximum of the gradients' global norm; 0 disables
      clipping.
    class_weights: 'none'; or 'balanced', which weights a class's loss in
      inverse proportion to its number of images.
    mixup_alpha: parameter of mixup's Beta distribution (arXiv 1710.09412); 0
      disables mixup.
    cutmix_alpha: parameter of CutMix's Beta distribution (arXiv 1905.04899); 0
      disables CutMix.
    moving_average_decay: decay of the averaged weights, which are the ones
      evaluated; it is at most (1 + n) / (10 + n) after n updates.
    batch_norm_decay: decay of the moving averages of batch norm's statistics.
    batch_norm_recalibration_batches: number of training batches from which the
      statistics of the averaged weights are recomputed before each checkpoint,
      at eval_image_size; 0 keeps the statistics of the training.
    precision: number format of the network's arithmetic; variables are always
      float32. 'auto' is bfloat16 where the processor or GPU computes in it.
    save_interval_secs: seconds between checkpoints.
    save_interval_steps: steps between checkpoints, in addition to
      save_interval_secs; 0 saves by time only.
    max_to_keep: number of recent checkpoints to keep.
    eval_interval_steps: steps between evaluations during the training; 0
      disables them.
    eval_subset: subset that these evaluate.
    eval_image_size: height and width of the images in evaluation, prediction
      and export, in pixels; 0 is that of the training (arXiv 1906.06423).
    eval_views: number of views of each image whose probabilities evaluation and
      prediction average, one of parsing.VIEWS.
    early_stopping_patience: number of evaluations without a new best after
      which the run ends; 0 disables early stopping.
    log_interval_steps: steps between the lines of the log.
    summary_interval_steps: steps between TensorBoard summaries.
    histogram_interval_steps: steps between histograms of weights and
      gradients; 0 disables them.
    profile_steps: first and last step that TensorFlow's profiler records, as
      'FIRST,LAST'; '' records none.
  """

  train_dir: str
  max_steps: int = 10_000_000
  num_epochs: float = 0.0
  min_steps: int = 0
  minutes: float = 0.0
  num_gpus: int = 1
  log_device_placement: bool = False
  fine_tune: bool = False
  pretrained_model_checkpoint_path: str = ''
  trainable_scopes: str = ALL_LAYERS
  learning_rate_multipliers: str = ''
  num_feature_views: int = 1
  optimizer: str = 'rmsprop'
  initial_learning_rate: float = 0.1
  num_epochs_per_decay: float = 30.0
  learning_rate_decay_factor: float = 0.16
  learning_rate_schedule: str = 'exponential'
  warmup_steps: int = 0
  warmup_share: float = 0.0
  label_smoothing: float = defaults_2016.LABEL_SMOOTHING
  aux_loss_weight: float = defaults_2016.AUX_LOSS_WEIGHT
  dropout_keep_prob: float = defaults_2016.DROPOUT_KEEP_PROB
  weight_decay: float = defaults_2016.WEIGHT_DECAY
  clip_gradient_norm: float = 0.0
  class_weights: str = 'none'
  mixup_alpha: float = 0.0
  cutmix_alpha: float = 0.0
  moving_average_decay: float = defaults_2016.EMA_DECAY
  batch_norm_decay: float = defaults_2016.BATCH_NORM_DECAY
  batch_norm_recalibration_batches: int = 0
  precision: str = 'float32'
  save_interval_secs: float = 600.0
  save_interval_steps: int = 0
  max_to_keep: int = 5
  eval_interval_steps: int = 0
  eval_subset: str = 'validation'
  eval_image_size: int = 0
  eval_views: int = 1
  early_stopping_patience: int = 0
  log_interval_steps: int = 10
  summary_interval_steps: int = 100
  histogram_interval_steps: int = 0
  profile_steps: str = ''

  def __post_init__(self) -> None:
    config_checks.require(bool(self.train_dir), 'train_dir must name a folder')
    config_checks.at_least(
      self,
      1,
      'max_steps',
      'num_gpus',
      'num_feature_views',
      'max_to_keep',
      'log_interval_steps',
      'summary_interval_steps',
    )
    config_checks.positive(
      self,
      'initial_learning_rate',
      'num_epochs_per_decay',
      'learning_rate_decay_factor',
      'save_interval_secs',
    )
    config_checks.at_least(
      self,
      0,
      'num_epochs',
      'min_steps',
      'minutes',
      'warmup_steps',
      'aux_loss_weight',
      'weight_decay',
      'clip_gradient_norm',
      'mixup_alpha',
      'cutmix_alpha',
      'batch_norm_recalibration_batches',
      'save_interval_steps',
      'eval_interval_steps',
      'early_stopping_patience',
      'histogram_interval_steps',
    )
    config_checks.in_unit_interval(
      self,
      'moving_average_decay',
      'batch_norm_decay',
      'label_smoothing',
      'warmup_share',
    )
    config_checks.require(
      0 < self.dropout_keep_prob <= 1,
      f'dropout_keep_prob must be in (0, 1], got {self.dropout_keep_prob}',
    )
    config_checks.one_of(self, 'optimizer', OPTIMIZERS)
    config_checks.one_of(
      self, 'learning_rate_schedule', LEARNING_RATE_SCHEDULES
    )
    config_checks.one_of(self, 'precision', PRECISIONS)
    config_checks.one_of(self, 'class_weights', CLASS_WEIGHTS)
    self._check_combinations()

  def _check_combinations(self) -> None:
    require = config_checks.require
    require(
      not self.fine_tune or bool(self.pretrained_model_checkpoint_path),
      'fine_tune needs pretrained_model_checkpoint_path: the checkpoint '
      'to fine-tune',
    )
    require(bool(self.trainable_scopes), 'trainable_scopes must not be empty')
    require(
      self.num_feature_views == 1 or self.trains_head_only,
      'num_feature_views needs trainable_scopes=head',
    )
    for name in (
      'mixup_alpha',
      'cutmix_alpha',
      'batch_norm_recalibration_batches',
    ):
      require(
        not (self.trains_head_only and getattr(self, name)),
        f'{name} must be 0 with trainable_scopes=head, which trains on '
        'features that are computed once',
      )
    require(
      not self.early_stopping_patience or bool(self.eval_interval_steps),
      'early_stopping_patience needs eval_interval_steps: the steps between '
      'two evaluations',
    )
    require(bool(self.eval_subset), 'eval_subset must not be empty')
    require(
      not (self.minutes and self.num_epochs),
      'minutes and num_epochs exclude each other',
    )
    require(
      not (self.warmup_steps and self.warmup_share),
      'warmup_steps and warmup_share exclude each other',
    )
    require(
      self.eval_image_size == 0
      or self.eval_image_size >= parsing.MIN_IMAGE_SIZE,
      f'eval_image_size must be 0 or >= {parsing.MIN_IMAGE_SIZE}, got '
      f'{self.eval_image_size}',
    )
    require(
      self.eval_views in parsing.VIEWS,
      'eval_views must be one of '
      f'{", ".join(map(str, parsing.VIEWS))}, got {self.eval_views}',
    )
    require(
      not (self.trains_head_only and self.eval_views > 1),
      'eval_views must be 1 with trainable_scopes=head, whose features are '
      'those of one view',
    )
    require(
      not (self.trains_head_only and self.eval_image_size),
      'eval_image_size must be 0 with trainable_scopes=head, whose features '
      'are those of image_size',
    )
    # Each raises ValueError if its text is invalid.
    parsing.scopes(self.trainable_scopes)
    parsing.rate_multipliers(self.learning_rate_multipliers)
    parsing.profile_range(self.profile_steps)

  @property
  def trains_head_only(self) -> bool:
    """True if only the last layer is trained, on features computed once."""
    return self.trainable_scopes == HEAD

  @property
  def scope_prefixes(self) -> tuple[str, ...]:
    """Prefixes of the names of trained variables; ('',) matches all of them."""
    return parsing.scopes(self.trainable_scopes)

  @property
  def rate_multipliers(self) -> tuple[tuple[str, float], ...]:
    """((prefix of variable names, factor of the learning rate), ...)."""
    return parsing.rate_multipliers(self.learning_rate_multipliers)

  @property
  def profile_range(self) -> tuple[int, int] | None:
    """(first, last) step to profile, or None."""
    return parsing.profile_range(self.profile_steps)
