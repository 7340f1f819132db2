"""Tests of the command build_image_data, run as a user runs it, on two folders.

build_image_data_folder_test tests a single folder,
build_image_data_hostile_test broken files and odd names,
build_image_data_mistakes_test wrong flags, and tests/integration/kill_test runs
that end at any moment.
"""

import json
import re

import numpy as np
import pytest
import tensorflow as tf

from inception import dataset
from inception.testing import command_batches
from inception.testing import commands
from inception.testing import image_folders

COMMAND = 'data.build_image_data'

# Names and defaults of the flags of 2016, except for the folders.
ORIGINAL_FLAGS = {
  'train_shards': '2',
  'validation_shards': '2',
  'num_threads': '2',
  'labels_file': '',
}


def records(folder, subset):
  """Returns the fields of every record, as lists by name."""
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


@pytest.fixture(name='photos')
def _photos(tmp_path):
  """A train and a validation folder of two classes."""
  photos = tmp_path / 'My ph\u00f6tos'
  image_folders.write(photos / 'train', {'daisy': 4, 'roses': 3})
  image_folders.write(photos / 'validation', {'daisy': 1, 'roses': 2}, seed=1)
  return photos


def folders(photos, out):
  return [
    f'--train_directory={photos}/train/',
    f'--validation_directory={photos}/validation',
    f'--output_directory={out}',
  ]


def test_help_lists_the_flags_of_2016_with_their_defaults():
  done = commands.run(COMMAND, ['--help'])
  assert done.returncode == 0
  text = ' '.join(done.stdout.split())
  for name, default in ORIGINAL_FLAGS.items():
    section = text.split(f'--{name}:', 1)[1][:300]
    assert f"(default: '{default}')" in section, name
  for name in ('image', 'train', 'validation', 'output'):
    assert f'--{name}_directory:' in text


def test_every_image_format_becomes_a_record_with_the_fields_of_2016(
  photos, tmp_path
):
  odd = {
    'UPPER.JPG': image_folders.image_file(100),
    'really a png.jpeg': image_folders.image_file(101, file_format='PNG'),
    'really a jpeg.PNG': image_folders.image_file(102),
    'no ending': image_folders.image_file(103),
    'grey.jpg': image_folders.image_file(104, mode='L'),
    'alpha.png': image_folders.image_file(105, file_format='PNG', mode='RGBA'),
    'cmyk.jpg': image_folders.image_file(106, mode='CMYK'),
    'turned.jpg': image_folders.image_file(107, orientation=6),
    'film.gif': image_folders.image_file(108, file_format='GIF'),
    'scan.tif': image_folders.image_file(109, file_format='TIFF'),
    'web.webp': image_folders.image_file(110, file_format='WEBP'),
    'paint.bmp': image_folders.image_file(111, file_format='BMP'),
  }
  for name, content in odd.items():
    (photos / 'train' / 'daisy' / name).write_bytes(content)
  (photos / 'train' / 'daisy' / 'bad.jpg').write_bytes(b'')
  (tmp_path / 'labels.txt').write_text('roses\ndaisy\n', encoding='utf-8')
  out = tmp_path / 'deep er' / '\u00fcber' / 'out'
  done = commands.run(
    COMMAND,
    [
      *folders(photos, f'{out}/'),
      f'--labels_file={tmp_path}/labels.txt',
      '--train_shards=3',
      '--validation_shards=1',
      '--num_threads=4',
    ],
  )
  assert (done.stderr, done.returncode) == ('', 0)
  assert sorted(path.name for path in out.iterdir() if path.name[0] != '.') == [
    'audit.json',
    'dataset_info.json',
    'train-00000-of-00003',
    'train-00001-of-00003',
    'train-00002-of-00003',
    'validation-00000-of-00001',
  ]
  train = {
    record['image/filename'][0].decode(): record
    for record in records(out, 'train')
  }
  assert len(train) == 4 + 3 + len(odd)
  for name, record in train.items():
    is_rose = name.startswith('roses')
    encoded = record.pop('image/encoded')[0]
    pixels = tf.io.decode_jpeg(encoded, channels=0).numpy()
    size = (32, 24) if name == 'turned.jpg' else (24, 32)
    assert pixels.shape == (*size, 3)
    assert record == {
      'image/height': [size[0]],
      'image/width': [size[1]],
      'image/colorspace': [b'RGB'],
      'image/channels': [3],
      'image/class/label': [1 if is_rose else 2],
      'image/class/text': [b'roses' if is_rose else b'daisy'],
      'image/format': [b'JPEG'],
      'image/filename': [name.encode()],
    }
    if name in ('UPPER.JPG', 'really a jpeg.PNG', 'no ending'):
      assert encoded == odd[name]
    if name == 'really a png.jpeg':
      assert np.abs(pixels.astype(float) - image_folders.pixels(101)).mean() < 3
  info = json.loads((out / 'dataset_info.json').read_text(encoding='utf-8'))
  assert info['class_names'] == ['roses', 'daisy']
  assert info['num_examples'] == {'validation': 3, 'train': 7 + len(odd)}
  audit = json.loads((out / 'audit.json').read_text(encoding='utf-8'))
  assert audit['classes'] == {
    'roses': {'train': 3, 'validation': 2},
    'daisy': {'train': 4 + len(odd), 'validation': 1},
  }
  assert {entry['path'] for entry in audit['wrong_endings']} == {
    f'train/daisy/{name}'
    for name in odd
    if name.startswith('really') or name == 'no ending'
  }

  lines = done.stdout.splitlines()
  assert lines[0] == f'Saving results to {out}'
  assert (
    f'SKIPPED: {photos / "train" / "daisy" / "bad.jpg"}: the file is empty.'
  ) in lines
  assert re.fullmatch(
    r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?: Finished '
    'writing all 19 images in data set[.]',
    lines[-1],
  )
  for form in (
    'Determining list of input files and labels from {}.',
    'Found 3 JPEG files across 2 labels inside {}.',
  ):
    assert form.format(photos / 'validation') in lines
  assert 'Finished finding files in 2 of 2 classes.' in lines


