"""Tests of inception.cli.train_command: signals, and how a run ends."""

import re
import signal
import types

import pytest

from inception import inception_train
from inception.cli import time_limit_flags
from inception.cli import train_command
from inception.settings import config
from inception.settings import training_config
from inception.training import auto_batch_size
from inception.training import training_cost


@pytest.mark.parametrize('is_given', [True, False])
def test_automatic_batch_size_is_printed_and_used(
  capsys, monkeypatch, is_given
):
  def choose(*unused, rate_is_given):
    assert rate_is_given == is_given
    return auto_batch_size.Choice(
      batch_size=48, learning_rate=0.15, reason='why'
    )

  monkeypatch.setattr(auto_batch_size, 'choose', choose)
  monkeypatch.setattr(
    train_command,
    'FLAGS',
    {'initial_learning_rate': types.SimpleNamespace(present=int(is_given))},
  )
  train_config, input_config = train_command._with_batch_size(
    None,
    training_config.TrainConfig(train_dir='T'),
    config.InputConfig(data_dir='D'),
    None,
  )
  assert train_config.initial_learning_rate == 0.15
  assert input_config.batch_size == 48
  assert 'Batch size: 48 (why); learning rate: 0.15.' in capsys.readouterr().out


def test_plan_for_the_given_minutes_is_used(monkeypatch):
  planned = (
    training_config.TrainConfig(train_dir='T', eval_image_size=144),
    config.InputConfig(data_dir='D', image_size=112),
  )
  used = []
  monkeypatch.setattr(
    time_limit_flags, 'with_plan', lambda data, *configs: planned
  )
  monkeypatch.setattr(
    train_command, 'FLAGS', types.SimpleNamespace(batch_size='32')
  )
  monkeypatch.setattr(
    inception_train,
    'train',
    lambda data, *configs, **unused: used.append(configs),
  )
  monkeypatch.setattr(train_command, '_conclude', lambda *unused: 0)
  train_command._train(
    types.SimpleNamespace(num_examples=lambda subset: 8),
    training_config.TrainConfig(train_dir='T', minutes=1.0),
    config.InputConfig(data_dir='D'),
    0.0,
  )
  assert used == [planned]


@pytest.mark.parametrize(
  'result,number,code,text',
  [
    (dict(stopped=True), signal.SIGINT, 130, 'Stopped after 5 steps; the same'),
    (dict(stopped=True), 1, 129, 'Stopped after 5 steps; the same'),  # SIGHUP
    (dict(stopped=True), None, 0, 'Stopped after 5 steps; the same'),
    (
      dict(stopped=False, stopped_early=True),
      None,
      0,
      'Stopped early: 2 evaluations without a new best.',
    ),
    (dict(stopped=False), None, 0, 'Finished: 5 steps, the model is T/m-4.'),
    (
      dict(stopped=False, prefix=None),
      None,
      0,
      'Finished: 5 steps, the chief has the model.',
    ),
  ],
)
def test_run_ends_with_a_line_and_an_exit_code(
  capsys, result, number, code, text
):
  stop = type('Stop', (), {'number': number})
  ended = inception_train.TrainResult(
    **(dict(num_updates=5, prefix='T/m-4') | result)
  )
  assert (
    train_command._conclude(
      ended,
      training_config.TrainConfig(
        train_dir='T', eval_interval_steps=1, early_stopping_patience=2
      ),
      stop,
    )
    == code
  )
  assert text in capsys.readouterr().out


def test_cost_is_printed_beside_the_time(capsys):
  account = training_cost.Account()
  account.add_steps(1250, 299)
  account.add_forward(30, 299)
  train_command._conclude(
    inception_train.TrainResult(
      num_updates=5, prefix='T/m-4', stopped=False, cost=account
    ),
    training_config.TrainConfig(train_dir='T'),
    None,
  )
  assert re.search(
    r'Cost: 1,260 images of 299 pixels through a training step, 0\.0 min, '
    r'\d+\.\d min of CPU time\.\n',
    capsys.readouterr().out,
  )
