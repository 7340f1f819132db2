"""Tests of inception.checkpoints.run_info."""

import dataclasses
import json
import os
import subprocess
import sys

import pytest

from inception.checkpoints import run_info
from inception.settings import config
from inception.settings import training_config

_INFO = run_info.RunInfo(
  class_names=('daisy', 'ros\u00e9', '\u82b1'),
  class_texts=(),
  data_name='flowers',
  image_size=299,
  preprocessing={'crop': 0.875, 'range': [-1, 1], 'channels': 'RGB'},
  settings={
    'batch_size': 32,
    'optimizer': 'rmsprop',
    'seed': None,
    'warmup_steps': 0,
    'train_dir': 'a',
  },
)


def _with(**settings):
  return dataclasses.replace(_INFO, settings=_INFO.settings | settings)


def test_json_round_trip():
  text = _INFO.to_json()
  assert text.isascii()
  assert run_info.RunInfo.from_json(text) == _INFO
  info = dataclasses.replace(_INFO, class_texts=('a "daisy"', 'b', 'c'))
  assert run_info.RunInfo.from_json(info.to_json()) == info


def test_number_of_views():
  info = dataclasses.replace(_INFO, views=2)
  assert run_info.RunInfo.from_json(info.to_json()).views == 2
  read = json.loads(info.to_json())
  with pytest.raises(ValueError, match='run_info is damaged'):
    run_info.RunInfo.from_json(json.dumps(read | {'views': '2'}))
  # Checkpoints of earlier versions have no such field.
  del read['views']
  assert run_info.RunInfo.from_json(json.dumps(read)).views == 1


def test_fields_of_later_versions_are_ignored():
  text = json.dumps(json.loads(_INFO.to_json()) | {'colour_profile': 'sRGB'})
  assert run_info.RunInfo.from_json(text) == _INFO


@pytest.mark.parametrize(
  'text',
  [
    '',
    'x',
    '[]',
    '{}',
    'null',
    '{"version": 1}',
    '{"version": "1"}',
    '[' * 100_000,
    _INFO.to_json()[:-3],
    _INFO.to_json().replace('32', 'NaN or so'),
  ],
)
def test_damaged_text_is_an_error(text):
  with pytest.raises(ValueError, match='^its run_info is damaged .*: give '):
    run_info.RunInfo.from_json(text)


@pytest.mark.parametrize(
  ('name', 'value'),
  [
    ('class_names', 'daisy'),
    ('class_names', ['daisy', 1]),
    ('class_texts', None),
    ('data_name', 7),
    ('image_size', '299'),
    ('image_size', True),
    ('preprocessing', []),
    ('settings', None),
  ],
)
def test_field_of_another_type_is_an_error(name, value):
  fields = json.loads(_INFO.to_json())
  for damaged in (
    fields | {name: value},
    {key: field for key, field in fields.items() if key != name},
  ):
    with pytest.raises(ValueError, match='run_info is damaged .a field'):
      run_info.RunInfo.from_json(json.dumps(damaged))


def test_another_version_is_an_error():
  text = json.dumps(json.loads(_INFO.to_json()) | {'version': 2})
  with pytest.raises(
    ValueError,
    match='has version 2, and this program reads version 1: use the program',
  ):
    run_info.RunInfo.from_json(text)


@pytest.mark.parametrize(
  ('value', 'error'), [(float('nan'), ValueError), ({1, 2}, TypeError)]
)
def test_setting_that_is_not_json_is_an_error(value, error):
  with pytest.raises(error):
    _with(batch_size=value).to_json()


def test_settings_of_the_dataclasses_can_be_stored():
  settings = dataclasses.asdict(
    training_config.TrainConfig(train_dir='a')
  ) | dataclasses.asdict(config.InputConfig(data_dir='b'))
  info = dataclasses.replace(_INFO, settings=settings)
  assert run_info.RunInfo.from_json(info.to_json()).settings == settings


def test_changes_list_old_and_new_values():
  after = _with(batch_size=16, optimizer='', warmup_steps=0.5, seed=7)
  assert run_info.changes(_INFO, after) == [
    'batch_size was 32, is 16',
    "optimizer was rmsprop, is ''",
    'seed was None, is 7',
    'warmup_steps was 0, is 0.5',
  ]
  assert run_info.changes(_INFO, _INFO) == []


