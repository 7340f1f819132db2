"""Tests of the settings of a run that is resumed."""

import pytest

from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.training import resumed_settings


@pytest.fixture(name='stored')
def _stored(monkeypatch):
  """Returns a function that sets the text in the newest checkpoint."""

  def store(text, prefix='run/model.ckpt-7'):
    monkeypatch.setattr(checkpoint, 'latest', lambda folder: prefix)
    monkeypatch.setattr(checkpoint, 'read_text', lambda *names: text)

  return store


def test_settings_of_the_newest_checkpoint(stored):
  info = run_info.RunInfo(
    class_names=('a',),
    data_name='x',
    image_size=144,
    preprocessing={},
    settings={'image_size': 112},
  )
  stored(info.to_json())
  assert resumed_settings.read('run') == {'image_size': 112}


def test_a_new_run_has_none(tmp_path):
  assert resumed_settings.read(str(tmp_path)) == {}


@pytest.mark.parametrize('text', [None, '', 'damaged'])
def test_foreign_and_damaged_checkpoints_have_none(stored, text):
  stored(text)
  assert resumed_settings.read('run') == {}
