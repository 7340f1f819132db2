"""Tests of inception.cli.common_flags."""

import pytest

from inception import flowers_data
from inception.cli import common_flags
from inception.jobs import errors
from inception.settings import config
from inception.settings import training_config


def test_default_is_the_dataclass_fields_default():
  assert (
    common_flags.default(training_config.TrainConfig, 'num_epochs_per_decay')
    == 30
  )


def test_build_names_the_flag_of_a_refused_value():
  with pytest.raises(
    errors.UserError, match='^--batch_size must be >= 1, got 0$'
  ):
    common_flags.build(config.InputConfig, data_dir='d', batch_size=0)


def test_load_data_names_the_flag_of_an_unusable_folder(tmp_path):
  settings = config.InputConfig(data_dir=str(tmp_path), subset='train')
  with pytest.raises(errors.UserError, match='^--data_dir: no train-'):
    common_flags.load_data(settings, load=flowers_data.load)
  (tmp_path / 'train-00000-of-00001').write_bytes(b'')
  data = common_flags.load_data(settings, load=flowers_data.load)
  assert data.num_classes == 5
  with pytest.raises(errors.UserError, match='^--eval_subset: no validation-'):
    common_flags.check_subset(data, 'validation', 'eval_subset')
