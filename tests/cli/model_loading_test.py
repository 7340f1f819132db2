"""Tests that a command's network is loaded with its rule."""

import dataclasses

import pytest

from inception.checkpoints import threshold
from inception.cli import model_flags
from inception.cli import model_loading
from inception.jobs import errors
from inception.prediction import classifier
from inception.testing import thresholds

_RULE = threshold.Rule(temperature=1.5, threshold=0.7)
_STORED = thresholds.make('model.ckpt-7', class_names=('a', 'b'), rule=_RULE)


@pytest.fixture(name='model')
def _model(monkeypatch):
  """Returns a model; its network is not built."""

  class Network:
    trained_class_names = ('a', 'b')
    views = 1

  def load(prefix, **options):
    assert options == {
      'labels': ('c', 'd'),
      'precision': 'bfloat16',
      'starts_fast': True,
      'engine': 'openvino',
    }
    if not prefix.endswith('model.ckpt-7'):
      raise classifier.checkpoint_choice.ModelError('it is damaged')
    return Network()

  class Values:
    precision = 'bfloat16'
    views = None

  monkeypatch.setattr(model_loading, 'FLAGS', Values)
  monkeypatch.setattr(model_flags, 'FLAGS', Values)
  monkeypatch.setattr(classifier, 'load', load)
  return model_flags.Model(
    prefix='run/model.ckpt-7', labels=('c', 'd'), stored=_STORED
  )


def test_network_and_rule(model, capsys):
  network, rule = model_loading.load(model, starts_fast=True, engine='openvino')
  assert network.trained_class_names == ('a', 'b')
  assert rule == _RULE
  assert capsys.readouterr().err == ''


def test_threshold_of_another_checkpoint_is_reported(model, capsys):
  stored = dataclasses.replace(_STORED, checkpoint='model.ckpt-6')
  model = dataclasses.replace(model, stored=stored)
  _, rule = model_loading.load(model, starts_fast=True, engine='openvino')
  assert rule is None
  text = capsys.readouterr().err
  assert text.startswith('WARNING: ') and 'model.ckpt-6' in text


def test_threshold_for_other_views_is_reported(model, capsys, monkeypatch):
  stored = dataclasses.replace(_STORED, views=2)
  model = dataclasses.replace(model, stored=stored)
  _, rule = model_loading.load(model, starts_fast=True, engine='openvino')
  assert rule == _RULE
  assert capsys.readouterr().err == (
    'WARNING: the threshold was found with --views=2, and is used with 1: give '
    '--views=2, or evaluate with --views=1 --target_precision.\n'
  )
  monkeypatch.setattr(model_flags.FLAGS, 'views', '2')
  model_loading.load(model, starts_fast=True, engine='openvino')
  assert not capsys.readouterr().err


def test_unusable_checkpoint_is_reported_with_the_flag(model):
  model = dataclasses.replace(model, prefix='other')
  with pytest.raises(
    errors.UserError, match='^--checkpoint_dir: it is damaged'
  ):
    model_loading.load(model, starts_fast=True, engine='openvino')
