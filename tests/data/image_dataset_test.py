"""Tests of inception.data.image_dataset."""

import dataclasses
import json
import shutil

import pytest

from inception import dataset
from inception.data import image_dataset
from inception.data import record_writer
from inception.data import records_plan
from inception.data.curation import image_survey
from inception.images import image_coder
from inception.images import image_errors
from inception.images import image_files
from inception.jobs import output_folder
from inception.records import example_message
from inception.records import tfrecord_file
from inception.settings import config
from inception.testing import image_folders

CLASSES = ('daisy', 'roses')
SEED = 12345
BIG = shutil.disk_usage('.')._replace(free=2**50)


def photos_of(folder, seed=SEED, **options):
  return image_survey.survey(
    image_files.find_images(folder, CLASSES).images,
    seed=seed,
    num_threads=2,
    log=lambda line: None,
    **options,
  ).photos


@pytest.fixture(name='subsets')
def _subsets(tmp_path):
  subsets = {}
  for seed, (subset, counts) in enumerate(
    {
      'validation': {'daisy': 2, 'roses': 1},
      'train': {'daisy': 5, 'roses': 4},
    }.items()
  ):
    image_folders.write(tmp_path / subset, counts, seed=seed)
    subsets[subset] = photos_of(tmp_path / subset)
  return subsets


@pytest.fixture(name='out')
def _out(tmp_path):
  out = tmp_path / 'out'
  out.mkdir()
  return out


@pytest.fixture(name='encoded')
def _encoded(monkeypatch):
  """A list that collects the files that are encoded."""
  files = []

  def encode(content, **options):
    files.append(content)
    return original(content, **options)

  original = image_coder.encode
  monkeypatch.setattr(image_coder, 'encode', encode)
  return files


def write(subsets, out, *, log=lambda line: None, description=None, **options):
  options = {'train_shards': 2, 'validation_shards': 2} | options
  return image_dataset.write(
    subsets,
    config.RecordsConfig(output_directory=str(out), **options),
    log=log,
    description=records_plan.Description(
      **{'name': 'test', 'class_names': CLASSES} | (description or {})
    ),
  )


def examples(out, subset):
  return [
    example_message.decode(record)
    for path in sorted(out.glob(f'{subset}-*'))
    for record in tfrecord_file.read(path)
  ]


def names(out, subset):
  return [example.filename for example in examples(out, subset)]


def contents(folder):
  return {path.name: path.read_bytes() for path in folder.iterdir()}


def times(folder):
  return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_folder_holds_every_image_once_and_reports_it(subsets, out):
  made = write(subsets, out, train_shards=3)
  assert sorted(contents(out)) == [
    '.records.json',
    'dataset_info.json',
    'train-00000-of-00003',
    'train-00001-of-00003',
    'train-00002-of-00003',
    'validation-00000-of-00002',
    'validation-00001-of-00002',
  ]
  for subset, photos in subsets.items():
    assert sorted(names(out, subset)) == sorted(
      photo.relative.split('/')[1] for photo in photos
    )
  info = json.loads((out / 'dataset_info.json').read_bytes())
  assert info == {
    'format_version': 1,
    'name': 'test',
    'tool': 'inception 0.1.0',
    'seed': SEED,
    'class_names': ['daisy', 'roses'],
    'num_examples': {'validation': 3, 'train': 9},
    'examples_per_class': {
      'validation': {'daisy': 2, 'roses': 1},
      'train': {'daisy': 5, 'roses': 4},
    },
  }
  assert dataset.read_info(out) == made


def test_record_holds_the_image_and_its_description(tmp_path, subsets, out):
  write(
    {'train': subsets['train']},
    out,
    description={
      'texts': {'daisy': 'daisy, Bellis', 'roses': 'rose'},
      'boxes_id': 'x',
      'boxes': lambda relative: (
        [(0.0, 0.25, 0.5, 1.0)] if relative == 'daisy/daisy 001.jpg' else ()
      ),
    },
  )
  found = {example.filename: example for example in examples(out, 'train')}
  example = found['daisy 001.jpg']
  assert example == example_message.Example(
    encoded=(tmp_path / 'train' / 'daisy' / 'daisy 001.jpg').read_bytes(),
    label=1,
    text='daisy, Bellis',
    synset='daisy',
    filename='daisy 001.jpg',
    folder='',
    height=24,
    width=32,
    channels=3,
    colorspace='RGB',
    format='JPEG',
    boxes=((0.0, 0.25, 0.5, 1.0),),
  )
  other = found['roses 000.jpg']
  assert (other.label, other.text, other.synset) == (2, 'rose', 'roses')
  assert other.boxes == ()
  assert dataset.read_info(out).class_texts == ('daisy, Bellis', 'rose')


