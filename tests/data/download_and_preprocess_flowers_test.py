"""Tests of download_and_preprocess_flowers, run as a user runs it."""

import json
import os
import pathlib
import re
import tarfile
import zipfile

import pytest
import tensorflow as tf

from inception import dataset
from inception.jobs import output_folder
from inception.testing import commands
from inception.testing import file_server
from inception.testing import image_folders

COMMAND = 'data.download_and_preprocess_flowers'
COUNTS = {'daisy': 6, 'roses': 7, 'tulips': 5}
ROOT = pathlib.Path(__file__).absolute().parents[2]


@pytest.fixture(name='archive')
def _archive(tmp_path):
  return image_folders.flowers_tar(tmp_path / 'fl\u00f6wers 1.tgz', COUNTS)


@pytest.fixture(name='data_dir')
def _data_dir(tmp_path):
  return tmp_path / 'with space' / 'fl\u00f6wers'


def run(data_dir, archive, *options):
  done = commands.run(
    COMMAND,
    [
      f'{data_dir}/',
      f'--archive={archive}',
      '--validation_per_class=2',
      *options,
    ],
  )
  assert (done.stderr, done.returncode) == ('', 0)
  return done.stdout.splitlines()


def names_in(data_dir, subset):
  names = []
  paths = sorted(str(path) for path in data_dir.glob(f'{subset}-*'))
  for record in tf.data.TFRecordDataset(paths):
    feature = tf.train.Example.FromString(record.numpy()).features.feature
    names.append((
      feature['image/class/text'].bytes_list.value[0].decode(),
      feature['image/class/label'].int64_list.value[0],
      feature['image/filename'].bytes_list.value[0].decode(),
    ))
  return names


def contents(data_dir):
  return {path.name: path.read_bytes() for path in data_dir.glob('*-of-*')}


def test_archive_becomes_records(data_dir, archive):
  lines = run(data_dir, archive)
  assert re.fullmatch(
    r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?: Finished '
    'writing all 12 images in data set[.]',
    lines[-1],
  )
  assert [
    line
    for line in lines
    if line.endswith(': Finished writing all 6 images in data set.')
  ]
  assert sorted(path.name for path in data_dir.glob('[!.]*')) == [
    'audit.json',
    'dataset_info.json',
    'raw-data',
    'train-00000-of-00002',
    'train-00001-of-00002',
    'validation-00000-of-00002',
    'validation-00001-of-00002',
  ]
  raw = data_dir / 'raw-data'
  assert (raw / 'labels.txt').read_text(encoding='utf-8').splitlines() == [
    'daisy',
    'roses',
    'tulips',
  ]
  for subset, number in {'train': 12, 'validation': 6}.items():
    found = names_in(data_dir, subset)
    assert len(found) == number
    labels = {'daisy': 1, 'roses': 2, 'tulips': 3}
    assert sorted(found) == sorted(
      (path.parent.name, labels[path.parent.name], path.name)
      for path in (raw / subset).glob('*/*.jpg')
    )
  info = json.loads((data_dir / 'dataset_info.json').read_bytes())
  assert info['name'] == 'flowers'
  assert info['num_examples'] == {'validation': 6, 'train': 12}
  assert info['examples_per_class']['validation'] == {
    'daisy': 2,
    'roses': 2,
    'tulips': 2,
  }
  assert info['seed'] == 12345


def test_second_run_reuses_valid_files_and_repairs_others(data_dir, archive):
  run(data_dir, archive)
  before = contents(data_dir)

  def times():
    return {
      path.name: path.stat().st_mtime_ns for path in data_dir.glob('*-of-*')
    }

  first = times()
  arguments = [data_dir, f'--archive={archive}', '--validation_per_class=2']
  assert 'tensorflow' not in commands.imported(COMMAND, arguments)
  lines = run(data_dir, archive)
  assert lines[-1].endswith(': Finished writing all 12 images in data set.')
  assert times() == first

  (data_dir / 'train-00001-of-00002').unlink()
  next(data_dir.glob('raw-data/validation/roses/*')).unlink()
  (data_dir / 'raw-data/train/roses/mine.jpg').write_bytes(b'mine')
  run(data_dir, archive)
  assert contents(data_dir) == before
  kept = list((data_dir / 'raw-data.kept').rglob('*.jpg'))
  assert [path.read_bytes() for path in kept] == [b'mine']


