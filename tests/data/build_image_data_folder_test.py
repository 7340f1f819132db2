"""Tests of the command build_image_data with one folder, which it splits."""

import collections
import hashlib
import io
import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from inception import dataset
from inception.records import example_message
from inception.records import tfrecord_file
from inception.testing import command_batches
from inception.testing import commands

COMMAND = 'data.build_image_data'
SUBSETS = ('train', 'validation', 'test')


def picture(seed):
  """Returns a JPEG that is like no other one, which image_folders' may be."""
  rng = np.random.default_rng(seed)
  blocks = Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8))
  buffer = io.BytesIO()
  blocks.resize((48, 36)).save(buffer, 'JPEG')
  return buffer.getvalue()


def write(folder, counts, seed=0):
  """Writes {class: number} pictures named 'class 000.jpg' and so on."""
  for place, (class_name, count) in enumerate(counts.items()):
    (folder / class_name).mkdir(parents=True, exist_ok=True)
    for i in range(count):
      (folder / class_name / f'{class_name} {i:03d}.jpg').write_bytes(
        picture((seed, place, i))
      )


def arguments(photos, out, *more):
  return [f'--image_directory={photos}', f'--output_directory={out}', *more]


def run(*cases):
  """Runs the cases, which must succeed; returns what they print."""
  found = command_batches.run_all(COMMAND, cases)
  for done in found:
    assert (done.stderr, done.returncode) == ('', 0), done.args
  return [done.stdout for done in found]


def examples(out, subset):
  return [
    example_message.decode(record)
    for path in sorted(out.glob(f'{subset}-*'))
    for record in tfrecord_file.read(path)
  ]


def names(out, subset):
  return {example.filename for example in examples(out, subset)}


def subset_of(out):
  """Returns {image's bytes: its subset}."""
  return {
    example.encoded: subset
    for subset in SUBSETS
    for example in examples(out, subset)
  }


def audit_of(out):
  return json.loads((out / 'audit.json').read_text(encoding='utf-8'))


def per_class(out, subset):
  return collections.Counter(example.text for example in examples(out, subset))


@pytest.fixture(scope='module', name='photos')
def _photos(tmp_path_factory):
  """Nobody changes these."""
  photos = tmp_path_factory.mktemp('one folder') / 'My ph\u00f6tos'
  write(photos, {'daisy': 30, 'roses': 20})
  return photos


def test_one_folder_is_split(photos, tmp_path):
  out = tmp_path / 'deep er' / 'out'
  done = commands.run(COMMAND, arguments(f'{photos}/', f'{out}/'))
  assert (done.stderr, done.returncode) == ('', 0)
  assert sorted(path.name for path in out.iterdir() if path.name[0] != '.') == [
    'audit.json',
    'dataset_info.json',
    'train-00000-of-00001',
    'validation-00000-of-00001',
  ]
  # A hash of the content's keyed hash: below 0.15 it is for validation.
  expected = {}
  for path in photos.rglob('*.jpg'):
    key = hashlib.blake2b(
      path.read_bytes(), digest_size=16, key=hashlib.sha256(b'12345').digest()
    ).digest()
    place = hashlib.blake2b(key, digest_size=8).digest()
    is_early = int.from_bytes(place, 'big') < 0.15 * 2**64
    expected[path.name] = 'validation' if is_early else 'train'
  info = dataset.read_info(out)
  assert info.class_names == ('daisy', 'roses')
  assert (info.name, info.seed) == ('out', 12345)
  for subset in ('train', 'validation'):
    assert names(out, subset) == {
      name for name, place in expected.items() if place == subset
    }
    assert info.num_examples(subset) == len(names(out, subset))
    assert info.examples_per_class[subset] == per_class(out, subset)
    for example in examples(out, subset):
      assert example.text == example.filename.split()[0]
      assert example.label == {'daisy': 1, 'roses': 2}[example.text]
      assert (
        example.encoded
        == (photos / example.text / example.filename).read_bytes()
      )
      assert example.boxes == ()
  audit = audit_of(out)
  assert audit['classes'] == {
    name: {
      subset: info.examples_per_class[subset][name]
      for subset in ('train', 'validation')
    }
    for name in ('daisy', 'roses')
  }
  assert not audit['near_duplicates'] and not audit['leaks']
  assert f'Found 50 JPEG files across 2 labels inside {photos}' in done.stdout
  assert str(out / 'audit.json') in done.stdout


