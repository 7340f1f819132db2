"""Tests of the recipe's settings for --minutes."""

import types

import pytest

from inception.cli import common_flags
from inception.cli import time_limit_flags
from inception.cli import train_flags
from inception.hardware import matrix_speed
from inception.settings import recipes
from inception.testing import own_flags
from inception.training import resumed_settings

_FLAGS = (
  '--train_dir=x',
  '--data_dir=x',
  '--recipe=modern',
  '--minutes=1',
  '--fine_tune',
  '--pretrained_model_checkpoint_path=x',
)


@pytest.fixture(name='plan')
def _plan(monkeypatch):
  """Returns a function that plans a run; it returns (before, after).

  These are (training, input) configs, without the plan and with it.
  """

  def plan(
    *arguments, steps, resumed=None, hosts=1, devices=('CPU',), count=32
  ):
    values = own_flags.define(
      monkeypatch,
      train_flags.define,
      (train_flags, common_flags, time_limit_flags),
    )
    values(['train', *_FLAGS, *arguments])
    train_flags.apply_recipe()
    before = (
      train_flags.train_config(),
      common_flags.input_config(
        subset='train', augmentation=values.augmentation, seed=1
      ),
    )
    monkeypatch.setattr(
      resumed_settings, 'read', lambda train_dir: resumed or {}
    )
    # At this speed, a step of 32 images of 160 pixels fits into a minute.
    one = 32 * 0.28635 * 17.13e9 / 0.75 / 40
    monkeypatch.setattr(
      matrix_speed, 'multiply_adds_per_second', lambda dtype: steps * one
    )
    return before, time_limit_flags.with_plan(
      types.SimpleNamespace(num_examples=lambda subset: count),
      *before,
      types.SimpleNamespace(hosts=hosts, devices=devices),
    )

  return plan


def summary(configs):
  """Returns (size, size of evaluation, augmentation) of configs."""
  train_config, input_config = configs
  return (
    input_config.image_size,
    train_config.eval_image_size,
    input_config.augmentation,
  )


USUAL = (160, 208, 'light')


@pytest.mark.parametrize(
  ('steps', 'count', 'expected'),
  [
    (1, 1000, (112, 144, 'light')),
    (79, 1000, (112, 144, 'light')),
    (81, 1000, (128, 160, 'light')),
    (209, 1000, (128, 160, 'light')),
    (211, 1000, USUAL),
    # 14.9 and 15.1 epochs.
    (298, 640, USUAL),
    (302, 640, (160, 208, 'randaugment')),
    (468, 2_000, USUAL),
    (469, 2_000, (224, 288, 'light')),
    # 19.5 epochs of 160 pixels, which are 9.96 of 224; 19.6 and 10.02.
    (1000, 1_640, (224, 288, 'light')),
    (1000, 1_630, (224, 288, 'randaugment')),
    # 9.8 epochs of 160 pixels, which are 15.3 of 128.
    (98, 320, (128, 160, 'randaugment')),
  ],
)
def test_plan_suits_the_time(plan, capsys, steps, count, expected):
  before, after = plan(steps=steps, count=count)
  assert summary(before) == USUAL
  assert summary(after) == expected
  printed = capsys.readouterr().out
  assert ('would fit into 1 min; ' in printed) == (expected != USUAL)
  text = f'About {32 * steps:,} images of 160 pixels'
  assert (text in printed) == bool(printed)


def test_plan_does_not_depend_on_the_batch_size(plan):
  _, (_, input_config) = plan('--batch_size=8', steps=81, count=1000)
  assert input_config.image_size == 128


def test_two_gpus_are_twice_as_fast(plan):
  small = (128, 160, 'light')
  given = dict(steps=106, count=1000)
  assert summary(plan(devices=('GPU:0', 'GPU:1'), **given)[1]) == USUAL
  assert summary(plan(devices=('CPU:0', 'CPU:1'), **given)[1]) == small


@pytest.mark.parametrize(
  ('arguments', 'settings'),
  [
    (['--image_size=160'], {}),
    (['--recipe=2016'], {}),
    (['--recipe=2016'], {'resumed': {'image_size': 128}}),
    (['--minutes=0'], {}),
    ([], {'hosts': 2}),
    (['--trainable_scopes=head'], {}),
  ],
)
def test_other_runs_are_left_as_they_are(plan, arguments, settings):
  before, after = plan(*arguments, steps=9, **settings)
  assert after == before


def test_given_flags_take_precedence(plan, capsys):
  _, after = plan('--eval_image_size=208', steps=30, count=1000)
  assert summary(after) == (112, 208, 'light')
  assert ': --image_size=112.' in capsys.readouterr().out
  _, after = plan('--augmentation=light', steps=400)
  assert summary(after) == USUAL
  assert not capsys.readouterr().out


def test_cheaper_steps_leave_time_for_larger_images(plan):
  given = dict(steps=81, count=10_000)
  _, after = plan('--trainable_scopes=logits,aux_logits', **given)
  assert after[1].image_size == 160
  _, after = plan('--learning_rate_multipliers=conv:0,mixed:0', **given)
  assert after[1].image_size == 160


def test_a_resumed_run_keeps_its_settings(plan, capsys):
  settings = {
    'image_size': 128,
    'eval_image_size': 160,
    'augmentation': 'none',
    'optimizer': 'sgd',
  }
  _, after = plan(steps=1000, resumed=settings)
  assert summary(after) == (128, 160, 'none')
  assert after[0].optimizer == 'adamw'
  assert not capsys.readouterr().out


def test_more_time_gives_larger_images():
  usual = recipes.settings('modern')
  sizes = [
    (usual | recipes.for_time('modern', num_images=count, num_examples=10**6))[
      'image_size'
    ]
    for count in range(0, 30_000, 500)
  ]
  assert sizes == sorted(sizes)
  assert sizes[0] < usual['image_size'] < sizes[-1]
