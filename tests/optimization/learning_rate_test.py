"""Tests of inception.optimization.learning_rate."""

import math

import numpy as np
import pytest

from inception.optimization import learning_rate
from inception.settings import training_config
from inception.testing import commands
from inception.testing import goldens


def _config(**changes):
  return training_config.TrainConfig(train_dir='unused', **changes)


def _rates(train_config, steps, *, num_steps=100):
  rate = learning_rate.schedule(
    train_config, num_examples=320, batch_size=32, num_steps=num_steps
  )
  return [rate(step) for step in steps]


def test_exponential_decay_equals_the_original():
  golden = goldens.load()['learning_rate']
  steps = learning_rate.decay_steps(
    num_examples=golden['num_examples'],
    batch_size=golden['batch_size'],
    num_epochs_per_decay=golden['num_epochs_per_decay'],
  )
  assert steps == golden['decay_steps']
  for step, expected in golden['values'].items():
    got = learning_rate.exponential_decay(
      int(step),
      initial=golden['initial'],
      decay_factor=golden['decay_factor'],
      steps_per_decay=steps,
    )
    assert float(np.float32(got)) == expected, step


def test_schedule_with_the_originals_settings_equals_the_original():
  golden = goldens.load()['learning_rate']
  rate = learning_rate.schedule(
    _config(
      initial_learning_rate=golden['initial'],
      learning_rate_decay_factor=golden['decay_factor'],
      num_epochs_per_decay=golden['num_epochs_per_decay'],
    ),
    num_examples=golden['num_examples'],
    batch_size=golden['batch_size'],
    num_steps=10,
  )
  for step, expected in golden['values'].items():
    assert float(np.float32(rate(int(step)))) == expected, step


def test_decay_steps_of_a_tiny_data_set_is_one():
  assert (
    learning_rate.decay_steps(
      num_examples=3, batch_size=32, num_epochs_per_decay=2.0
    )
    == 1
  )


@pytest.mark.parametrize(
  'step,expected',
  [
    (0, 0.2),
    (25, 0.1 * (1 + math.sqrt(0.5))),
    (50, 0.1),
    (100, 0.0),
    (120, 0.0),
  ],
)
def test_cosine_decay(step, expected):
  assert learning_rate.cosine_decay(step, initial=0.2, max_steps=100) == (
    pytest.approx(expected, abs=1e-12)
  )


@pytest.mark.parametrize(
  'step,warmup_steps,expected',
  [(0, 4, 0.25), (2, 4, 0.75), (3, 4, 1.0), (9, 4, 1.0), (0, 0, 1.0)],
)
def test_warm_up(step, warmup_steps, expected):
  assert learning_rate.warm_up(step, warmup_steps=warmup_steps) == expected


def test_exponential_schedule_decays_every_given_number_of_epochs():
  # 10 steps an epoch.
  got = _rates(
    _config(
      initial_learning_rate=0.5,
      num_epochs_per_decay=2.0,
      learning_rate_decay_factor=0.5,
    ),
    (0, 19, 20, 40),
  )
  assert got == [0.5, 0.5, 0.25, 0.125]


def test_cosine_ends_at_num_steps_and_not_at_max_steps():
  got = _rates(
    _config(
      initial_learning_rate=0.2, max_steps=5000, learning_rate_schedule='cosine'
    ),
    (0, 30, 60, 70),
    num_steps=60,
  )
  np.testing.assert_allclose(got, [0.2, 0.1, 0.0, 0.0], atol=1e-12)


def test_constant_schedule_is_constant():
  assert _rates(
    _config(initial_learning_rate=0.3, learning_rate_schedule='constant'),
    (0, 5000),
  ) == [0.3, 0.3]


@pytest.mark.parametrize(
  'schedule,expected',
  [
    ('exponential', [0.2, 0.6, 0.08]),
    ('constant', [0.2, 0.6, 0.8]),
    ('cosine', [0.2, 0.6 * 0.5 * (1 + math.cos(math.pi * 0.02)), 0.4]),
  ],
)
def test_warm_up_multiplies_every_schedule(schedule, expected):
  got = _rates(
    _config(
      initial_learning_rate=0.8,
      learning_rate_schedule=schedule,
      warmup_steps=4,
      num_epochs_per_decay=5.0,
      learning_rate_decay_factor=0.1,
    ),
    (0, 2, 50),
  )
  np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_warm_up_can_be_a_share_of_the_run():
  rates = _rates(
    _config(
      initial_learning_rate=0.8,
      learning_rate_schedule='constant',
      warmup_share=0.04,
    ),
    (0, 2, 50),
  )
  # 4 of 100 steps, as the whole number of steps in the test above.
  np.testing.assert_allclose(rates, [0.2, 0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize(
  'changes,expected',
  [
    (
      {
        'initial_learning_rate': 0.02,
        'warmup_share': 0.2,
        'learning_rate_schedule': 'cosine',
        'minutes': 5.0,
      },
      '0.02, 20% of warm-up, cosine to 0 at the end',
    ),
    (
      {
        'initial_learning_rate': 0.02,
        'warmup_share': 0.2,
        'learning_rate_schedule': 'cosine',
      },
      '0.02, 32 steps of warm-up, cosine to 0 at step 161',
    ),
    (
      {
        'initial_learning_rate': 0.02,
        'warmup_steps': 30,
        'learning_rate_schedule': 'cosine',
      },
      '0.02, 30 steps of warm-up, cosine to 0 at step 161',
    ),
    # 850 / 32 * 30 = 796.9
    ({'initial_learning_rate': 0.001}, '0.001, times 0.16 every 796 steps'),
    (
      {'num_epochs_per_decay': 0.01, 'warmup_steps': 1},
      '0.1, 1 step of warm-up, times 0.16 every step',
    ),
    (
      {'initial_learning_rate': 0.01, 'learning_rate_schedule': 'constant'},
      'constant 0.01',
    ),
    (
      {
        'initial_learning_rate': 0.01,
        'learning_rate_schedule': 'constant',
        'warmup_steps': 5,
      },
      'constant 0.01, 5 steps of warm-up',
    ),
  ],
)
def test_describe(changes, expected):
  assert (
    learning_rate.describe(
      _config(**changes), num_steps=161, num_examples=850, batch_size=32
    )
    == expected
  )


@pytest.mark.parametrize(
  'changes,num_examples,batch_size,expected',
  [
    ({'max_steps': 70}, 850, 32, 70),
    ({'max_steps': 70, 'num_epochs': 2}, 850, 32, 54),  # 53.1
    ({'max_steps': 40, 'num_epochs': 2}, 850, 32, 40),
    ({'num_epochs': 2}, 64, 32, 4),
    ({'num_epochs': 1.1}, 10, 1, 11),  # 1.1 * 10 is 11.000000000000002
    ({'num_epochs': 1e-7}, 10, 32, 1),
  ],
)
def test_num_steps_is_the_earlier_of_steps_and_epochs(
  changes, num_examples, batch_size, expected
):
  assert (
    learning_rate.num_steps(
      _config(**changes), num_examples=num_examples, batch_size=batch_size
    )
    == expected
  )


def test_import_does_not_import_tensorflow():
  done = commands.python(
    'import sys\n'
    'import inception.optimization.learning_rate\n'
    'print("tensorflow" in sys.modules)',
    {},
  )
  assert done.stdout.strip() == 'False', done.stderr