def test_users_own_files_are_left_out_of_the_records(data_dir, archive):
  run(data_dir, archive)
  (data_dir / 'raw-data/train/roses/mine.jpg').write_bytes(
    image_folders.image_file(999)
  )
  lines = run(data_dir, archive)
  assert [line for line in lines if line.startswith('1 files in ')]
  assert (data_dir / 'raw-data/train/roses/mine.jpg').is_file()
  assert lines[-1].endswith('all 12 images in data set.')


@pytest.fixture(name='server')
def _server(monkeypatch):
  for name in ('no_proxy', 'NO_PROXY'):
    monkeypatch.setenv(name, '127.0.0.1')
  with file_server.serve({}) as server:
    yield server


def test_archive_is_downloaded_from_an_address(server, data_dir, archive):
  server.answers['/x/my.tgz'] = file_server.Answer(body=archive.read_bytes())
  lines = run(data_dir, f'{server.address}/x/my.tgz', '--seed=7')
  assert lines[0] == f'Downloading {server.address}/x/my.tgz'
  assert lines[-1].endswith('all 12 images in data set.')
  assert (data_dir / 'my.tgz').read_bytes() == archive.read_bytes()
  assert dataset.read_info(data_dir).seed == 7
  run(data_dir, f'{server.address}/x/my.tgz', '--seed=7')
  assert len(server.requests) == 1


def test_zip_and_tar_files_give_the_same_records(tmp_path, archive):
  packed = tmp_path / 'flowers.zip'
  with tarfile.open(archive) as tar, zipfile.ZipFile(packed, 'w') as target:
    for member in tar:
      target.writestr(member.name, tar.extractfile(member).read())
  run(tmp_path / 'tar', archive)
  lines = run(tmp_path / 'zip', packed)
  assert lines[0] == f'Unpacking the ZIP archive {packed}'
  assert contents(tmp_path / 'zip') == contents(tmp_path / 'tar') != {}


