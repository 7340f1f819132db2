"""Every setting's default and every refusal, but for the training's.

Those are in training_config_test.
"""

import dataclasses
import math
import pathlib
import tempfile

import pytest

from inception.settings import config

# Required fields and defaults of each config; where 2016 had the flag, its own.
NEEDED = {
  config.InputConfig: {'data_dir': 'x'},
  config.EvalConfig: {'eval_dir': 'x', 'checkpoint_dir': 'y'},
  config.SplitConfig: {},
  config.RecordsConfig: {'output_directory': 'x'},
}
DEFAULTS = {
  config.InputConfig: {
    'subset': 'train',
    'batch_size': 32,
    'image_size': 299,
    'num_preprocess_threads': 4,
    'num_readers': 4,
    'input_queue_memory_factor': 16,
    'augmentation': 'inception',
    'seed': None,
  },
  config.EvalConfig: {
    'eval_interval_secs': 300.0,
    'run_once': False,
    'num_examples': None,
    'precision': 'float32',
    'use_training_image_size': False,
    'target_precision': None,
    'coverage': None,
    'checkpoint_paths': (),
    'compare_to': '',
    'relabel_csv': '',
    'views': None,
    'max_idle_secs': None,
    'cross_validation': 0,
    'num_gpus': 1,
    'examine_training': False,
    'use_training_precision': False,
  },
  config.SplitConfig: {
    'validation_fraction': 0.15,
    'validation_per_class': None,
    'test_fraction': 0.0,
    'seed': 12345,
  },
  config.RecordsConfig: {
    'train_shards': None,
    'validation_shards': None,
    'test_shards': None,
    'num_threads': 2,
    'seed': 12345,
    'max_side': None,
    'on_duplicate': 'keep',
    'on_conflict': 'keep',
    'on_bad_image': 'skip',
    'near_duplicate_distance': 24,
  },
}


@pytest.mark.parametrize('config_class', NEEDED)
def test_defaults(config_class):
  made = dataclasses.asdict(config_class(**NEEDED[config_class]))
  assert made == NEEDED[config_class] | DEFAULTS[config_class]


@pytest.mark.parametrize('config_class', NEEDED)
def test_configs_are_frozen_and_keyword_only(config_class):
  made = config_class(**NEEDED[config_class])
  with pytest.raises(dataclasses.FrozenInstanceError):
    made.seed = 1
  with pytest.raises(TypeError):
    config_class('x')


REFUSED = [
  (config.InputConfig, {'data_dir': ''}),
  (config.InputConfig, {'subset': ''}),
  (config.InputConfig, {'batch_size': 0}),
  (config.InputConfig, {'num_preprocess_threads': 0}),
  (config.InputConfig, {'num_readers': 0}),
  (config.InputConfig, {'input_queue_memory_factor': 0}),
  (config.InputConfig, {'image_size': 74}),
  (config.InputConfig, {'augmentation': 'heavy'}),
  (config.EvalConfig, {'eval_dir': ''}),
  (config.EvalConfig, {'checkpoint_dir': ''}),
  (config.EvalConfig, {'eval_interval_secs': 0.0}),
  (config.EvalConfig, {'num_examples': 0}),
  (config.EvalConfig, {'eval_interval_secs': math.inf}),
  (config.EvalConfig, {'precision': 'float64'}),
  (config.EvalConfig, {'target_precision': 0.0}),
  (config.EvalConfig, {'target_precision': 1.0}),
  (config.EvalConfig, {'coverage': 1.5}),
  (config.EvalConfig, {'views': 5}),
  (config.EvalConfig, {'max_idle_secs': -1.0}),
  (config.EvalConfig, {'cross_validation': 1}),
  (config.EvalConfig, {'num_gpus': 0}),
  (config.EvalConfig, {'cross_validation': -1}),
  (config.EvalConfig, {'coverage': math.nan}),
  (config.SplitConfig, {'validation_per_class': 0}),
  (config.SplitConfig, {'validation_fraction': -0.01}),
  (config.SplitConfig, {'validation_fraction': 1.0}),
  (config.SplitConfig, {'validation_fraction': math.nan}),
  (config.SplitConfig, {'test_fraction': -0.01}),
  (config.SplitConfig, {'test_fraction': 1.0}),
  (config.SplitConfig, {'test_fraction': 0.85}),
  (config.SplitConfig, {'seed': -1}),
  (config.RecordsConfig, {'output_directory': ''}),
  (config.RecordsConfig, {'train_shards': 0}),
  (config.RecordsConfig, {'validation_shards': 0}),
  (config.RecordsConfig, {'test_shards': 0}),
  (config.RecordsConfig, {'num_threads': 0}),
  (config.RecordsConfig, {'max_side': 31}),
  (config.RecordsConfig, {'near_duplicate_distance': -1}),
  (config.RecordsConfig, {'near_duplicate_distance': 33}),
  (config.RecordsConfig, {'on_duplicate': 'fail'}),
  (config.RecordsConfig, {'on_conflict': 'skip'}),
  (config.RecordsConfig, {'on_bad_image': 'drop'}),
  (config.RecordsConfig, {'train_shards': 100_000}),
  (config.RecordsConfig, {'seed': -1}),
]


@pytest.mark.parametrize(('config_class', 'values'), REFUSED)
def test_error_begins_with_the_name_of_the_flag(config_class, values):
  (name,) = values
  with pytest.raises(ValueError, match=f'^{name} ') as caught:
    config_class(**NEEDED[config_class] | values)
  assert len(str(caught.value).splitlines()) == 1


ACCEPTED = [
  (config.InputConfig, {'image_size': 75}),
  (config.InputConfig, {'augmentation': 'light', 'seed': 0}),
  (config.InputConfig, {'augmentation': 'randaugment'}),
  (config.InputConfig, {'augmentation': 'none'}),
  (config.EvalConfig, {'num_examples': 1, 'precision': 'float16'}),
  (config.EvalConfig, {'max_idle_secs': 0.0, 'cross_validation': 2}),
  (config.SplitConfig, {'validation_fraction': 0.0}),
  (config.SplitConfig, {'validation_fraction': 0.5, 'test_fraction': 0.49}),
  # The number replaces the fraction.
  (config.SplitConfig, {'validation_per_class': 1, 'test_fraction': 0.99}),
  (config.SplitConfig, {'seed': 0}),
  (config.RecordsConfig, {'train_shards': 99_999, 'test_shards': 1}),
  (config.RecordsConfig, {'max_side': 32}),
  (config.RecordsConfig, {'near_duplicate_distance': 0}),
  (config.RecordsConfig, {'near_duplicate_distance': 32}),
  (
    config.RecordsConfig,
    {'on_duplicate': 'drop', 'on_conflict': 'fail', 'on_bad_image': 'fail'},
  ),
]


@pytest.mark.parametrize(('config_class', 'values'), ACCEPTED)
def test_limits_are_accepted(config_class, values):
  made = dataclasses.asdict(config_class(**NEEDED[config_class] | values))
  assert values.items() <= made.items()


def test_split_and_records_have_the_same_default_seed():
  assert (
    config.SplitConfig().seed == config.RecordsConfig(output_directory='x').seed
  )


def test_shards_by_subset():
  made = config.RecordsConfig(
    output_directory='x', train_shards=3, validation_shards=1
  )
  assert [
    made.shards_asked_for(subset) for subset in ('train', 'validation', 'test')
  ] == [3, 1, None]


def test_temporary_folders_are_in_the_systems_temporary_folder():
  assert pathlib.Path(config.temporary_folder('mydata')) == (
    pathlib.Path(tempfile.gettempdir()) / 'mydata'
  )
