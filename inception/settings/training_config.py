"""The settings of a training run, as a frozen dataclass that checks itself.

A flag's default is the dataclass's default, which is 2016's wherever 2016 had
the setting. Importing this module imports nothing heavy; see config.

  TrainConfig  one training run
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
  """One training run.

  Attributes:
    train_dir: folder of the run's checkpoints and event files.
    max_steps: the run ends after this many updates (of its whole life, over
      interruptions).
    num_epochs: the run ends after this many passes over the data, where that
      is sooner; 0 leaves max_steps alone.
    num_gpus: devices of this host that share each batch.
    log_device_placement: TensorFlow prints where each operation runs.
    fine_tune: the pretrained checkpoint's two classifier layers are left out.
    pretrained_model_checkpoint_path: where to start from; '' starts from
      random weights.
    trainable_scopes: 'all'; 'head', the last layer on features that are
      computed once; or prefixes of variable names, separated by commas, such
      as 'logits,aux_logits,mixed_8x8x2048'. Other variables keep their values,
      the statistics of batch norm included.
    learning_rate_multipliers: 'SCOPE:FACTOR,...': variables whose names begin
      with SCOPE learn FACTOR times as fast; the longest SCOPE counts.
    num_feature_views: views of each image whose features are computed: the
      plain one, and distorted ones (trainable_scopes 'head').
    optimizer: 'rmsprop' (the original's); 'sgd', with Nesterov's momentum of
      0.9, which needs a rate of about 0.02 and fine-tunes in few steps;
      'adam', which needs one of about 0.002 and learns faster from random
      weights; or 'adamw', whose weight_decay is not part of the loss.
    initial_learning_rate: before the first decay.
    num_epochs_per_decay: epochs between decays ('exponential').
    learning_rate_decay_factor: what each decay multiplies by ('exponential').
    learning_rate_schedule: 'exponential' (the original's staircase), 'cosine'
      (to 0 at the last step) or 'constant'.
    warmup_steps: steps over which the rate rises from 0.
    label_smoothing: in [0, 1).
    aux_loss_weight: of the auxiliary classifier's loss; 0 leaves it out.
    dropout_keep_prob: before the last layer, in (0, 1].
    weight_decay: of all weights, as L2 in the loss (AdamW's: apart from it).
    clip_gradient_norm: the gradients' global norm is cut to this; 0 does not.
    class_weights: 'none', or 'balanced': rare classes count more in the loss,
      in inverse proportion to their number of images.
    mixup_alpha: of mixup's Beta distribution (1710.09412); 0 is without.
    cutmix_alpha: of CutMix's (1905.04899); 0 is without.
    moving_average_decay: of the averaged weights, which are evaluated; ramped:
      at most (1 + n) / (10 + n) after n updates.
    batch_norm_decay: of the moving averages of batch norm's statistics.
    batch_norm_recalibration_batches: training batches from which the
      statistics of the averaged weights are recomputed before each checkpoint;
      0 keeps the statistics of the training.
    precision: of the network's arithmetic; variables are always float32.
      'auto' is bfloat16 where the processor or GPU computes in it.
    save_interval_secs: seconds between checkpoints.
    save_interval_steps: steps between checkpoints, besides; 0 is by time only.
    max_to_keep: number of recent checkpoints to keep.
    eval_interval_steps: steps between evaluations during the training; 0
      disables them.
    eval_subset: what they evaluate.
    early_stopping_patience: the run ends after this many evaluations without a
      new best; 0 never.
    log_interval_steps: steps between the log's lines.
    summary_interval_steps: steps between TensorBoard summaries.
    histogram_interval_steps: steps between histograms of weights and
      gradients; 0 disables them.
    profile_steps: 'FIRST,LAST', which steps TensorFlow's profiler watches; ''
      is none.
  """

  train_dir: str
  max_steps: int = 10_000_000
  num_epochs: float = 0.0
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
  early_stopping_patience: int = 0
  log_interval_steps: int = 10
  summary_interval_steps: int = 100
  histogram_interval_steps: int = 0
  profile_steps: str = ''

  def __post_init__(self):
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
      self, 'moving_average_decay', 'batch_norm_decay', 'label_smoothing'
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
    self._check_what_goes_together()

  def _check_what_goes_together(self):
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
    # Each raises ValueError where its text is wrong.
    parsing.scopes(self.trainable_scopes)
    parsing.rate_multipliers(self.learning_rate_multipliers)
    parsing.profile_range(self.profile_steps)

  @property
  def trains_head_only(self) -> bool:
    """Whether only the last layer is trained, on features computed once."""
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
