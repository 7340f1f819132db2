"""Tests of inception.data.data_preparation."""

import collections
import io
import json

import numpy as np
import pytest
from PIL import Image

from inception import dataset
from inception.data import data_preparation
from inception.data import records_plan
from inception.data.curation import image_survey
from inception.images import image_coder
from inception.images import image_files
from inception.jobs import output_folder
from inception.records import example_message
from inception.records import tfrecord_file
from inception.settings import config

CLASSES = ('daisy', 'roses')


def picture(seed, *, file_format='JPEG', size=(100, 80), **options):
  """Returns an image file; each seed gives a different picture."""
  rng = np.random.default_rng(seed)
  blocks = Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8))
  buffer = io.BytesIO()
  blocks.resize(size).save(buffer, file_format, **options)
  return buffer.getvalue()


def put(folder, count, first=0):
  """Writes the pictures with the numbers first, first + 1, ... as NNN.jpg."""
  folder.mkdir(parents=True, exist_ok=True)
  for i in range(first, first + count):
    (folder / f'{i:03d}.jpg').write_bytes(picture(i))


@pytest.fixture(name='photos')
def _photos(tmp_path):
  """One folder of two classes."""
  photos = tmp_path / 'My ph\u00f6tos'
  put(photos / 'daisy', 12)
  put(photos / 'roses', 12, first=100)
  return photos


@pytest.fixture(name='odd')
def _odd(photos):
  """The same folder with one of every oddity of real folders."""
  for name, content in {
    'daisy/copy of 3.jpg': picture(3),
    'daisy/large 5.jpg': picture(5, size=(200, 160)),
    'roses/7.jpg': picture(7),
    'roses/png.jpg': picture(200, file_format='PNG'),
    'roses/broken.jpg': picture(201)[:-200],
    'stray.jpg': picture(202),
  }.items():
    (photos / name).write_bytes(content)
  (photos / 'tulips').mkdir()
  return photos


@pytest.fixture(name='split_photos')
def _split_photos(tmp_path):
  """A train and a validation folder."""
  put(tmp_path / 'split' / 'train' / 'daisy', 6)
  put(tmp_path / 'split' / 'train' / 'roses', 6, first=100)
  put(tmp_path / 'split' / 'validation' / 'daisy', 3, first=20)
  put(tmp_path / 'split' / 'validation' / 'roses', 3, first=120)
  return tmp_path / 'split'


@pytest.fixture(name='out')
def _out(tmp_path):
  out = tmp_path / 'out'
  out.mkdir()
  return out


def prepare(
  folders,
  out,
  *,
  class_names=CLASSES,
  split=None,
  series_of=None,
  log=lambda line: None,
  **options,
):
  if not isinstance(folders, dict):
    folders, split = {'': folders}, split or config.SplitConfig()
  return data_preparation.prepare(
    data_preparation.Source(
      folders={key: str(folder) for key, folder in folders.items()},
      listings={
        key: image_files.find_images(folder, class_names)
        for key, folder in folders.items()
      },
      split=split,
      series_of=series_of,
    ),
    config.RecordsConfig(output_directory=str(out), **options),
    description=records_plan.Description(
      name='test', class_names=tuple(class_names)
    ),
    log=log,
  )


def both(split_photos):
  return {subset: split_photos / subset for subset in ('validation', 'train')}


def drawn(out):
  """Returns {'class/file name': subset} for all records."""
  return {
    f'{example.text}/{example.filename}': path.name.split('-')[0]
    for path in sorted(out.glob('*-of-*'))
    for example in map(example_message.decode, tfrecord_file.read(path))
  }


def audit_of(out):
  return json.loads((out / 'audit.json').read_bytes())


def paths(groups):
  """Returns the paths of an audit's groups."""
  return [sorted(file['path'] for file in group) for group in groups]


def done(report, path):
  """Returns the actions that an audit's groups give for a file."""
  return {
    file['done']
    for key in ('exact_duplicates', 'near_duplicates')
    for group in report[key]
    for file in group
    if file['path'] == path
  }


def test_one_folder_becomes_a_split_data_set(photos, out):
  lines = []
  made = prepare(photos, out, log=lines.append)
  subsets = drawn(out)
  assert sorted(subsets) == sorted(
    path.relative_to(photos).as_posix() for path in photos.rglob('*.jpg')
  )
  counts = collections.Counter(subsets.values())
  assert dataset.read_info(out) == made
  assert made.num_examples_of == counts
  assert set(counts) == {'train', 'validation'}
  assert audit_of(out)['num_images'] == 24
  assert f'The whole audit is in {out / "audit.json"}.' in lines
  assert '  Nothing stands out.' in lines
  assert lines[-1].endswith(
    f'Finished writing all {counts["train"]} images in data set.'
  )
  finished = [line.partition(': ')[2] for line in lines if 'Finished' in line]
  assert finished[0] == (
    f'Finished writing all {counts["validation"]} images in data set.'
  )


