"""Tests of the command build_imagenet_data, run as a user runs it."""

import pytest
import tensorflow as tf

from inception import dataset
from inception.testing import commands
from inception.testing import image_folders

COMMAND = 'data.build_imagenet_data'
SYNSETS = ('n02012849', 'n01440764', 'n03126707')

# Names and defaults of the flags of 2016, except for the folders.
ORIGINAL_FLAGS = {
  'train_shards': '1024',
  'validation_shards': '128',
  'num_threads': '8',
  'labels_file': 'imagenet_lsvrc_2015_synsets.txt',
  'imagenet_metadata_file': 'imagenet_metadata.txt',
  'bounding_box_file': 'imagenet_2012_bounding_boxes.csv',
}


@pytest.fixture(name='place')
def _place(tmp_path):
  """The folders and files of a small ImageNet."""
  place = tmp_path / 'im\u00e4ge net'
  for seed, subset in enumerate(('train', 'validation')):
    image_folders.write(place / subset, dict.fromkeys(SYNSETS, 2), seed=seed)
  (place / 'synsets.txt').write_text(
    ''.join(f'{synset}\n' for synset in SYNSETS), encoding='utf-8'
  )
  # Two synsets have the same name, as in ImageNet.
  (place / 'metadata.txt').write_text(
    'n01440764\ttench, Tinca tinca\nn02012849\tcrane\nn03126707\tcrane\n',
    encoding='utf-8',
  )
  (place / 'boxes.csv').write_text(
    'n02012849 000.jpg,0.1,0.2,0.75,1.0\nn02012849 000.jpg,0,0,0.5,0.5\n'
    'not there.jpg,0,0,1,1\n',
    encoding='utf-8',
  )
  return place


def arguments(place, out):
  return [
    f'--train_directory={place}/train',
    f'--validation_directory={place}/validation',
    f'--output_directory={out}',
    '--train_shards=2',
    '--validation_shards=1',
  ]


def files(place):
  return [
    f'--labels_file={place}/synsets.txt',
    f'--imagenet_metadata_file={place}/metadata.txt',
    f'--bounding_box_file={place}/boxes.csv',
  ]


def records(folder, subset):
  paths = [str(path) for path in sorted(folder.glob(f'{subset}-*'))]
  return [
    {
      name: list(getattr(value, value.WhichOneof('kind')).value)
      for name, value in tf.train.Example.FromString(
        record.numpy()
      ).features.feature.items()
    }
    for record in tf.data.TFRecordDataset(paths)
  ]


def test_help_lists_the_flags_of_2016_with_their_defaults():
  text = ' '.join(commands.run(COMMAND, ['--help']).stdout.split())
  for name, default in ORIGINAL_FLAGS.items():
    section = text.split(f'--{name}:', 1)[1][:400]
    assert f"(default: '{default}')" in section, name


def test_records_equal_those_of_2016(place, tmp_path):
  out = tmp_path / 'out'
  done = commands.run(COMMAND, [*arguments(place, out), *files(place)])
  assert (done.stderr, done.returncode) == ('', 0)
  assert 'names images that do not exist: 1 (not there.jpg)' in (done.stdout)
  assert done.stdout.splitlines()[-1].endswith(
    ': Finished writing all 6 images in data set.'
  )
  assert sorted(path.name for path in out.glob('*-of-*')) == [
    'train-00000-of-00002',
    'train-00001-of-00002',
    'validation-00000-of-00001',
  ]
  train = {
    record['image/filename'][0].decode(): record
    for record in records(out, 'train')
  }
  assert len(train) == 6
  texts = {
    'n02012849': b'crane',
    'n01440764': b'tench, Tinca tinca',
    'n03126707': b'crane',
  }
  for name, record in train.items():
    synset = name.partition(' ')[0]
    assert record['image/class/synset'] == [synset.encode()]
    assert record['image/class/text'] == [texts[synset]]
    assert record['image/class/label'] == [1 + SYNSETS.index(synset)]
  boxed = train['n02012849 000.jpg']
  for side, values in {
    'xmin': [0.1, 0.0],
    'ymin': [0.2, 0.0],
    'xmax': [0.75, 0.5],
    'ymax': [1.0, 0.5],
  }.items():
    assert boxed[f'image/object/bbox/{side}'] == pytest.approx(values)
  assert 'image/object/bbox/xmin' not in train['n02012849 001.jpg']
  info = dataset.read_info(out)
  assert info.name == 'imagenet'
  assert info.class_names == SYNSETS
  assert info.class_texts == ('crane', 'tench, Tinca tinca', 'crane')


def test_without_the_files_folder_names_are_used(place, tmp_path):
  out = tmp_path / 'out'
  done = commands.run(COMMAND, arguments(place, out), cwd=tmp_path)
  assert (done.stderr, done.returncode) == ('', 0)
  assert dataset.read_info(out).class_names == tuple(sorted(SYNSETS))
  assert {
    record['image/class/text'][0].decode() for record in records(out, 'train')
  } == set(SYNSETS)


def mistakes(place, tmp_path):
  ok = [*arguments(place, tmp_path / 'out'), *files(place)]
  few = tmp_path / 'few.txt'
  few.write_text('n01440764\ttench\n', encoding='utf-8')
  more = tmp_path / 'more.txt'
  more.write_text('n01440764\nn99999999\n', encoding='utf-8')
  pixels = tmp_path / 'pixels.csv'
  pixels.write_text('a.jpg,10,20,200,300\n', encoding='utf-8')
  return {
    'no train_directory': (ok[1:], 1, '--train_directory is needed'),
    'no validation_directory': (
      [ok[0], *ok[2:]],
      1,
      '--validation_directory is needed',
    ),
    'missing folder': ([*ok, '--train_directory=nowhere'], 1, 'nowhere'),
    'output inside': (
      [*ok, f'--output_directory={place}/train/out'],
      1,
      'is within --train_directory',
    ),
    'no labels': ([*ok, '--labels_file=none.txt'], 1, 'none.txt'),
    'no metadata': ([*ok, '--imagenet_metadata_file=none.txt'], 1, 'none.txt'),
    'no boxes': ([*ok, '--bounding_box_file=none.csv'], 1, 'none.csv'),
    'pixels': ([*ok, f'--bounding_box_file={pixels}'], 1, 'line 1'),
    'metadata without a synset': (
      [*ok, f'--imagenet_metadata_file={few}'],
      1,
      "does not name 'n02012849' and 1 more",
    ),
    'a synset without a folder': (
      [*ok, f'--labels_file={more}', '--imagenet_metadata_file='],
      1,
      "no folder 'n99999999'",
    ),
    'argument': ([*ok, 'stray'], 1, "unexpected argument 'stray'"),
  }


def test_each_mistake_is_reported_in_one_line(place, tmp_path):
  for case, (given, code, text) in mistakes(place, tmp_path).items():
    done = commands.run(COMMAND, given, cwd=tmp_path)
    assert text in done.stderr, case
    assert len(done.stderr.splitlines()) == 1, case
    assert done.returncode == code, case
    assert not list((tmp_path / 'out').glob('*-of-*')), case
