"""Tests of the recipe's settings for --minutes."""

import types

import pytest
from absl import flags

from inception.cli import time_limit_flags
from inception.hardware import matrix_speed
from inception.settings import config
from inception.settings import recipes
from inception.settings import training_config
from inception.training import resumed_settings

NAMES = ('image_size', 'eval_image_size', 'augmentation')


@pytest.fixture(name='plan')
def _plan(monkeypatch):
  """Returns a function that plans a run; it returns the three settings."""

  def plan(
    arguments=(), *, speed=1.0, resumed=None, hosts=1, devices=('CPU',), **given
  ):
    holder = flags.FlagValues()
    for name in ('recipe', *NAMES):
      flags.DEFINE_string(name, None, 'x', flag_values=holder)
    holder(['train', '--recipe=modern', *arguments])
    monkeypatch.setattr(time_limit_flags, 'FLAGS', holder)
    monkeypatch.setattr(
      resumed_settings, 'read', lambda train_dir: resumed or {}
    )
    # At a speed of 1, one epoch of 160 pixels fits into a minute.
    one = 1000 * 0.28635 * 17.13e9 / 0.75 / 40
    monkeypatch.setattr(
      matrix_speed, 'multiply_adds_per_second', lambda dtype: speed * one
    )
    train_config, input_config = time_limit_flags.with_plan(
      types.SimpleNamespace(num_examples=lambda subset: 1000),
      training_config.TrainConfig(
        **dict(train_dir='x', minutes=1.0, eval_image_size=208) | given
      ),
      config.InputConfig(data_dir='x', image_size=160, augmentation='light'),
      types.SimpleNamespace(hosts=hosts, devices=devices),
    )
    return (
      input_config.image_size,
      train_config.eval_image_size,
      input_config.augmentation,
    )

  return plan


UNCHANGED = (160, 208, 'light')


@pytest.mark.parametrize(
  ('speed', 'expected'),
  [
    (2.9, (112, 144, 'light')),
    (3.1, (128, 160, 'light')),
    (7.9, (128, 160, 'light')),
    (8.1, UNCHANGED),
    (14.9, UNCHANGED),
    (15.1, (160, 208, 'randaugment')),
  ],
)
def test_little_time_is_for_small_images(plan, capsys, speed, expected):
  assert plan(speed=speed) == expected
  printed = capsys.readouterr().out
  assert ('would fit into 1 minutes' in printed) == (expected != UNCHANGED)
  assert (f'About {speed} epochs of 160 pixels' in printed) == bool(printed)


def test_two_gpus_are_twice_as_fast(plan):
  assert plan(speed=4.1, devices=('GPU:0', 'GPU:1')) == UNCHANGED
  assert plan(speed=4.1, devices=('CPU:0', 'CPU:1')) == (128, 160, 'light')


@pytest.mark.parametrize(
  ('arguments', 'settings'),
  [
    (['--image_size=160'], {}),
    (['--recipe=2016'], {}),
    (['--recipe=2016'], {'resumed': {'image_size': 128}}),
    ([], {'minutes': 0.0}),
    ([], {'hosts': 2}),
    ([], {'trainable_scopes': 'head', 'eval_image_size': 0}),
  ],
)
def test_other_runs_are_left_as_they_are(plan, arguments, settings):
  expected = (160, settings.get('eval_image_size', 208), 'light')
  assert plan(arguments, speed=0.5, **settings) == expected


def test_given_flags_take_precedence(plan, capsys):
  assert plan(['--eval_image_size=208'], speed=1) == (112, 208, 'light')
  assert ': --image_size=112.' in capsys.readouterr().out
  assert plan(['--augmentation=light'], speed=20) == UNCHANGED
  assert not capsys.readouterr().out


def test_cheaper_steps_leave_time_for_larger_images(plan):
  frozen = {'trainable_scopes': 'logits,aux_logits'}
  assert plan(speed=3.1, **frozen) == UNCHANGED
  zero = {'learning_rate_multipliers': 'conv:0,mixed:0'}
  assert plan(speed=3.1, **zero) == UNCHANGED


def test_a_resumed_run_keeps_its_settings(plan, capsys):
  settings = {'image_size': 128, 'eval_image_size': 160, 'augmentation': 'none'}
  assert plan(speed=20, resumed=settings) == (128, 160, 'none')
  assert not capsys.readouterr().out


def test_sizes_become_larger_up_to_the_recipes_own():
  usual = recipes.settings('modern')
  sizes = [
    (usual | recipes.for_epochs('modern', epochs))['image_size']
    for epochs in range(20)
  ]
  assert sizes == sorted(sizes)
  assert sizes[-1] == usual['image_size'] > sizes[0]
