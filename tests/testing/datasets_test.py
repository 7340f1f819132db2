"""Tests of inception.testing.datasets."""

from inception import dataset
from inception.testing import datasets


def test_settings_read_the_records_unless_changed(tmp_path):
  data = datasets.write(tmp_path, {'train': 4}, class_names=('a', 'b'))
  assert dataset.read_info(str(tmp_path)) == data
  settings = datasets.input_config(data, batch_size=3)
  assert settings.data_dir == str(tmp_path)
  assert (settings.batch_size, settings.image_size) == (3, 75)