@pytest.mark.parametrize(
  ('split', 'subsets'),
  [
    ({'validation_fraction': 0.0}, {'train'}),
    ({'validation_fraction': 0.0, 'test_fraction': 0.2}, {'train', 'test'}),
    ({'test_fraction': 0.3}, {'train', 'validation', 'test'}),
    (
      {'validation_per_class': 3, 'validation_fraction': 0.0},
      {'train', 'validation'},
    ),
  ],
)
def test_requested_subsets_are_written(photos, out, split, subsets):
  made = prepare(photos, out, split=config.SplitConfig(**split))
  assert set(made.num_examples_of) == set(drawn(out).values()) == subsets
  if 'validation_per_class' in split:
    assert made.examples_per_class['validation'] == {'daisy': 3, 'roses': 3}


def test_audit_reports_the_oddities_of_real_folders(odd, out):
  lines = []
  prepare(odd, out, class_names=(*CLASSES, 'tulips'), log=lines.append)
  report = audit_of(out)
  (bad,) = report['bad_files']
  assert bad['path'] == str(odd / 'roses' / 'broken.jpg')
  assert 'truncated' in bad['reason']
  assert f'SKIPPED: {bad["path"]}: {bad["reason"]}.' in lines
  assert 'Skipped 1 of 29 files.' in lines
  assert (report['num_files'], report['num_images']) == (29, 28)
  assert report['num_left_out'] == 0
  assert report['empty_classes'] == ['tulips']
  assert report['images_outside_class_folders'] == ['stray.jpg']
  assert report['wrong_endings'] == [
    {'path': 'roses/png.jpg', 'format': 'PNG', 'done': 'taken for what it is'}
  ]
  assert report['formats'] == {'JPEG': 27, 'PNG': 1}
  assert report['num_stored_unchanged'] == 27
  assert paths(report['exact_duplicates']) == [
    ['daisy/003.jpg', 'daisy/copy of 3.jpg'],
    ['daisy/007.jpg', 'roses/7.jpg'],
  ]
  assert paths(report['near_duplicates']) == [
    ['daisy/005.jpg', 'daisy/large 5.jpg']
  ]
  assert paths(report['conflicts']) == [['daisy/007.jpg', 'roses/7.jpg']]
  assert report['leaks'] == []
  subsets = drawn(out)
  assert len(subsets) == 28
  for group in report['exact_duplicates'] + report['near_duplicates']:
    assert {file['subset'] for file in group} == {
      subsets[file['path']] for file in group
    }
    assert len({file['subset'] for file in group}) == 1
  assert dict(report['classes'], tulips={}) == {
    name: dict(
      collections.Counter(
        subset
        for path, subset in subsets.items()
        if path.startswith(f'{name}/')
      )
    )
    for name in (*CLASSES, 'tulips')
  }
  assert 'classes without validation images: 1 (tulips)' in '\n'.join(lines)


@pytest.mark.parametrize(
  ('options', 'left_out'),
  [
    (
      {'on_duplicate': 'drop'},
      {'daisy/copy of 3.jpg': 'duplicate', 'daisy/005.jpg': 'duplicate'},
    ),
    (
      {'on_conflict': 'drop'},
      {'daisy/007.jpg': 'conflict', 'roses/7.jpg': 'conflict'},
    ),
    (
      {'on_duplicate': 'drop', 'on_conflict': 'drop'},
      {
        'daisy/copy of 3.jpg': 'duplicate',
        'daisy/005.jpg': 'duplicate',
        'daisy/007.jpg': 'conflict',
        'roses/7.jpg': 'conflict',
      },
    ),
  ],
)
def test_dropped_images_are_in_no_record_and_move_no_others(
  odd, out, tmp_path, options, left_out
):
  prepare(odd, out)
  before = drawn(out)
  (tmp_path / 'other').mkdir()
  made = prepare(odd, tmp_path / 'other', **options)
  assert drawn(tmp_path / 'other') == {
    path: subset for path, subset in before.items() if path not in left_out
  }
  report = audit_of(tmp_path / 'other')
  assert report['num_left_out'] == len(left_out)
  for path, reason in left_out.items():
    assert done(report, path) == {f'left out ({reason})'}
    assert (odd / path).exists()
  assert sum(made.num_examples_of.values()) == 28 - len(left_out)