def test_split_flags_decide_the_subsets(photos, tmp_path):
  cases = {
    'half': ['--validation_fraction=0.5'],
    'three': ['--validation_per_class=3', '--test_fraction=0.1'],
    'tested': ['--test_fraction=0.2'],
    'undivided': ['--validation_fraction=0', '--train_shards=3'],
    'seeded': ['--seed=7', '--validation_shards=2'],
    'same seed': ['--seed=7', '--validation_shards=2'],
  }
  run(
    *(
      arguments(photos, tmp_path / case / 'out', *more)
      for case, more in cases.items()
    )
  )
  out = {case: tmp_path / case / 'out' for case in cases}
  for case, folder in out.items():
    assert len(subset_of(folder)) == 50, case
    info = dataset.read_info(folder)
    for subset in info.num_examples_of:
      assert info.num_examples(subset) == len(examples(folder, subset)), case
      assert len(info.shard_files(subset)) in (1, 2, 3), case
  assert 15 <= len(examples(out['half'], 'validation')) <= 35
  assert per_class(out['three'], 'validation') == {'daisy': 3, 'roses': 3}
  # flowers_eval --subset=test asks the info.
  for case in ('three', 'tested'):
    assert (
      dataset.read_info(out[case]).num_examples('test')
      == len(examples(out[case], 'test'))
      > 0
    )
  # The test images are taken from the training images.
  default = {
    content: subset
    for content, subset in subset_of(out['tested']).items()
    if subset == 'validation'
  }
  assert default.items() <= subset_of(out['half']).items()
  assert set(dataset.read_info(out['undivided']).num_examples_of) == {'train'}
  assert len(list(out['undivided'].glob('*-of-00003'))) == 3
  assert subset_of(out['seeded']) != subset_of(out['tested'])
  first, second = (
    {
      path.name: path.read_bytes()
      for path in folder.glob('[!a]*')
      if path.name[0] != '.'
    }
    for folder in (out['seeded'], out['same seed'])
  )
  assert first == second and len(first) == 4


def test_adding_and_renaming_images_moves_no_others(photos, tmp_path):
  more = tmp_path / 'more'
  shutil.copytree(photos, more)
  write(more, {'daisy': 40}, seed=9)  # 30 in the place of old ones.
  for path in sorted((photos / 'daisy').iterdir()):
    shutil.copy(path, more / 'daisy' / f'a{path.name[::-1]}')
  out = tmp_path / 'out'
  run(arguments(photos, out))
  before = subset_of(out)
  shards = sorted(path.name for path in out.glob('*-of-*'))
  said, _ = run(arguments(more, out), arguments(more, tmp_path / 'another'))
  after = subset_of(out)
  assert after == subset_of(tmp_path / 'another')
  assert len(before) == 50 and len(after) == 90
  assert before.items() <= after.items()
  assert sorted(path.name for path in out.glob('*-of-*')) == shards
  assert 'stay as they are' not in said


def test_second_run_changes_nothing(photos, tmp_path):
  out = tmp_path / 'out'
  run(arguments(photos, out))
  kept = [*out.glob('*-of-*'), out / 'dataset_info.json']
  before = {path: path.stat() for path in kept}
  (said,) = run(arguments(photos, out))
  assert {path: path.stat().st_mtime_ns for path in kept} == {
    path: status.st_mtime_ns for path, status in before.items()
  }
  assert f'The records in {out} are complete and stay as they are.' in said
  train = dataset.read_info(out).num_examples('train')
  assert said.endswith(f'Finished writing all {train} images in data set.\n')
  # But not where one of them is damaged.
  kept[0].write_bytes(kept[0].read_bytes()[:-1])
  (said,) = run(arguments(photos, out))
  assert 'stay as they are' not in said
  assert kept[0].stat().st_size == before[kept[0]].st_size


