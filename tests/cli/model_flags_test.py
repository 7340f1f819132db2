"""Tests of the model and the settings that flags name."""

import pytest
from absl import flags

from inception.checkpoints import threshold
from inception.cli import model_flags
from inception.jobs import errors
from inception.testing import checkpoints
from inception.testing import own_flags
from inception.testing import thresholds


@pytest.fixture(name='parse', scope='module')
def _parse():
  with pytest.MonkeyPatch.context() as patch:
    values = own_flags.define(patch, model_flags.define, (flags, model_flags))
    yield lambda *arguments: (values.unparse_flags(), values(['x', *arguments]))


@pytest.fixture(name='folder')
def _folder(tmp_path):
  checkpoints.fake_v2(tmp_path / 'model.ckpt-7')
  return tmp_path


def _store_threshold(folder):
  threshold.write(folder, thresholds.make('model.ckpt-7', rule=None))


def test_newest_checkpoint_its_labels_and_threshold(parse, folder):
  (folder / 'labels.txt').write_text('a\nb\n', encoding='utf-8')
  _store_threshold(folder)
  parse(f'--checkpoint_dir={folder}', f'--labels_file={folder}/labels.txt')
  model = model_flags.choose()
  assert model.prefix == str(folder / 'model.ckpt-7')
  assert model.labels == ('a', 'b')
  assert model.stored.step == 7


def test_min_probability_replaces_the_stored_threshold(parse, folder):
  _store_threshold(folder)
  parse(f'--checkpoint_dir={folder}', '--min_probability=0.5', '--labels_file=')
  assert model_flags.choose().stored is None
  assert model_flags.settings().min_probability == 0.5


def test_model_decides_on_the_number_of_views_unless_it_is_given(parse):
  def views(recorded):
    made = model_flags.settings()
    return model_flags.of_model(made, views=recorded, rule=None).views

  parse()
  # 3 may be a number of a later version.
  assert [views(1), views(2), views(3)] == [1, 2, 1]
  parse('--views=10')
  assert [views(1), views(2)] == [10, 10]


@pytest.mark.parametrize('flag', ['checkpoint_dir', 'labels_file'])
def test_unusable_path_is_reported_with_its_flag(parse, folder, flag):
  parse(f'--checkpoint_dir={folder}', '--labels_file=', f'--{flag}={folder}/no')
  with pytest.raises(errors.UserError, match=f'^--{flag}: '):
    model_flags.choose()


def test_settings(parse):
  parse('--views=10', '--top_k=4', '--batch_size=8', '--num_threads=3')
  settings = model_flags.settings()
  assert (settings.views, settings.top_k) == (10, 4)
  assert (settings.batch_size, settings.num_threads) == (8, 3)
  assert settings.rule is None
