"""Tests of inception.settings.training_config: defaults, refusals, parsing."""

import dataclasses
import math

import pytest

from inception.settings import training_config

# Defaults; those of 2016 where the setting existed.
DEFAULTS = {
  'max_steps': 10_000_000,
  'num_epochs': 0.0,
  'min_steps': 0,
  'minutes': 0.0,
  'num_gpus': 1,
  'log_device_placement': False,
  'fine_tune': False,
  'pretrained_model_checkpoint_path': '',
  'trainable_scopes': 'all',
  'learning_rate_multipliers': '',
  'num_feature_views': 1,
  'optimizer': 'rmsprop',
  'initial_learning_rate': 0.1,
  'num_epochs_per_decay': 30.0,
  'learning_rate_decay_factor': 0.16,
  'learning_rate_schedule': 'exponential',
  'warmup_steps': 0,
  'warmup_share': 0.0,
  'label_smoothing': 0.1,
  'aux_loss_weight': 0.4,
  'dropout_keep_prob': 0.8,
  'weight_decay': 0.00004,
  'clip_gradient_norm': 0.0,
  'class_weights': 'none',
  'mixup_alpha': 0.0,
  'cutmix_alpha': 0.0,
  'moving_average_decay': 0.9999,
  'batch_norm_decay': 0.9997,
  'batch_norm_recalibration_batches': 0,
  'precision': 'float32',
  'save_interval_secs': 600.0,
  'save_interval_steps': 0,
  'max_to_keep': 5,
  'eval_interval_steps': 0,
  'eval_subset': 'validation',
  'eval_image_size': 0,
  'eval_views': 1,
  'early_stopping_patience': 0,
  'log_interval_steps': 10,
  'summary_interval_steps': 100,
  'histogram_interval_steps': 0,
  'profile_steps': '',
}


def make(**values):
  return training_config.TrainConfig(**{'train_dir': 'x'} | values)


def test_defaults():
  assert dataclasses.asdict(make()) == {'train_dir': 'x'} | DEFAULTS


def test_config_is_frozen_and_keyword_only():
  with pytest.raises(dataclasses.FrozenInstanceError):
    make().max_steps = 1
  with pytest.raises(TypeError):
    training_config.TrainConfig('x')


REFUSED = [
  ('train_dir', ''),
  *(
    (name, 0)
    for name in (
      'max_steps',
      'num_gpus',
      'max_to_keep',
      'log_interval_steps',
      'summary_interval_steps',
    )
  ),
  *(
    (name, value)
    for name in (
      'initial_learning_rate',
      'num_epochs_per_decay',
      'learning_rate_decay_factor',
      'save_interval_secs',
    )
    for value in (0.0, -1.0, math.nan, math.inf)
  ),
  *(
    (name, -1)
    for name in (
      'min_steps',
      'warmup_steps',
      'batch_norm_recalibration_batches',
      'save_interval_steps',
      'eval_interval_steps',
      'early_stopping_patience',
      'histogram_interval_steps',
    )
  ),
  *(
    (name, value)
    for name in (
      'num_epochs',
      'minutes',
      'aux_loss_weight',
      'weight_decay',
      'clip_gradient_norm',
      'mixup_alpha',
      'cutmix_alpha',
    )
    for value in (-0.01, math.nan, math.inf)
  ),
  *(
    (name, value)
    for name in (
      'moving_average_decay',
      'batch_norm_decay',
      'label_smoothing',
      'warmup_share',
    )
    for value in (-0.01, 1.0, math.nan)
  ),
  *(('dropout_keep_prob', value) for value in (0.0, -0.1, 1.01, math.nan)),
  ('optimizer', 'momentum'),
  ('learning_rate_schedule', 'linear'),
  ('precision', 'float64'),
  ('class_weights', 'auto'),
  ('fine_tune', True),
  ('num_feature_views', 0),
  ('num_feature_views', 2),
  ('early_stopping_patience', 1),
  ('eval_subset', ''),
  ('eval_image_size', 74),
  *(
    ('trainable_scopes', text)
    for text in ('', ',', ' ', 'logits,', ',logits', 'logits,,conv0')
  ),
  *(
    ('learning_rate_multipliers', text)
    for text in (
      'logits',
      ':3',
      ' :3',
      'logits:',
      'logits:fast',
      'logits:-1',
      'logits:nan',
      'logits:inf',
      'logits:1,conv0',
      'logits:1, ',
    )
  ),
  *(
    ('profile_steps', text)
    for text in ('5', '5,', ',5', '5,4', '-1,4', '1.5,4', '1,2,3', 'a,b', ',')
  ),
]