def test_labels_file_defines_the_classes(photos, tmp_path):
  labels = tmp_path / 'labels.txt'
  labels.write_text('roses\n', encoding='utf-8')
  both = tmp_path / 'both.txt'
  both.write_text('\ufeffroses\r\n\r\ndaisy\r\n', encoding='utf-8', newline='')
  said, _ = run(
    arguments(photos, tmp_path / '1', f'--labels_file={labels}'),
    arguments(photos, tmp_path / '2', f'--labels_file={both}'),
  )
  assert 'Left out, as --labels_file does not name them: daisy' in said
  assert len(subset_of(tmp_path / '1')) == 20
  for out, class_names in (('1', ('roses',)), ('2', ('roses', 'daisy'))):
    assert dataset.read_info(tmp_path / out).class_names == class_names
    for example in examples(tmp_path / out, 'train'):
      assert example.label == class_names.index(example.text) + 1


def test_series_stays_in_one_subset(tmp_path):
  photos, out = tmp_path / 'photos', tmp_path / 'out'
  for class_name, first in (('daisy', 0), ('roses', 10)):
    (photos / class_name).mkdir(parents=True)
    for plant in range(first, first + 12):
      for i in range(3):
        (photos / class_name / f'plant{plant:02d}_{i}.jpg').write_bytes(
          picture((plant, i, first))
        )
  run(
    arguments(
      photos, out, '--group_pattern=(plant[0-9]+)_', '--validation_fraction=0.3'
    ),
    arguments(photos, tmp_path / 'without', '--validation_fraction=0.3'),
  )
  plants = {
    subset: {name.split('_')[0] for name in names(out, subset)}
    for subset in ('train', 'validation')
  }
  assert not plants['train'] & plants['validation']
  assert len(plants['train'] | plants['validation']) == 22
  assert subset_of(out) != subset_of(tmp_path / 'without')


def test_large_images_are_shrunk_to_max_side(photos, tmp_path):
  run(arguments(photos, tmp_path / 'out', '--max_side=32'))
  for example in examples(tmp_path / 'out', 'train'):
    assert (example.width, example.height) == (32, 24)
  assert audit_of(tmp_path / 'out')['num_stored_unchanged'] == 0


def test_boxes_are_read_from_a_csv_file(photos, tmp_path):
  boxes = tmp_path / 'boxes.csv'
  boxes.write_text(
    'daisy 000.jpg,0.25,0.125,0.75,0.5\n'
    'daisy 000.jpg,0,0,1,1\n'
    'roses/roses 001.jpg,0.5,0.5,0.75,0.75\n'
    'daisy 001.jpg,0.5,0.5,0.5,0.75\n'
    'tulips 000.jpg,0.5,0.5,0.75,0.75\n'
    'daisy/roses 002.jpg,0.5,0.5,0.75,0.75\n',
    encoding='utf-8',
  )
  out = tmp_path / 'out'
  said, again = run(
    *2 * [arguments(photos, out, f'--bounding_box_file={boxes}')]
  )
  found = {
    example.filename: example.boxes
    for subset in SUBSETS
    for example in examples(out, subset)
    if example.boxes
  }
  # ymin, xmin, ymax, xmax.
  assert found == {
    'daisy 000.jpg': ((0.125, 0.25, 0.5, 0.75), (0, 0, 1, 1)),
    'roses 001.jpg': ((0.5, 0.5, 0.75, 0.75),),
  }
  warned = [line for line in said.splitlines() if 'WARNING' in line]
  assert len(warned) == 1 and 'tulips 000.jpg' in warned[0]
  assert '--bounding_box_file' in warned[0] and '2' in warned[0]
  assert re.search('^.*area.*$', said, re.MULTILINE)
  assert 'stay as they are' in again
  boxes.write_text('daisy 000.jpg,0,0,0.5,0.5\n', encoding='utf-8')
  (said,) = run(arguments(photos, out, f'--bounding_box_file={boxes}'))
  assert 'stay as they are' not in said


