"""Tests of the settings of a run that is resumed."""

import pathlib

import pytest

from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.training import resumed_settings


def save(folder, step, *, image_size):
  info = run_info.RunInfo(
    class_names=('a',),
    data_name='x',
    image_size=144,
    preprocessing={},
    settings={'image_size': image_size},
  )
  return checkpoint.save(folder, step, {run_info.VARIABLE: info.to_json()})


def test_settings_of_the_newest_checkpoint(tmp_path):
  save(tmp_path, 3, image_size=160)
  save(tmp_path, 7, image_size=112)
  assert resumed_settings.read(str(tmp_path)) == {'image_size': 112}


def test_damaged_checkpoint_is_passed_over_and_left_alone(tmp_path):
  save(tmp_path, 3, image_size=160)
  index = pathlib.Path(save(tmp_path, 7, image_size=112) + '.index')
  index.write_bytes(index.read_bytes()[:20])
  assert resumed_settings.read(str(tmp_path)) == {'image_size': 160}
  assert index.exists()


def test_a_new_run_has_none(tmp_path):
  assert resumed_settings.read(str(tmp_path)) == {}


@pytest.mark.parametrize('text', ['no JSON', None])
def test_checkpoint_without_description_has_none(tmp_path, text):
  values = {'global_step': 4} | ({run_info.VARIABLE: text} if text else {})
  checkpoint.save(tmp_path, 4, values)
  assert resumed_settings.read(str(tmp_path)) == {}