def test_paths_are_relative_to_the_users_folder(photos, tmp_path, monkeypatch):
  monkeypatch.setenv('BUILD_WORKING_DIRECTORY', str(tmp_path))
  done = commands.run(
    COMMAND,
    [
      f'--train_directory={photos.name}/train',
      f'--validation_directory=./{photos.name}/validation',
      '--output_directory=out',
    ],
    cwd=photos,
  )
  assert (done.stderr, done.returncode) == ('', 0)
  assert dataset.read_info(tmp_path / 'out').class_names == ('daisy', 'roses')
  assert len(records(tmp_path / 'out', 'train')) == 7


@pytest.mark.parametrize('is_split', [True, False])
def test_complete_run_never_imports_tensorflow(photos, tmp_path, is_split):
  modules = commands.imported(
    COMMAND,
    folders(photos, tmp_path / 'out')
    if is_split
    else [
      f'--image_directory={photos}/train',
      '--group_pattern=0+',
      f'--output_directory={tmp_path}/out',
      '--validation_per_class=1',
    ],
  )
  assert dataset.read_info(tmp_path / 'out') is not None
  assert {'inception.data.data_preparation', 'PIL', 'numpy'} <= modules
  assert not {'tensorflow', 'keras', 'jax', 'torch'} & modules


def test_given_subsets_are_kept_and_leaks_are_reported(photos, tmp_path):
  copied = photos / 'train' / 'roses' / 'roses 002.jpg'
  (photos / 'validation' / 'daisy' / 'other.jpg').write_bytes(
    copied.read_bytes()
  )
  kept, dropped, again = command_batches.run_all(
    COMMAND,
    [
      folders(photos, tmp_path / 'kept'),
      [*folders(photos, tmp_path / 'dropped'), '--on_conflict=drop'],
      folders(photos, tmp_path / 'kept'),
    ],
  )
  for done in (kept, dropped, again):
    assert (done.stderr, done.returncode) == ('', 0)
  assert 'stay as they are' in again.stdout
  audit = json.loads(
    (tmp_path / 'kept' / 'audit.json').read_text(encoding='utf-8')
  )
  assert audit['leaks'] == audit['conflicts'] == audit['exact_duplicates']
  assert {(file['path'], file['subset']) for file in audit['leaks'][0]} == {
    ('train/roses/roses 002.jpg', 'train'),
    ('validation/daisy/other.jpg', 'validation'),
  }
  counts = [
    dataset.read_info(tmp_path / name).num_examples_of
    for name in ('kept', 'dropped')
  ]
  assert counts == [
    {'train': 7, 'validation': 4},
    {'train': 6, 'validation': 3},
  ]


def test_validating_on_the_training_images_logs_a_warning(photos, tmp_path):
  (done,) = command_batches.run_all(
    COMMAND,
    [
      [
        f'--train_directory={photos}/train',
        f'--validation_directory={photos}/../{photos.name}/train/',
        f'--output_directory={tmp_path / "out"}',
      ]
    ],
  )
  assert done.stdout.startswith('WARNING: the validation images are')
  assert done.returncode == 0