def test_folder_is_recorded_unless_it_is_the_class(tmp_path, out):
  image_folders.write(tmp_path / 'p', {'daisy': 2})
  (tmp_path / 'p' / 'daisy' / 'field').mkdir()
  path = tmp_path / 'p' / 'daisy' / 'daisy 000.jpg'
  path.rename(path.parent / 'field' / path.name)
  write({'train': photos_of(tmp_path / 'p')}, out)
  assert {
    example.filename: example.folder for example in examples(out, 'train')
  } == {'daisy 000.jpg': 'daisy/field', 'daisy 001.jpg': ''}


def test_large_images_are_shrunk_and_record_their_new_size(tmp_path, out):
  image_folders.write(tmp_path / 'p', {'daisy': 1})
  write({'train': photos_of(tmp_path / 'p', max_side=32)}, out, max_side=32)
  (example,) = examples(out, 'train')
  assert (example.width, example.height) == (32, 24)
  (tmp_path / 'p' / 'daisy' / 'daisy 000.jpg').write_bytes(
    image_folders.image_file(1, height=90, width=60)
  )
  write({'train': photos_of(tmp_path / 'p', max_side=45)}, out, max_side=45)
  (example,) = examples(out, 'train')
  assert (example.width, example.height) == (30, 45)


def test_seed_decides_the_order(subsets, out, tmp_path):
  write(subsets, out, num_threads=1)
  shards = {
    name: content
    for name, content in contents(out).items()
    if not name.endswith('.json')
  }
  in_order = [photo.relative.split('/')[1] for photo in subsets['train']]
  assert names(out, 'train') != in_order
  other = tmp_path / 'other'
  other.mkdir()
  write(subsets, other, num_threads=5)
  assert shards.items() <= contents(other).items()
  subsets = {subset: photos_of(tmp_path / subset, seed=1) for subset in subsets}
  write(subsets, other, seed=1)
  assert (
    contents(other)['train-00000-of-00002'] != shards['train-00000-of-00002']
  )


def test_log_lines_are_in_order_and_the_last_counts_the_images(subsets, out):
  subsets['validation'] = subsets['validation'][:2]  # Daisies.
  lines = []
  made = write(subsets, out, log=lines.append)
  assert lines[0] == 'Launching 2 threads for 2 validation images in 2 shards.'
  assert 'WARNING: there are no validation images of roses.' in lines
  assert made.examples_per_class['validation'] == {'daisy': 2, 'roses': 0}
  finished = [i for i, line in enumerate(lines) if 'Finished' in line]
  assert lines[finished[0]].endswith(
    ': Finished writing all 2 images in data set.'
  )
  assert lines[finished[0] + 1] == (
    'Launching 2 threads for 9 train images in 2 shards.'
  )
  assert finished[1:] == [len(lines) - 1]
  assert lines[-1].endswith(': Finished writing all 9 images in data set.')


def test_number_of_shards_follows_size_or_existing_records(tmp_path):
  def numbers(count, **options):
    return records_plan.num_shards(
      {'train': range(count)},
      config.RecordsConfig(output_directory=str(tmp_path), **options),
    )['train']

  assert [numbers(count) for count in (0, 1, 1500, 1600, 10_240, 2**30)] == [
    1,
    1,
    1,
    2,
    10,
    99_999,
  ]
  assert numbers(5000, train_shards=3) == 3
  (tmp_path / 'train-00000-of-00007').write_bytes(b'')
  assert numbers(5000) == 5
  (tmp_path / 'dataset_info.json').write_bytes(b'{}')
  assert numbers(5000) == 7
  assert numbers(5000, train_shards=3) == 3


def test_subset_without_images_is_an_error_that_changes_nothing(subsets, out):
  write(subsets, out)
  before = contents(out)
  with pytest.raises(image_dataset.NoImagesError, match='no train images'):
    write({**subsets, 'train': []}, out)
  assert contents(out) == before


