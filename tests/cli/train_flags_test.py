"""Tests of inception.cli.train_flags: defaults and recipes."""

import dataclasses
import re

import pytest
from absl import flags

from inception.cli import common_flags
from inception.cli import train_flags
from inception.jobs import errors
from inception.settings import config
from inception.settings import recipes
from inception.settings import training_config
from inception.testing import own_flags

# Settings without a flag: these intervals are the original's.
_NOT_FLAGS = {'log_interval_steps', 'summary_interval_steps'}


@pytest.fixture(autouse=True)
def values(monkeypatch):
  """The training flags, in a FlagValues for this test alone."""
  return own_flags.define(
    monkeypatch, train_flags.define, (train_flags, common_flags)
  )


def configs(values, *arguments):
  """Returns (TrainConfig, InputConfig) for a command line."""
  values(['train', *arguments])
  train_flags.apply_recipe()
  return train_flags.train_config(), common_flags.input_config(
    subset=values.subset, augmentation=values.augmentation, seed=values.seed
  )


def test_flag_defaults_are_the_configs(values):
  result = configs(values, '--train_dir=T', '--data_dir=D')
  assert result == (
    training_config.TrainConfig(train_dir='T'),
    config.InputConfig(data_dir='D'),
  )


def test_every_setting_has_a_flag(values):
  names = {
    field.name
    for kind in (training_config.TrainConfig, config.InputConfig)
    for field in dataclasses.fields(kind)
  }
  assert names - set(values) == _NOT_FLAGS


def test_every_setting_reaches_its_config(values):
  given = {
    'max_steps': 7,
    'optimizer': 'adamw',
    'weight_decay': 0.01,
    'learning_rate_multipliers': 'logits:10',
    'eval_interval_steps': 5,
    'early_stopping_patience': 2,
    'mixup_alpha': 0.2,
    'class_weights': 'balanced',
    'clip_gradient_norm': 1.0,
    'trainable_scopes': 'logits,aux_logits',
    'profile_steps': '3,4',
  }
  train_config, input_config = configs(
    values,
    '--seed=3',
    '--augmentation=light',
    '--subset=test',
    *(f'--{name}={value}' for name, value in given.items()),
  )
  assert {name: getattr(train_config, name) for name in given} == given
  assert (
    input_config.seed,
    input_config.augmentation,
    input_config.subset,
  ) == (3, 'light', 'test')


@pytest.mark.parametrize('head', [False, True])
def test_recipe_sets_flags_that_are_not_given(values, head):
  wanted = recipes.settings('modern', head_only=head)
  layers = ['--trainable_scopes=head'] if head else []
  result = configs(values, '--recipe=modern', *layers)
  for name, value in wanted.items():
    assert value == next(
      getattr(each, name) for each in result if hasattr(each, name)
    ), name


def test_flag_takes_precedence_over_the_recipe(values):
  # This includes a flag set to the default of 2016.
  train_config, input_config = configs(
    values,
    '--recipe=modern',
    '--optimizer=rmsprop',
    '--augmentation=inception',
    '--initial_learning_rate=0.1',
  )
  assert train_config.optimizer == 'rmsprop'
  assert train_config.initial_learning_rate == 0.1
  assert input_config.augmentation == 'inception'
  assert (
    train_config.moving_average_decay
    == recipes.settings('modern')['moving_average_decay']
  )


@pytest.mark.parametrize(
  ('arguments', 'expected'),
  [
    (['--recipe=modern'], 'randaugment'),
    (['--recipe=modern', '--num_epochs=14'], 'light'),
    # 48 steps of 32 images are 15.4 epochs of 100.
    (['--recipe=modern', '--max_steps=48'], 'randaugment'),
    (['--recipe=modern', '--max_steps=46'], 'light'),
    (['--recipe=modern', '--minutes=60'], 'light'),
    (['--recipe=modern', '--augmentation=light'], 'light'),
    (['--recipe=modern', '--trainable_scopes=head'], 'light'),
    (['--num_epochs=30'], 'inception'),
  ],
)
def test_recipe_distorts_more_in_long_trainings(values, arguments, expected):
  train_config, input_config = configs(values, *arguments)
  chosen = train_flags.with_augmentation(input_config, train_config, 100)
  assert chosen == dataclasses.replace(input_config, augmentation=expected)


def test_explicit_max_steps_override_the_recipes_epochs(values):
  assert recipes.settings('modern')['num_epochs'] > 0
  assert configs(values, '--recipe=modern', '--max_steps=9')[0].num_epochs == 0


def test_explicit_epochs_are_not_extended(values):
  assert recipes.settings('modern')['min_steps'] > 0
  train_config, _ = configs(values, '--recipe=modern', '--num_epochs=1')
  assert (train_config.num_epochs, train_config.min_steps) == (1, 0)


def test_explicit_minutes_replace_the_recipes_epochs(values):
  train_config, _ = configs(values, '--recipe=modern', '--minutes=5')
  assert (train_config.minutes, train_config.num_epochs) == (5, 0)


def test_explicit_warm_up_replaces_the_recipes_share(values):
  assert recipes.settings('modern')['warmup_share'] > 0
  train_config, _ = configs(values, '--recipe=modern', '--warmup_steps=0')
  assert (train_config.warmup_steps, train_config.warmup_share) == (0, 0)


def test_explicit_image_size_is_that_of_the_evaluation_too(values):
  assert recipes.settings('modern')['eval_image_size'] > 0
  train_config, _ = configs(values, '--recipe=modern', '--image_size=128')
  assert train_config.eval_image_size == 0


@pytest.mark.parametrize(
  'argument,text',
  [
    ('--eval_image_size=74', '^--eval_image_size must be 0 or >= 75, got 74'),
    ('--warmup_share=1', r'^--warmup_share must be in \[0, 1\), got 1'),
    ('--eval_interval_steps=-1', '^--eval_interval_steps must be >= 0'),
    ('--early_stopping_patience=3', '^--early_stopping_patience needs'),
    ('--trainable_scopes=,', '^--trainable_scopes must be'),
    ('--learning_rate_multipliers=logits', '^--learning_rate_multipliers must'),
    ('--num_feature_views=2', '^--num_feature_views needs'),
    ('--profile_steps=9', '^--profile_steps must be'),
    ('--fine_tune', '^--fine_tune needs'),
    ('--dropout_keep_prob=0', '^--dropout_keep_prob must be'),
    ('--label_smoothing=1', '^--label_smoothing must be'),
  ],
)
def test_refused_value_names_its_flag(values, argument, text):
  with pytest.raises(errors.UserError, match=text):
    configs(values, argument)


@pytest.mark.parametrize(
  'argument',
  [
    '--recipe=old',
    '--optimizer=lion',
    '--augmentation=much',
    '--class_weights=3',
    '--num_epochs=many',
    '--batch_size=some',
  ],
)
def test_unknown_choice_is_refused_by_the_parser(values, argument):
  with pytest.raises(flags.IllegalFlagValueError):
    values(['train', argument])


def test_batch_size_is_a_number_or_auto(values):
  _, input_config = configs(values, '--batch_size=auto')
  assert values.batch_size == common_flags.AUTO
  assert input_config.batch_size == 32
  assert configs(values, '--batch_size=7')[1].batch_size == 7


def test_help_text_begins_with_a_noun(values):
  for name in values:
    text = re.sub(r'^<.*?>: ', '', values[name].help)
    assert re.match(r'[A-Z][A-Za-z0-9]', text), name
    assert not re.match(
      '(Of|How|What|Which|Who|Whose|Whether|Where|Sets|Makes) ', text
    ), name
    assert text.endswith('.'), name