def test_seed_left_to_the_run_is_no_change():
  assert run_info.changes(_with(seed=7), _with(seed=None)) == []


def test_settings_of_only_one_version_are_no_changes():
  before, after = _with(gone=1), _with(new=2)
  assert run_info.changes(before, after) == []


def test_settings_with_old_names_are_compared_under_the_new_ones():
  before = run_info.RunInfo.from_json(
    _with(
      train_layers='head',
      feature_augmentations=4,
      batch_norm_recalibration=20,
      class_weights='auto',
    ).to_json()
  )
  after = _with(
    trainable_scopes='head',
    num_feature_views=5,
    batch_norm_recalibration_batches=10,
    class_weights='balanced',
  )
  assert run_info.changes(before, after) == [
    'batch_norm_recalibration_batches was 20, is 10'
  ]


def test_reading_back_changes_nothing():
  info = _with(scopes=('a', 'b'))
  read = run_info.RunInfo.from_json(info.to_json())
  assert run_info.changes(read, info) == []


@pytest.mark.parametrize(
  'name',
  [
    'train_dir',
    'data_dir',
    'pretrained_model_checkpoint_path',
    'fine_tune',
    'save_interval_secs',
    'save_interval_steps',
    'max_to_keep',
    'log_interval_steps',
    'summary_interval_steps',
    'histogram_interval_steps',
    'eval_interval_steps',
    'num_preprocess_threads',
    'profile_steps',
    'log_device_placement',
  ],
)
def test_folders_and_intervals_are_no_changes(name):
  assert run_info.changes(_with(**{name: 1}), _with(**{name: 2})) == []


@pytest.mark.parametrize(
  ('change', 'expected'),
  [
    ({}, True),
    ({'data_name': 'roses'}, True),
    ({'class_names': ('daisy', 'rose')}, False),
    ({'image_size': 208}, False),
    ({'views': 2}, False),
  ],
)
def test_evaluations_compare_if_images_and_classes_are_alike(change, expected):
  other = dataclasses.replace(_INFO, **change)
  assert run_info.evaluates_alike(_INFO, other) == expected
  assert run_info.evaluates_alike(other, _INFO) == expected


def test_evaluations_of_other_subsets_do_not_compare():
  before, after = _with(eval_subset='validation'), _with(eval_subset='test')
  assert run_info.evaluates_alike(after, _with(eval_subset='test'))
  assert not run_info.evaluates_alike(before, after)
  # Checkpoints of earlier versions do not name the subset.
  assert run_info.evaluates_alike(_INFO, after)


def test_same_classes_are_accepted():
  run_info.check_classes(_INFO, list(_INFO.class_names))


@pytest.mark.parametrize(
  ('names', 'text'),
  [
    (
      ['daisy', '\u82b1', 'ros\u00e9'],
      "the data has daisy, \u82b1, ros\u00e9 (class 2 was 'ros\u00e9' and is "
      "'\u82b1'): give",
    ),
    (
      ['daisy', 'ros\u00e9'],
      "the data has daisy, ros\u00e9 (class 3, '\u82b1', is gone): give",
    ),
    (
      ['daisy', 'ros\u00e9', '\u82b1', 'x', 'y', 'z', 'zz'],
      "the data has daisy, ros\u00e9, \u82b1, x, y and 2 more (class 4, 'x', "
      'is new): give',
    ),
    ([], "the data has none (class 1, 'daisy', is gone): give"),
  ],
)
def test_other_classes_are_an_error(names, text):
  with pytest.raises(ValueError) as caught:
    run_info.check_classes(_INFO, names)
  assert str(caught.value).startswith(
    'this checkpoint was trained on the classes daisy, ros\u00e9, \u82b1; '
    + text
  )
  assert str(caught.value).endswith(
    ': give the data it was trained on, or another --train_dir'
  )
  with pytest.raises(ValueError, match='or another --checkpoint_dir$'):
    run_info.check_classes(_INFO, names, flag='checkpoint_dir')


def test_importing_does_not_import_tensorflow():
  code = (
    'import sys; from inception.checkpoints import run_info; '
    'sys.exit("tensorflow" in sys.modules)'
  )
  environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}
  subprocess.run([sys.executable, '-c', code], env=environment, check=True)
