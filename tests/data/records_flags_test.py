"""Tests of inception.data.records_flags; the commands' tests cover `run`."""

import pytest
from absl import flags
from absl.testing import flagsaver

from inception.data import records_flags
from inception.jobs import errors
from inception.settings import config

records_flags.define(num_threads=7)

FLAGS = flags.FLAGS


@pytest.fixture(name='given')
def _given():
  """Sets flags for one test."""
  FLAGS(['test'])
  with flagsaver.flagsaver():
    yield lambda **values: [
      FLAGS[name].parse(str(value)) for name, value in values.items()
    ]


def test_flag_defaults_come_from_config_or_command(given):
  given(output_directory='x')
  assert records_flags.records_config() == config.RecordsConfig(
    output_directory='x', num_threads=7
  )


def test_overrides_are_used(given):
  given(output_directory='x', on_conflict='drop', max_side=100)
  made = records_flags.records_config(train_shards=3, seed=4)
  assert made == config.RecordsConfig(
    output_directory='x',
    num_threads=7,
    train_shards=3,
    seed=4,
    on_conflict='drop',
    max_side=100,
  )


def test_error_names_the_flag(given):
  given(output_directory='x', max_side=3)
  with pytest.raises(errors.UserError, match='^--max_side must be'):
    records_flags.records_config()


@pytest.mark.parametrize(
  ('output', 'is_refused'),
  [
    ('photos', True),
    ('photos/out', True),
    ('photos/a/../b', True),
    ('out', False),
    ('photos2', False),
    ('.', False),
  ],
)
def test_output_within_the_images_is_refused(tmp_path, output, is_refused):
  images = tmp_path / 'photos'
  images.mkdir()
  if is_refused:
    with pytest.raises(errors.UserError, match='within --image_direct'):
      records_flags.check_output(
        str(tmp_path / output), str(images), 'image_directory'
      )
  else:
    records_flags.check_output(
      str(tmp_path / output), str(images), 'image_directory'
    )


def test_no_box_file_gives_no_boxes(given):
  given(output_directory='x')
  assert records_flags.read_boxes() is None


def test_boxes_without_an_area_are_reported(given, tmp_path, capsys):
  path = tmp_path / 'boxes.csv'
  path.write_text(
    'a.jpg,0.1,0.2,0.3,0.4\nb.jpg,0.5,0,0.5,1\n', encoding='utf-8'
  )
  given(bounding_box_file=path)
  assert records_flags.read_boxes().of('x/a.jpg') == ((0.2, 0.1, 0.4, 0.3),)
  assert 'without an area, skipped: 1' in capsys.readouterr().out


@pytest.mark.parametrize(
  ('content', 'text'), [(None, 'there is no'), ('a.jpg,1,2\n', 'line 1')]
)
def test_error_in_the_box_file_names_the_flag(given, tmp_path, content, text):
  path = tmp_path / 'boxes.csv'
  if content is not None:
    path.write_text(content, encoding='utf-8')
  given(bounding_box_file=path)
  with pytest.raises(errors.UserError, match=f'^--bounding_box_file: .*{text}'):
    records_flags.read_boxes()