def test_box_for_a_name_in_two_classes_gives_a_warning(tmp_path):
  photos = tmp_path / 'photos'
  write(photos, {'daisy': 20, 'roses': 20})
  (photos / 'roses' / 'roses 000.jpg').rename(photos / 'roses/daisy 000.jpg')
  boxes = tmp_path / 'boxes.csv'
  boxes.write_text('daisy 000.jpg,0,0,1,1\n', encoding='utf-8')
  (said,) = run(
    arguments(photos, tmp_path / 'out', f'--bounding_box_file={boxes}')
  )
  (warned,) = [line for line in said.splitlines() if 'WARNING' in line]
  assert 'share, so that these have the same boxes: 1 (daisy 000.jpg)' in warned


@pytest.fixture(name='copies')
def _copies(tmp_path):
  """Ten copies of a picture under names of daisies; two are roses, too."""
  photos = tmp_path / 'copies'
  write(photos, {'daisy': 20, 'roses': 20})
  for i in range(10):
    (photos / 'daisy' / f'copy {i}.jpg').write_bytes(picture(99))
  for i in range(2):
    shutil.copy(photos / 'daisy' / f'daisy {i:03d}.jpg', photos / 'roses')
  return photos


def test_copies_and_conflicts(copies, tmp_path):
  files = {path: path.read_bytes() for path in copies.rglob('*.jpg')}
  out = [tmp_path / str(i) for i in range(4)]
  *_, failed = command_batches.run_all(
    COMMAND,
    [
      arguments(copies, out[0]),
      arguments(copies, out[1], '--on_duplicate=drop'),
      arguments(copies, out[2], '--on_conflict=drop'),
      arguments(copies, out[3], '--on_conflict=fail'),
    ],
  )
  made = [
    sum(per_class(folder, subset).total() for subset in SUBSETS)
    for folder in out
  ]
  assert made == [52, 43, 48, 0]
  assert failed.returncode == 1 and len(failed.stderr.splitlines()) == 1
  assert '--on_conflict=fail: 2 pictures are in more than one class' in (
    failed.stderr
  )
  for folder, left_out in zip(out, (0, 9, 4, 0)):
    audit = audit_of(folder)
    assert len(audit['exact_duplicates']) == 3
    assert len(audit['conflicts']) == 2
    assert audit['leaks'] == []
    assert audit['num_left_out'] == left_out
    assert (
      sum(
        entry['done'] != 'kept'
        for group in audit['exact_duplicates']
        for entry in group
      )
      == left_out
    )
  # Copies are on one side, and leaving them out moves no other image.
  assert (
    sum(
      any('copy' in name for name in names(out[0], subset))
      for subset in SUBSETS
    )
    == 1
  )
  for folder in out[1:3]:
    assert subset_of(folder).items() <= subset_of(out[0]).items()
  assert files == {path: path.read_bytes() for path in copies.rglob('*.jpg')}


def test_stray_images_are_reported(photos, tmp_path):
  mixed = tmp_path / 'mixed'
  shutil.copytree(photos, mixed)
  (mixed / 'beside.jpg').write_bytes(picture(1))
  (mixed / 'README.txt').write_bytes(b'')
  (said,) = run(arguments(mixed, tmp_path / 'out'))
  assert 'beside.jpg' in said and 'README' not in said
  audit = audit_of(tmp_path / 'out')
  assert audit['images_outside_class_folders'] == ['beside.jpg']


def test_three_folders_become_three_subsets(tmp_path):
  for number, subset in enumerate(SUBSETS):
    write(tmp_path / subset, {'daisy': 4 + number, 'roses': 3}, seed=number)
  out = tmp_path / 'out'
  run([
    *(f'--{subset}_directory={tmp_path / subset}' for subset in SUBSETS),
    f'--output_directory={out}',
  ])
  assert [per_class(out, subset)['daisy'] for subset in SUBSETS] == [4, 5, 6]
  assert dataset.read_info(out).num_examples('test') == 9


def test_labels_file_can_name_classes_train_and_test(tmp_path):
  write(tmp_path / 'photos' / 'train', {'ice': 4, 'steam': 4})
  write(tmp_path / 'photos' / 'test', {'ice': 4, 'steam': 4}, seed=1)
  labels = tmp_path / 'labels.txt'
  labels.write_text('test\ntrain\n', encoding='utf-8')
  out = tmp_path / 'out'
  run(arguments(tmp_path / 'photos', out, f'--labels_file={labels}'))
  assert dataset.read_info(out).class_names == ('test', 'train')


