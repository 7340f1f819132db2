"""Tests of the settings that a checkpoint decides."""

import pytest

from inception.checkpoints import run_info
from inception.evaluation import recorded_settings
from inception.settings import config


@pytest.fixture(name='read')
def _read(monkeypatch):
  """Returns a function that reads the settings of a made-up checkpoint."""

  def read(info, **settings):
    monkeypatch.setattr(
      recorded_settings.checkpoint,
      'read_text',
      lambda prefix, name: info and info.to_json(),
    )
    return recorded_settings.read(
      'model.ckpt-7',
      ('a', 'b'),
      config.EvalConfig(checkpoint_dir='x', eval_dir='y', **settings),
      image_size=299,
    )

  return read


def recorded(class_names=('a', 'b'), views=1, **settings):
  return run_info.RunInfo(
    class_names=class_names,
    views=views,
    data_name='x',
    image_size=75,
    preprocessing={},
    settings=settings,
  )


def test_checkpoint_without_information_takes_the_given_settings(read):
  assert read(None, precision='bfloat16') == (299, 'bfloat16', 1, False)
  assert read(None, views=10).views == 10


@pytest.mark.parametrize('uses', [True, False])
def test_settings_of_the_training_count_if_requested(read, uses):
  found = read(
    recorded(precision='bfloat16'),
    use_training_image_size=uses,
    use_training_precision=uses,
  )
  assert found[:2] == ((75, 'bfloat16') if uses else (299, 'float32'))


def test_views_of_the_training_count_unless_given(read):
  assert read(recorded(views=2)).views == 2
  assert read(recorded(views=2), views=1).views == 1
  assert read(recorded(views=10), views=2).views == 2


def test_unknown_number_of_views_is_not_used(read):
  assert read(recorded(views=3)).views == 1


def test_unknown_precision_is_not_used(read):
  found = read(recorded(precision='float4'), use_training_precision=True)
  assert found.precision == 'float32'


def test_training_of_the_last_layer_is_recognised(read):
  assert read(recorded(trainable_scopes='head')).is_head_only


def test_other_classes_are_refused(read):
  with pytest.raises(recorded_settings.EvalError, match="'model.ckpt-7': "):
    read(recorded(class_names=('a', 'c')))
