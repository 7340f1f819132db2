"""The command build_image_data, run as its user does."""

import json
import re

import numpy as np
import pytest
import tensorflow as tf

from inception import dataset
from inception.data import output_folder
from inception.testing import commands
from inception.testing import image_folders

COMMAND = 'data.build_image_data'

# Name and default of the original's flags, but for the folders.
ORIGINAL_FLAGS = {'train_shards': '2', 'validation_shards': '2',
                  'num_threads': '2', 'labels_file': ''}


def records(folder, subset):
  """Returns the fields of every record, as lists by name."""
  paths = [str(path) for path in sorted(folder.glob(f'{subset}-*'))]
  return [{name: list(getattr(value, value.WhichOneof('kind')).value)
           for name, value in tf.train.Example.FromString(
               record.numpy()).features.feature.items()}
          for record in tf.data.TFRecordDataset(paths)]


@pytest.fixture(name='photos')
def _photos(tmp_path):
  """A train and a validation folder of two classes."""
  photos = tmp_path / 'My ph\u00f6tos'
  image_folders.write(photos / 'train', {'daisy': 4, 'roses': 3})
  image_folders.write(photos / 'validation', {'daisy': 1, 'roses': 2}, seed=1)
  return photos


def folders(photos, out):
  return [f'--train_directory={photos}/train/',
          f'--validation_directory={photos}/validation',
          f'--output_directory={out}']


def test_help_lists_the_originals_flags_with_their_defaults():
  done = commands.run(COMMAND, ['--help'])
  assert done.returncode == 0
  text = ' '.join(done.stdout.split())
  for name, default in ORIGINAL_FLAGS.items():
    section = text.split(f'--{name}:', 1)[1][:300]
    assert f"(default: '{default}')" in section, name
  for name in ('train', 'validation', 'output'):
    assert f'--{name}_directory:' in text


def test_any_image_becomes_a_record_with_the_fields_of_2016(photos, tmp_path):
  odd = {
      'UPPER.JPG': image_folders.image_file(100),
      'really a png.jpeg': image_folders.image_file(101, file_format='PNG'),
      'really a jpeg.PNG': image_folders.image_file(102),
      'no ending': image_folders.image_file(103),
      'grey.jpg': image_folders.image_file(104, mode='L'),
      'alpha.png': image_folders.image_file(105, file_format='PNG',
                                            mode='RGBA'),
      'cmyk.jpg': image_folders.image_file(106, mode='CMYK'),
      'turned.jpg': image_folders.image_file(107, orientation=6),
  }
  daisies = photos / 'train' / 'daisy'
  for name, content in {**odd, **image_folders.HOSTILE}.items():
    (daisies / name).write_bytes(content)
  (daisies / '.DS_Store').write_bytes(b'')
  (daisies / 'folder.jpg').mkdir()
  (tmp_path / 'labels.txt').write_text('roses\ndaisy\n', encoding='utf-8')
  out = tmp_path / 'deep er' / '\u00fcber' / 'out'
  done = commands.run(COMMAND, [
      *folders(photos, f'{out}/'), f'--labels_file={tmp_path}/labels.txt',
      '--train_shards=3', '--validation_shards=1', '--num_threads=4'])
  assert (done.stderr, done.returncode) == ('', 0)
  assert sorted(path.name for path in out.iterdir()
                if path.name[0] != '.') == [
                    'dataset_info.json', 'train-00000-of-00003',
                    'train-00001-of-00003', 'train-00002-of-00003',
                    'validation-00000-of-00001']
  train = {record['image/filename'][0].decode(): record
           for record in records(out, 'train')}
  assert len(train) == 4 + 3 + len(odd)
  for name, record in train.items():
    is_rose = name.startswith('roses')
    encoded = record.pop('image/encoded')[0]
    pixels = tf.io.decode_jpeg(encoded, channels=0).numpy()
    size = (32, 24) if name == 'turned.jpg' else (24, 32)
    assert pixels.shape == (*size, 3)
    assert record == {
        'image/height': [size[0]], 'image/width': [size[1]],
        'image/colorspace': [b'RGB'], 'image/channels': [3],
        'image/class/label': [1 if is_rose else 2],
        'image/class/text': [b'roses' if is_rose else b'daisy'],
        'image/format': [b'JPEG'], 'image/filename': [name.encode()]}
    if name in ('UPPER.JPG', 'really a jpeg.PNG', 'no ending'):
      assert encoded == odd[name]
    if name == 'really a png.jpeg':
      assert np.abs(pixels.astype(float) - image_folders.pixels(101)).mean() < 3
  info = json.loads((out / 'dataset_info.json').read_text(encoding='utf-8'))
  assert info['class_names'] == ['roses', 'daisy']
  assert info['num_examples'] == {'validation': 3, 'train': 15}

  lines = done.stdout.splitlines()
  assert lines[0] == f'Saving results to {out}'
  skipped = [line for line in lines if line.startswith('SKIPPED: ')]
  for name in [*image_folders.HOSTILE, 'folder.jpg']:
    assert [line for line in skipped if f'{name}: ' in line], name
  assert len(skipped) == len(image_folders.HOSTILE) + 1
  assert re.fullmatch(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?: Finished '
                      'writing all 15 images in data set[.]', lines[-1])
  for form in ('Determining list of input files and labels from {}.',
               'Found 3 JPEG files across 2 labels inside {}.'):
    assert form.format(photos / 'validation') in lines
  assert 'Finished finding files in 2 of 2 classes.' in lines