def failures(tmp_path, archive, server):
  """Returns {case: (arguments, exit code, text)}."""
  content = archive.read_bytes()
  # The answer to the second attempt ends the attempts at once.
  server.answers['/cut.tgz'] = [
    file_server.Answer(body=content, sent=len(content) // 2),
    file_server.Answer(status=404),
  ]
  cut = tmp_path / 'cut.tgz'
  cut.write_bytes(content[: len(content) // 2])
  text = tmp_path / 'text.tgz'
  text.write_text('no archive', encoding='utf-8')
  server.answers['/text.tgz'] = file_server.Answer(body=b'{"error": 1}')
  outside = image_folders.tar(tmp_path / 'outside.tgz', [('../x', b'evil')])
  bad = image_folders.tar(
    tmp_path / 'bad.tgz', [(f'a/{i}.jpg', b'no image') for i in range(9)]
  )
  blocked = tmp_path / 'file'
  blocked.write_bytes(b'')
  old = tmp_path / 'of 2016'
  (old / 'raw-data' / 'train').mkdir(parents=True)
  records = tmp_path / 'records of 2016'
  records.mkdir()
  (records / 'train-00000-of-00002').write_bytes(b'')
  new = tmp_path / 'new'
  ok = [new, f'--archive={archive}']
  return {
    'no folder': ([], 1, 'download_and_preprocess_flowers DATA_DIR'),
    'two folders': ([*ok, 'two'], 1, 'nothing else'),
    'unknown flag': ([*ok, '--data_dir=x'], 2, "'data_dir'"),
    'no number': ([*ok, '--seed=x'], 2, 'seed'),
    'zero': (
      [*ok, '--validation_per_class=0'],
      1,
      '--validation_per_class must be >= 1, got 0',
    ),
    'negative seed': ([*ok, '--seed=-1'], 1, '--seed must be >= 0'),
    'no archive': ([new, '--archive=/n\u00f6/such.tgz'], 1, 'is not a file'),
    'no such address': (
      [new, f'--archive={server.address}/none.tgz'],
      1,
      '404 Not Found',
    ),
    'odd address': ([new, '--archive=ftp://x/y.tgz'], 1, 'neither an http'),
    'cut off': (
      [new, f'--archive={server.address}/cut.tgz'],
      1,
      '404 Not Found',
    ),
    'truncated': ([new, f'--archive={cut}'], 1, 'truncated or damaged'),
    'text': ([new, f'--archive={text}'], 1, 'is not a tar file'),
    'text from a server': (
      [new, f'--archive={server.address}/text.tgz'],
      1,
      'and the next run downloads it again',
    ),
    'unsafe': ([new, f'--archive={outside}'], 1, 'would leave the folder'),
    'too few': (
      [*ok, '--validation_per_class=5'],
      1,
      "class 'tulips' can give 4",
    ),
    'no images': ([new, f'--archive={bad}'], 1, "class 'a' can give 0"),
    'unwritable': ([blocked / 'x', ok[1]], 1, 'cannot make the folder'),
    'raw-data of 2016': ([old, ok[1]], 1, 'was not made by this program'),
    'records of 2016': ([records, ok[1]], 1, 'did not write'),
  }


def test_each_mistake_is_reported_in_one_line(tmp_path, archive, server):
  for case, (arguments, code, text) in failures(
    tmp_path, archive, server
  ).items():
    done = commands.run(COMMAND, arguments)
    assert text in done.stderr, case
    assert len(done.stderr.splitlines()) == 1, case
    assert done.returncode == code, case
    assert not list((tmp_path / 'new').glob('raw-data')), case
  assert not (tmp_path / 'x').exists()


def test_folders_of_subsets_are_not_taken_for_classes(tmp_path):
  archive = image_folders.tar(
    tmp_path / 'split.tgz',
    [
      (
        f'photos/{subset}/{name}/{i}.png',
        image_folders.image_file(100 * k + 10 * n + i),
      )
      for k, subset in enumerate(['train', 'val'])
      for n, name in enumerate(['daisy', 'roses'])
      for i in range(4)
    ],
  )
  done = commands.run(
    COMMAND,
    [tmp_path / 'new', f'--archive={archive}', '--validation_per_class=2'],
  )
  assert done.returncode == 1
  (line,) = done.stderr.splitlines()
  assert 'are subsets, or images beside annotations, instead of one' in line
  assert not list((tmp_path / 'new').glob('train-*'))


def test_mistake_is_reported_before_tensorflow_is_imported(tmp_path):
  modules = commands.imported(COMMAND, [tmp_path, '--archive=none'])
  assert 'inception.settings.config' in modules
  assert not {'tensorflow', 'numpy', 'PIL', 'requests'} & modules


def test_only_one_command_writes_at_a_time(data_dir, archive):
  data_dir.mkdir(parents=True)
  with output_folder.exclusive(data_dir):
    done = commands.run(COMMAND, [data_dir, f'--archive={archive}'])
  assert 'another command is writing into' in done.stderr
  assert done.returncode == 1


def test_help_lists_the_flags():
  done = commands.run(COMMAND, ['--help'])
  assert done.returncode == 0
  for flag in ('archive', 'validation_per_class', 'seed', 'num_threads'):
    assert f'--{flag}:' in done.stdout


def test_real_photographs(tmp_path):
  archive = pathlib.Path(
    os.environ.get(
      'INCEPTION_FLOWERS_ARCHIVE',
      ROOT.parent / 'shared' / 'data' / 'flower_photos_1000.tgz',
    )
  )
  if not archive.is_file():
    pytest.skip('INCEPTION_FLOWERS_ARCHIVE names no archive of photographs')
  done = commands.run(
    COMMAND, [tmp_path, f'--archive={archive}', '--validation_per_class=20']
  )
  assert (done.stderr, done.returncode) == ('', 0)
  made = dataset.read_info(tmp_path)
  assert made.class_names == (
    'daisy',
    'dandelion',
    'roses',
    'sunflowers',
    'tulips',
  )
  assert made.num_examples('validation') == 100
  assert 'SKIPPED' not in done.stdout
  for record in tf.data.TFRecordDataset(made.shard_files('validation')):
    feature = tf.train.Example.FromString(record.numpy()).features.feature
    pixels = tf.io.decode_jpeg(feature['image/encoded'].bytes_list.value[0])
    assert pixels.shape == (
      feature['image/height'].int64_list.value[0],
      feature['image/width'].int64_list.value[0],
      3,
    )