@pytest.mark.parametrize(
  ('options', 'message'),
  [
    (
      {'on_bad_image': 'fail'},
      r'^--on_bad_image=fail: 1 files .*broken.jpg: .*truncated',
    ),
    (
      {'on_conflict': 'fail'},
      r'^--on_conflict=fail: 1 pictures .* daisy/007.jpg = roses/7.jpg: keep',
    ),
    (
      {'split': config.SplitConfig(validation_per_class=12)},
      r"^--validation_per_class: 12 .* class 'daisy' can give 9: it has 14",
    ),
  ],
)
def test_requested_failures_change_no_records(
  photos, out, request, options, message
):
  prepare(photos, out)
  before = {path.name: path.read_bytes() for path in out.glob('*-of-*')}
  odd = request.getfixturevalue('odd')
  with pytest.raises(data_preparation.PreparationError, match=message):
    prepare(odd, out, **options)
  assert before == {path.name: path.read_bytes() for path in out.glob('*-of-*')}
  assert dataset.read_info(out)
  if 'split' not in options:
    assert audit_of(out)['num_files'] == 29


def test_too_few_images_for_a_subset_are_reported(tmp_path, out):
  for i, name in enumerate(CLASSES):
    put(tmp_path / 'p' / name, 1, first=i)
  with pytest.raises(
    data_preparation.PreparationError,
    match=(
      'no validation images: 2 files are too few .* --validation_fraction=0'
    ),
  ):
    prepare(tmp_path / 'p', out)
  prepare(tmp_path / 'p', out, split=config.SplitConfig(validation_fraction=0))
  assert len(drawn(out)) == 2


def test_folder_without_usable_images_is_reported(tmp_path, out):
  (tmp_path / 'p' / 'daisy').mkdir(parents=True)
  (tmp_path / 'p' / 'daisy' / 'a.jpg').write_bytes(b'no image')
  with pytest.raises(
    data_preparation.PreparationError,
    match=('images: none of 1 files is a usable image'),
  ):
    prepare(tmp_path / 'p', out)
  assert audit_of(out)['num_images'] == 0


def test_foreign_records_are_refused_before_the_long_work(
  photos, out, monkeypatch
):
  (out / 'test-00000-of-00001').write_bytes(b'x')
  monkeypatch.setattr(image_survey, 'survey', None)
  with pytest.raises(output_folder.FolderError, match='holds test records'):
    prepare(photos, out)


def test_split_folders_stay_split(split_photos, out):
  made = prepare(both(split_photos), out)
  assert made.num_examples_of == {'validation': 6, 'train': 12}
  assert drawn(out) == {
    path.relative_to(split_photos / subset).as_posix(): subset
    for subset in ('train', 'validation')
    for path in (split_photos / subset).rglob('*.jpg')
  }
  assert list(audit_of(out)['folders']) == ['validation', 'train']


@pytest.mark.parametrize('is_larger', [False, True])
def test_leak_is_reported_and_dropped_from_training(
  split_photos, out, tmp_path, is_larger
):
  leak = split_photos / 'train' / 'daisy' / 'leak.jpg'
  leak.write_bytes(picture(21, size=(200, 160) if is_larger else (100, 80)))
  lines = []
  prepare(both(split_photos), out, log=lines.append)
  report = audit_of(out)
  (group,) = report['leaks']
  assert {file['path'].split('/')[-1]: file['subset'] for file in group} == {
    'leak.jpg': 'train',
    '021.jpg': 'validation',
  }
  assert any('in more than one subset' in line for line in lines)
  assert drawn(out)['daisy/leak.jpg'] == 'train'
  (tmp_path / 'other').mkdir()
  prepare(both(split_photos), tmp_path / 'other', on_duplicate='drop')
  (group,) = audit_of(tmp_path / 'other')['leaks']
  assert {file['path']: file['done'] for file in group} == {
    'train/daisy/leak.jpg': 'left out (duplicate)',
    'validation/daisy/021.jpg': 'kept',
  }
  assert drawn(tmp_path / 'other') == {
    path: subset
    for path, subset in drawn(out).items()
    if path != 'daisy/leak.jpg'
  }