def test_paths_are_those_of_the_users_shell(photos, tmp_path, monkeypatch):
  monkeypatch.setenv('BUILD_WORKING_DIRECTORY', str(tmp_path))
  done = commands.run(COMMAND, [
      f'--train_directory={photos.name}/train',
      f'--validation_directory=./{photos.name}/validation',
      '--output_directory=out'], cwd=photos)
  assert (done.stderr, done.returncode) == ('', 0)
  assert dataset.read_info(tmp_path / 'out').class_names == ('daisy', 'roses')
  assert len(records(tmp_path / 'out', 'train')) == 7


def test_a_killed_run_can_be_done_again(photos, tmp_path):
  image_folders.write(photos / 'train', {'daisy': 600})
  whole, killed = tmp_path / 'whole', tmp_path / 'killed'
  assert commands.run(COMMAND, folders(photos, whole)).returncode == 0
  process = commands.start(COMMAND, folders(photos, killed))
  for line in process.stdout:
    if 'train images in 2 shards' in line:
      break
  process.kill()
  process.communicate()
  assert not list(killed.glob('[tvd]*')) or (killed /
                                             'dataset_info.json').is_file()
  done = commands.run(COMMAND, folders(photos, killed))
  assert done.stdout.endswith(
      ': Finished writing all 603 images in data set.\n')

  def contents(folder):
    return {path.name: path.read_bytes() for path in folder.glob('*-of-*')}

  assert contents(killed) == contents(whole)
  assert not list(killed.glob('.*partial'))