def test_two_unicode_forms_of_a_name_are_one_class(tmp_path):
  composed, apart = 'caf\u00e9', 'cafe\u0301'
  write(tmp_path / 'train', {composed: 4, 'tea': 4})
  write(tmp_path / 'validation', {apart: 2, 'tea': 2}, seed=1)
  labels = tmp_path / 'labels.txt'
  labels.write_text(f'{apart}\ntea\n', encoding='utf-8')
  boxes = tmp_path / 'boxes.csv'
  boxes.write_text(f'{composed}/{apart} 000.jpg,0,0,1,.5\n', encoding='utf-8')
  two = [
    f'--train_directory={tmp_path / "train"}',
    f'--validation_directory={tmp_path / "validation"}',
    f'--bounding_box_file={boxes}',
  ]
  run(
    [*two, f'--output_directory={tmp_path}/1'],
    [*two, f'--output_directory={tmp_path}/2', f'--labels_file={labels}'],
  )
  for out in (tmp_path / '1', tmp_path / '2'):
    info = dataset.read_info(out)
    assert info.class_names == (composed, 'tea')
    assert info.examples_per_class['validation'] == {composed: 2, 'tea': 2}
    assert composed.encode() in (out / 'dataset_info.json').read_bytes() or (
      '\\u00e9' in (out / 'dataset_info.json').read_text(encoding='utf-8')
    )
    for example in examples(out, 'validation'):
      assert example.filename.startswith((composed, 'tea'))
      has_box = example.filename == f'{composed} 000.jpg'
      assert len(example.boxes) == has_box


def test_labels_csv_changes_classes_and_moves_no_file(tmp_path):
  photos, out = tmp_path / 'photos', tmp_path / 'out'
  write(photos, {'daisy': 12, 'roses': 12})
  before = {path: path.read_bytes() for path in photos.rglob('*.jpg')}
  labels = tmp_path / 'relabel.csv'
  labels.write_text(
    'file,class,margin\n'
    'daisy/daisy 003.jpg,roses,0.9\n'
    'daisy/daisy 004.jpg,roses,0.5\n'
    'roses/roses 001.jpg,roses,0.1\n',
    encoding='utf-8',
  )
  shared = arguments(photos, out)
  with_csv = [*shared, f'--labels_csv={labels}']
  plain, _, changed, again = run(shared, shared, with_csv, with_csv)
  assert 'labels changed' not in plain
  assert (
    'labels changed by --labels_csv: 2 (daisy/daisy 003.jpg: roses, '
    'daisy/daisy 004.jpg: roses)'
  ) in changed
  # Other labels are another plan, and the same ones are the same.
  assert 'Launching' in changed
  assert 'Launching' not in again and 'stay as they are' in again
  made = {
    example.filename: (example.text, example.label)
    for subset in ('train', 'validation')
    for example in examples(out, subset)
  }
  assert len(made) == 24
  for name, label in made.items():
    is_rose = name.startswith('roses') or name in (
      'daisy 003.jpg',
      'daisy 004.jpg',
    )
    assert label == (('roses', 2) if is_rose else ('daisy', 1)), name
  assert [entry['path'] for entry in audit_of(out)['relabelled_images']] == [
    'daisy/daisy 003.jpg',
    'daisy/daisy 004.jpg',
  ]
  assert {path: path.read_bytes() for path in photos.rglob('*.jpg')} == before


def test_unknown_names_in_labels_csv_are_refused(photos, tmp_path):
  cases = []
  for name, row in (
    ('file', 'daisy/none.jpg,roses'),
    ('class', 'daisy/daisy 001.jpg,oaks'),
  ):
    path = tmp_path / f'{name}.csv'
    path.write_text(f'file,class\n{row}\n', encoding='utf-8')
    cases.append(arguments(photos, tmp_path / 'out', f'--labels_csv={path}'))
  file, label = command_batches.run_all(COMMAND, cases)
  for done, reason in (
    (file, 'names daisy/none.jpg, and the folder of images has no such file'),
    (label, 'gives the class oaks, and the classes are daisy, roses'),
  ):
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith('build_image_data: --labels_csv: ')
    assert f'line 2, {reason}' in line