def test_added_or_renamed_images_move_no_others(photos, out, monkeypatch):
  put(photos / 'daisy', 30, first=30)
  prepare(photos, out)
  before = drawn(out)
  examined = []

  def examine(content, **options):
    examined.append(content)
    return original(content, **options)

  original = image_coder.examine
  monkeypatch.setattr(image_coder, 'examine', examine)
  put(photos / 'daisy', 5, first=300)
  (photos / 'daisy' / '030.jpg').rename(photos / 'daisy' / 'renamed.jpg')
  prepare(photos, out)
  before['daisy/renamed.jpg'] = before.pop('daisy/030.jpg')
  assert before.items() <= drawn(out).items()
  assert len(drawn(out)) == len(before) + 5
  # Only the new and the renamed files; the others were in the journal.
  assert sorted(examined) == sorted(
    picture(i) for i in (30, 300, 301, 302, 303, 304)
  )


def test_second_run_keeps_the_records(photos, out):
  made = prepare(photos, out)
  times = {path: path.stat().st_mtime_ns for path in out.glob('*-of-*')}
  lines = []
  assert prepare(photos, out, log=lines.append) == made
  assert f'The records in {out} are complete and stay as they are.' in lines
  assert times == {path: path.stat().st_mtime_ns for path in times}


def test_series_stays_in_one_subset(photos, out):
  put(photos / 'daisy', 40, first=400)
  prepare(
    photos,
    out,
    split=config.SplitConfig(validation_fraction=0.3, test_fraction=0.3),
    series_of=lambda relative: relative[-6],
  )  # The tens digit, across classes.
  subsets = collections.defaultdict(set)
  for path, subset in drawn(out).items():
    subsets[path[-6]].add(subset)
  assert all(len(of_series) == 1 for of_series in subsets.values())


def test_photo_changed_during_the_run_fails_only_this_run(
  photos, out, monkeypatch
):
  def stale(*args, **options):
    found = original(*args, **options)
    (photos / 'roses' / '105.jpg').write_bytes(picture(999))
    return found

  original = image_survey.survey
  monkeypatch.setattr(image_survey, 'survey', stale)
  with pytest.raises(image_survey.ChangedError, match='105.jpg'):
    prepare(photos, out)
  assert not list(out.glob('[!.]*-of-*'))
  assert not list(out.glob('.survey*'))
  monkeypatch.undo()
  prepare(photos, out)
  assert len(drawn(out)) == 24


def fixed_camera(folder, classes, count):
  """Writes images of one scene that differ only by noise."""
  rng = np.random.default_rng(2)
  scene = np.asarray(Image.open(io.BytesIO(picture(1))), float)
  for class_name in classes:
    (folder / class_name).mkdir(parents=True)
    for i in range(count):
      noisy = (scene + rng.normal(0, 2, scene.shape)).clip(0, 255)
      Image.fromarray(noisy.astype(np.uint8)).save(
        folder / class_name / f'{i:03d}.png'
      )


def test_fixed_camera_fills_both_subsets_of_both_classes(tmp_path, out):
  fixed_camera(tmp_path / 'parts', CLASSES, 30)
  lines = []
  info = prepare(tmp_path / 'parts', out, on_conflict='drop', log=lines.append)
  assert info.num_examples('train') + info.num_examples('validation') == 60
  for counts in info.examples_per_class.values():
    assert all(counts[name] for name in CLASSES)
  # 15 %, drawn one by one.
  assert 3 <= info.num_examples('validation') <= 18
  report = audit_of(out)
  assert [len(scene) for scene in report['scenes']] == [60]
  assert report['conflicts'] == report['near_duplicates'] == []
  assert report['leaks'] == []
  (line,) = [line for line in lines if 'fixed camera' in line]
  assert line.startswith(
    '  WARNING: 60 images look nearly the same and fill most of a class, like '
    'those of a fixed camera (30 of daisy, 30 of roses): each counts as a '
    'separate picture.'
  )
  assert '--group_pattern' in line


def test_near_copies_are_reported_as_reason_for_an_empty_subset(tmp_path, out):
  fixed_camera(tmp_path / 'parts', CLASSES[:1], 7)
  with pytest.raises(
    data_preparation.PreparationError,
    match='^no validation images: the 7 images are 1 group of copies or near '
    'copies, .*--near_duplicate_distance=0',
  ):
    prepare(tmp_path / 'parts', out, class_names=CLASSES[:1])
  info = prepare(
    tmp_path / 'parts', out, class_names=CLASSES[:1], near_duplicate_distance=0
  )
  assert info.num_examples('validation') == 1


def test_drops_are_reported_as_reason_for_an_empty_subset(photos, out):
  for i in range(12):
    (photos / 'roses' / f'{100 + i}.jpg').write_bytes(picture(i))
  with pytest.raises(
    data_preparation.PreparationError,
    match='^no validation images: all 24 usable images are left out, 24 as '
    'pictures in more than one class ',
  ):
    prepare(photos, out, on_conflict='drop')