def mistakes(photos, tmp_path):
  ok = folders(photos, tmp_path / 'out')
  empty = tmp_path / 'empty'
  (empty / 'daisy').mkdir(parents=True)
  (empty / 'roses').mkdir()
  more = tmp_path / 'more'
  image_folders.write(more, {'daisy': 1, 'roses': 1, 'tulips': 1})
  blocked = tmp_path / 'file'
  blocked.write_bytes(b'')
  labels = tmp_path / 'labels.txt'
  labels.write_text('daisy\nt\u00fclips\n', encoding='utf-8')
  twice = tmp_path / 'twice.txt'
  twice.write_text('daisy\ndaisy\n', encoding='utf-8')
  foreign = tmp_path / 'foreign'
  foreign.mkdir()
  (foreign / 'train-00001-of-00002').write_bytes(b'')
  return {
      'unknown flag': ([*ok, '--train_dir=x'], 2, "'train_dir'"),
      'no number': ([*ok, '--num_threads=two'], 2, 'num_threads'),
      'zero shards': ([*ok, '--train_shards=0'], 1,
                      '--train_shards must be >= 1, got 0'),
      'zero threads': ([*ok, '--num_threads=0'], 1, '--num_threads must be'),
      'argument': ([*ok, 'stray'], 1, "unexpected argument 'stray'"),
      'no train_directory': (ok[1:], 1, '--train_directory is needed'),
      'no validation_directory': ([ok[0], ok[2]], 1,
                                  '--validation_directory is needed'),
      'missing folder': ([f'--train_directory={tmp_path}/n\u00f6', *ok[1:]],
                         1, 'n\u00f6'),
      'a file': ([f'--train_directory={blocked}', *ok[1:]], 1,
                 'is not a folder'),
      'no class folders': ([f'--train_directory={photos}/train/daisy', *ok[1:]],
                           1, 'has no folders'),
      'no images': ([ok[0], f'--validation_directory={empty}', ok[2]], 1,
                    '--validation_directory: no files'),
      'one class more': ([ok[0], f'--validation_directory={more}', ok[2]], 1,
                         "the folder 'tulips'"),
      'no labels_file': ([*ok, f'--labels_file={tmp_path / "none"}'], 1,
                         '--labels_file'),
      'a label without a folder': ([*ok, f'--labels_file={labels}'], 1,
                                   "names 't\u00fclips'"),
      'a label twice': ([*ok, f'--labels_file={twice}'], 1, "'daisy' twice"),
      'unwritable': ([*ok[:2], f'--output_directory={blocked / "x"}'], 1,
                     'cannot make the folder'),
      'records of others': ([*ok[:2], f'--output_directory={foreign}'], 1,
                            'did not write'),
      'another set': ([*ok[:2], f'--output_directory={foreign}',
                       '--train_shards=4'], 1, 'in 2 shards'),
  }


def test_mistakes_are_told_in_one_line_each(photos, tmp_path):
  for case, (arguments, code, text) in mistakes(photos, tmp_path).items():
    done = commands.run(COMMAND, arguments)
    assert text in done.stderr, case
    assert len(done.stderr.splitlines()) == 1, case
    assert done.returncode == code, case


def test_a_mistake_does_not_wait_for_tensorflow(photos, tmp_path):
  modules = commands.imported(COMMAND, folders(photos, tmp_path / 'out')[1:])
  assert 'inception.data.image_files' in modules
  assert not {'tensorflow', 'numpy', 'PIL'} & modules


def test_only_one_command_writes_at_a_time(photos, tmp_path):
  out = tmp_path / 'out'
  out.mkdir()
  with output_folder.exclusive(out):
    done = commands.run(COMMAND, folders(photos, out))
  assert 'another command is writing into' in done.stderr
  assert len(done.stderr.splitlines()) == 1
  assert done.returncode == 1


def test_files_that_are_no_images_are_an_error_after_their_list(tmp_path):
  for name in ('train', 'validation'):
    (tmp_path / name / 'daisy').mkdir(parents=True)
    (tmp_path / name / 'daisy' / 'a.jpg').write_bytes(b'no image')
  done = commands.run(COMMAND, folders(tmp_path, tmp_path / 'out'))
  assert done.stderr == ('build_image_data: no validation images: of 1 files '
                         'none is an image that can be used\n')
  assert 'SKIPPED: ' in done.stdout
  assert done.returncode == 1
  assert not list((tmp_path / 'out').glob('[!.]*'))


def test_validating_on_the_training_images_is_warned_of(photos, tmp_path):
  blocked = tmp_path / 'file'
  blocked.write_bytes(b'')
  done = commands.run(COMMAND, [
      f'--train_directory={photos}/train',
      f'--validation_directory={photos}/../{photos.name}/train/',
      f'--output_directory={blocked}'])
  assert done.stdout.startswith('WARNING: the validation images are')
