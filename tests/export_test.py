"""Tests of the command export, run as a user runs it."""

import json
import re

import pytest

from inception import dataset
from inception.testing import checkpoints
from inception.testing import command_batches
from inception.testing import image_folders
from inception.testing import records
from inception.testing import trained_models


@pytest.fixture(name='folders', scope='module')
def _folders(tmp_path_factory):
  """Returns a training, its records, and an evaluation of something else."""
  root = tmp_path_factory.mktemp('my öwn')
  model_dir, data_dir = root / 'a training', root / 'data'
  trained_models.write(model_dir)
  data_dir.mkdir()
  examples = [
    records.example(
      image_folders.image_file(i, height=90, width=120), i % 5 + 1
    )
    for i in range(12)
  ]
  records.write_shards(data_dir, 'validation', [examples])
  dataset.write_info(
    dataset.Dataset(
      name='flowers',
      data_dir=str(data_dir),
      class_names=trained_models.CLASS_NAMES,
      num_examples_of={'validation': 12},
      tool='a test',
    )
  )
  return root


@pytest.fixture(name='ends', scope='module')
def _ends(folders):
  """Returns the ends of two exports into one folder."""
  model = f'--checkpoint_dir={folders / "a training"}'
  output = f'--output={folders / "out"}'
  return command_batches.run_all(
    'export',
    [
      [model, output, f'--data_dir={folders / "data"}'],
      [model, output, '--precision=bfloat16', '--num_check_examples=2'],
    ],
  )


def test_file_is_checked_on_the_records(folders, ends):
  first = ends[0]
  assert first.returncode == 0, first.stderr
  titles, checkpoint, row = first.stdout.splitlines()
  assert titles.startswith('format')
  assert checkpoint.startswith('checkpoint')
  assert '12 of 12' in row
  assert row.endswith(str(folders / 'out' / 'saved_model' / '1'))
  report = json.loads((folders / 'out' / 'export.json').read_text('utf-8'))
  entry = report['exports'][0]
  assert entry['check']['source'] == 'validation records of flowers'
  assert entry['formats'][0]['largest_difference'] < 1e-5
  assert 'WARNING' not in first.stderr
  card = (folders / 'out' / 'MODEL_CARD.md').read_text('utf-8')
  assert '| validation | 12 |' in card


def test_second_export_leaves_the_first_alone(folders, ends):
  second = ends[1]
  assert second.returncode == 0, second.stderr
  assert 'checked on generated pictures only' in second.stderr
  versions = folders / 'out' / 'saved_model'
  assert sorted(path.name for path in versions.iterdir()) == ['1', '2']
  sizes = [(versions / name / 'saved_model.pb').stat().st_size for name in '12']
  assert sizes[1] < 0.6 * sizes[0]
  report = json.loads((folders / 'out' / 'export.json').read_text('utf-8'))
  assert [entry['version'] for entry in report['exports']] == [1, 2]
  assert (folders / 'out' / 'MODEL_CARD-2.md').exists()


def test_mistakes_end_with_one_sentence(folders, tmp_path):
  old = tmp_path / '2016'
  trained_models.write(old, with_info=False)
  (tmp_path / 'empty').mkdir()
  (tmp_path / 'taken').mkdir()
  (tmp_path / 'taken' / 'export.json').write_text('precious', 'utf-8')
  damaged = tmp_path / 'damaged'
  checkpoints.fake_v2(damaged / 'model.ckpt-1')
  (damaged / 'threshold.json').write_text('{', 'utf-8')
  other = tmp_path / 'other'
  other.mkdir()
  dataset.write_info(records.flat_dataset(other, subset='validation'))
  model = f'--checkpoint_dir={folders / "a training"}'
  output = f'--output={tmp_path / "out"}'
  cases = [
    ([model], 1, 'give --output'),
    ([model, output, 'photo.jpg'], 1, 'unexpected argument'),
    (
      [model, output, '--format=onnx'],
      1,
      "--format: there is no format 'onnx'",
    ),
    ([model, output, '--format='], 1, '--format is empty'),
    ([model, output, '--precision=int8'], 2, '--precision'),
    ([model, output, '--num_check_examples=0'], 2, '--num_check_examples'),
    ([f'--checkpoint_dir={tmp_path / "no"}', output], 1, '--checkpoint_dir'),
    ([f'--checkpoint_dir={tmp_path / "empty"}', output], 1, 'no complete'),
    ([f'--checkpoint_dir={damaged}', output], 1, 'threshold.json.*not JSON'),
    ([f'--checkpoint_dir={old}', output], 1, 'give --labels_file'),
    (
      [model, output, f'--labels_file={tmp_path / "no.txt"}'],
      1,
      '--labels_file: .*cannot be read',
    ),
    ([model, output, f'--data_dir={tmp_path / "no"}'], 1, '--data_dir'),
    (
      [model, output, f'--data_dir={tmp_path / "empty"}'],
      1,
      '--data_dir: .*no dataset_info.json',
    ),
    (
      [model, output, f'--data_dir={folders / "data"}', '--subset=test'],
      1,
      '--data_dir: .*test',
    ),
    ([model, output, f'--data_dir={other}'], 1, 'has the classes'),
    (
      [model, output, f'--eval_dir={tmp_path / "empty"}'],
      1,
      '--eval_dir: cannot read',
    ),
    ([model, f'--output={tmp_path / "taken"}'], 1, '--output: .*is not JSON'),
    (
      [model, f'--output={tmp_path / "taken" / "export.json"}'],
      1,
      '--output: cannot write',
    ),
  ]
  ends = command_batches.run_all('export', [case[0] for case in cases])
  for (arguments, code, reason), done in zip(cases, ends, strict=True):
    assert done.returncode == code, (arguments, done.stderr)
    assert re.search(reason, done.stderr), (arguments, done.stderr)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stdout == ''
  assert (tmp_path / 'taken' / 'export.json').read_text('utf-8') == 'precious'
  assert not list((tmp_path / 'out').glob('*/*'))