def test_foreign_records_are_refused(subsets, out):
  (out / 'test-00000-of-00001').write_bytes(b'x')
  with pytest.raises(output_folder.FolderError, match='holds test records'):
    write(subsets, out)
  settings = config.RecordsConfig(output_directory=str(out))
  with pytest.raises(output_folder.FolderError, match='holds test records'):
    image_dataset.check_output(('train', 'validation'), settings)
  assert list(contents(out)) == ['test-00000-of-00001']
  (out / 'test-00000-of-00001').unlink()
  image_dataset.check_output(('train', 'validation'), settings)


def test_own_records_are_replaced(subsets, out):
  write(subsets, out)
  write({**subsets, 'train': subsets['train'][:4]}, out)
  assert len(names(out, 'train')) == 4
  assert dataset.read_info(out).num_examples('train') == 4


def test_second_run_changes_nothing_and_reports_it(subsets, out, encoded):
  made = write(subsets, out)
  before = times(out)
  del encoded[:]
  lines = []
  assert write(subsets, out, log=lines.append) == made
  assert lines[0] == f'The records in {out} are complete and stay as they are.'
  assert [line.partition(': ')[2] for line in lines[1:]] == [
    f'Finished writing all {number} images in data set.' for number in (3, 9)
  ]
  assert times(out) == before
  assert not encoded
  # After damage to a shard, the records are made again.
  shard = out / 'train-00001-of-00002'
  content = shard.read_bytes()
  shard.write_bytes(content[:-1] + b'x')
  assert write(subsets, out) == made
  assert shard.read_bytes() == content


@pytest.mark.parametrize(
  'values',
  [
    {'seed': 3},
    {'max_side': 40},
    {'description': {'name': 'other'}},
    {'description': {'texts': {'daisy': 'd', 'roses': 'r'}}},
    {'description': {'boxes_id': 'other'}},
  ],
)
def test_changed_settings_change_the_plan(subsets, out, values, tmp_path):
  write(subsets, out)
  lines = []
  if 'seed' in values:
    subsets = {
      subset: photos_of(tmp_path / subset, seed=3) for subset in subsets
    }
  write(subsets, out, log=lines.append, **values)
  assert lines[0].startswith('Launching')


def test_changed_photo_is_an_error_and_nothing_is_published(
  subsets, out, tmp_path
):
  write({subset: photos[:2] for subset, photos in subsets.items()}, out)
  before = {
    name: content for name, content in contents(out).items() if name[0] != '.'
  }
  (tmp_path / 'train' / 'roses' / 'roses 002.jpg').write_bytes(
    image_folders.image_file(77)
  )
  with pytest.raises(image_survey.ChangedError, match='roses 002.jpg'):
    write(subsets, out)
  assert before.items() <= contents(out).items()
  subsets['train'] = photos_of(tmp_path / 'train')
  write(subsets, out)
  assert not record_writer.partials(out)
  assert image_folders.image_file(77) in [
    example.encoded for example in examples(out, 'train')
  ]


def test_shortage_of_memory_names_the_image(subsets, out, monkeypatch):
  def fail(*unused, **unused_too):
    raise image_errors.MemoryShortage('too little memory')

  monkeypatch.setattr(image_coder, 'encode', fail)
  subsets = {
    subset: [dataclasses.replace(photo, is_original=False) for photo in photos]
    for subset, photos in subsets.items()
  }
  with pytest.raises(
    image_errors.MemoryShortage,
    match=r"\d\.jpg': too little memory: free some, or give a smaller --num_",
  ):
    write(subsets, out)


def test_full_disk_is_reported_before_writing(subsets, out, monkeypatch):
  needed = 2**24 + sum(
    photo.num_bytes + 400 for photos in subsets.values() for photo in photos
  )
  for free, is_enough in ((needed - 1, False), (needed, True)):
    monkeypatch.setattr(
      shutil, 'disk_usage', lambda _, free=free: BIG._replace(free=free)
    )
    if is_enough:
      write(subsets, out)
    else:
      with pytest.raises(
        output_folder.FolderError,
        match=(
          r'need about 0\.02 GB more in .*, and 0\.02 GB are free: free some'
        ),
      ):
        write(subsets, out)
      assert not [name for name in contents(out) if name != '.records.plan']