@pytest.mark.parametrize(('name', 'value'), REFUSED)
def test_error_begins_with_the_name_of_the_flag(name, value):
  with pytest.raises(ValueError, match=f'^{name} ') as caught:
    make(**{name: value})
  assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
  ('values', 'remedy'),
  [
    ({'fine_tune': True}, 'fine_tune needs pretrained_model_checkpoint_path'),
    ({'num_feature_views': 2}, 'num_feature_views needs trainable_scopes=head'),
    (
      {'num_feature_views': 2, 'trainable_scopes': 'logits'},
      'num_feature_views needs trainable_scopes=head',
    ),
    (
      {'early_stopping_patience': 1},
      'early_stopping_patience needs eval_interval_steps',
    ),
    (
      {'trainable_scopes': 'head', 'mixup_alpha': 0.2},
      'mixup_alpha must be 0 with trainable_scopes=head',
    ),
    (
      {'trainable_scopes': 'head', 'cutmix_alpha': 1.0},
      'cutmix_alpha must be 0 with trainable_scopes=head',
    ),
    (
      {'trainable_scopes': 'head', 'batch_norm_recalibration_batches': 1},
      'batch_norm_recalibration_batches must be 0 with trainable_scopes=head',
    ),
    (
      {'trainable_scopes': 'head', 'eval_views': 2},
      'eval_views must be 1 with trainable_scopes=head',
    ),
    ({'eval_views': 3}, 'eval_views must be one of 1, 2, 10, got 3'),
    (
      {'trainable_scopes': 'head', 'eval_image_size': 208},
      'eval_image_size must be 0 with trainable_scopes=head',
    ),
    (
      {'minutes': 5, 'num_epochs': 2},
      'minutes and num_epochs exclude each other',
    ),
    (
      {'warmup_steps': 1, 'warmup_share': 0.1},
      'warmup_steps and warmup_share exclude each other',
    ),
  ],
)
def test_invalid_combination_suggests_a_remedy(values, remedy):
  with pytest.raises(ValueError, match=f'^{remedy}'):
    make(**values)


@pytest.mark.parametrize(
  'values',
  [
    {'max_steps': 1, 'num_epochs': 0.5, 'max_to_keep': 1},
    {'fine_tune': True, 'pretrained_model_checkpoint_path': 'm'},
    {'trainable_scopes': 'head', 'num_feature_views': 3},
    {
      'trainable_scopes': 'logits',
      'mixup_alpha': 0.2,
      'cutmix_alpha': 1.0,
      'batch_norm_recalibration_batches': 20,
    },
    {
      'eval_interval_steps': 10,
      'early_stopping_patience': 3,
      'eval_subset': 'test',
    },
    {
      'label_smoothing': 0.0,
      'dropout_keep_prob': 1.0,
      'weight_decay': 0.0,
      'aux_loss_weight': 0.0,
      'moving_average_decay': 0.0,
      'batch_norm_decay': 0.0,
    },
    {'profile_steps': '0,0'},
    *({'optimizer': name} for name in ('rmsprop', 'sgd', 'adam', 'adamw')),
    *(
      {'learning_rate_schedule': name}
      for name in ('exponential', 'cosine', 'constant')
    ),
    *(
      {'precision': name} for name in ('float32', 'bfloat16', 'float16', 'auto')
    ),
    *({'class_weights': name} for name in ('none', 'balanced')),
  ],
)
def test_limits_are_accepted(values):
  assert values.items() <= dataclasses.asdict(make(**values)).items()


@pytest.mark.parametrize(
  ('text', 'scopes', 'head_only'),
  [
    ('all', ('',), False),
    ('head', ('logits/',), True),
    ('logits', ('logits',), False),
    (
      'logits, aux_logits,mixed_8x8x2048b ',
      ('logits', 'aux_logits', 'mixed_8x8x2048b'),
      False,
    ),
  ],
)
def test_scope_prefixes(text, scopes, head_only):
  made = make(trainable_scopes=text)
  assert made.scope_prefixes == scopes
  assert made.trains_head_only is head_only


@pytest.mark.parametrize(
  ('text', 'pairs'),
  [
    ('', ()),
    ('logits:10', (('logits', 10.0),)),
    (' logits : 10,conv0:0.1,', (('logits', 10.0), ('conv0', 0.1))),
    ('conv0/weights:0', (('conv0/weights', 0.0),)),
    ('a:b:1e-2', (('a:b', 0.01),)),
  ],
)
def test_rate_multipliers(text, pairs):
  assert make(learning_rate_multipliers=text).rate_multipliers == pairs


@pytest.mark.parametrize(
  ('text', 'steps'),
  [('', None), ('0,0', (0, 0)), ('10,20', (10, 20)), (' 9 , 10 ', (9, 10))],
)
def test_profile_range(text, steps):
  assert make(profile_steps=text).profile_range == steps
