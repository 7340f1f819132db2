"""Tests that build_image_data reports each mistake in one helpful line.

All cases run in one process, one after the other.
"""

import tarfile
import zipfile

import pytest

from inception.jobs import output_folder
from inception.testing import command_batches
from inception.testing import commands
from inception.testing import image_folders

COMMAND = 'data.build_image_data'


@pytest.fixture(name='photos')
def _photos(tmp_path):
  """A folder of two classes that is not split."""
  photos = tmp_path / 'My ph\u00f6tos'
  image_folders.write(photos, {'daisy': 10, 'roses': 10})
  return photos


@pytest.fixture(name='two')
def _two(tmp_path, photos):
  """Arguments for two folders with the same classes."""
  return [
    f'--train_directory={photos}/',
    f'--validation_directory={photos}/../{photos.name}',
    f'--output_directory={tmp_path}/out',
  ]


def one(photos, tmp_path, *more):
  """Returns the arguments for one folder."""
  return [
    f'--image_directory={photos}',
    f'--output_directory={tmp_path}/out',
    *more,
  ]


def text_files(tmp_path, **texts):
  """Writes {name: text}; returns {name: path}."""
  paths = {}
  for name, text in texts.items():
    paths[name] = tmp_path / f'{name}.txt'
    paths[name].write_text(text, encoding='utf-8')
  return paths


def check(cases, *, code=1):
  """Runs {case: (arguments, text in the only line of the output)}."""
  answers = command_batches.run_all(
    COMMAND, [arguments for arguments, _ in cases.values()]
  )
  for (case, (_, text)), done in zip(cases.items(), answers, strict=True):
    assert text in done.stderr, case
    assert len(done.stderr.splitlines()) == 1, case
    assert done.stderr.startswith('build_image_data: '), case
    assert done.returncode == code, case
    assert 'Finished writing' not in done.stdout, case


def test_image_folder_mistakes_are_reported(photos, two, tmp_path):
  for name in ('nothing', 'hollow/daisy'):
    (tmp_path / name).mkdir(parents=True)
  image_folders.write(tmp_path / 'lonely', {'daisy': 1})
  image_folders.write(tmp_path / 'more', {'daisy': 1, 'roses': 1, 'tulips': 1})
  flat, file = photos / 'daisy', photos / 'daisy' / 'daisy 000.jpg'
  out = two[2]

  def of(folder, *more):
    return [f'--image_directory={folder}', out, *more]

  check({
    'none': ([out], '--image_directory is needed'),
    'one and two': (
      [*of(photos), two[0]],
      '--image_directory and --train_directory exclude each',
    ),
    'and the other': (
      [*of(photos), two[1]],
      '--image_directory and --validation_directory exclude',
    ),
    'no train': (two[1:], '--train_directory is needed'),
    'no validation': ([two[0], out], '--validation_directory is needed'),
    'missing': (
      of(tmp_path / 'n\u00f6'),
      f"--image_directory: '{tmp_path / 'n'}\u00f6' is not a",
    ),
    'one missing': (
      [f'--train_directory={tmp_path}/n\u00f6', *two[1:]],
      '--train_directory: ',
    ),
    'a file': (of(file), '--image_directory: '),
    'no class folders': (of(flat), f"--image_directory: '{flat}' has no fo"),
    'nothing': (of(tmp_path / 'nothing'), '--image_directory: '),
    'an empty class': (
      of(tmp_path / 'hollow'),
      '--image_directory: no files in the class folders',
    ),
    'no validation images': (
      [two[0], f'--validation_directory={tmp_path / "hollow"}', out],
      '--validation_directory: no files in the class folders',
    ),
    'one image': (of(tmp_path / 'lonely'), 'no validation images: '),
    'one class more': (
      [two[0], f'--validation_directory={tmp_path / "more"}', out],
      "the folder 'tulips'",
    ),
    'one image of a class': (
      of(tmp_path / 'more', '--validation_per_class=1'),
      '--validation_per_class: 1 validation images of each class are '
      "requested, but class 'daisy' can give 0",
    ),
    'too many asked for': (
      of(photos, '--validation_per_class=10'),
      "class 'daisy' can give 9",
    ),
    'broken pattern': (
      of(photos, '--group_pattern=(plant'),
      '--group_pattern: ',
    ),
  })


def test_mistakes_with_other_files_are_reported(photos, tmp_path):
  files = text_files(
    tmp_path,
    pixels='a.jpg,10,20,200,100\n',
    short='a.jpg,0,0,1\n',
    words='a.jpg,left,top,right,bottom\n',
    empty='',
    twice='daisy\ndaisy\n',
    other='daisy\nt\u00fclips\n',
  )
  (tmp_path / 'latin.txt').write_bytes(b't\xfclips\n')

  def with_file(flag, path):
    return one(photos, tmp_path, f'--{flag}={path}')

  check({
    f'{flag}={name}': (with_file(flag, files.get(name, tmp_path / name)), text)
    for flag, name, text in (
      ('bounding_box_file', 'none.csv', '--bounding_box_file: there is no'),
      ('bounding_box_file', 'pixels', 'divide pixels'),
      ('bounding_box_file', 'short', 'line 1, has 4 columns'),
      ('bounding_box_file', 'words', "has 'left' for a side"),
      ('bounding_box_file', 'empty', '--bounding_box_file: '),
      ('bounding_box_file', 'latin.txt', 'is not UTF-8 text'),
      ('labels_file', 'none.txt', '--labels_file: '),
      ('labels_file', 'latin.txt', 'is not UTF-8 text'),
      ('labels_file', 'empty', '--labels_file: '),
      ('labels_file', 'twice', "names 'daisy' twice"),
      ('labels_file', 'other', "--labels_file names 't\u00fclips'"),
    )
  })


def test_output_folder_mistakes_are_reported(photos, two, tmp_path):
  foreign = tmp_path / 'foreign'
  foreign.mkdir()
  (foreign / 'train-00001-of-00002').write_bytes(b'')
  file = tmp_path / 'file'
  file.write_bytes(b'')

  def into(folder, *more):
    return [
      f'--image_directory={photos}',
      f'--output_directory={folder}',
      *more,
    ]

  check({
    'within': (into(photos / 'out'), 'is within --image_directory'),
    'the same': (into(f'{photos}/daisy/..'), 'is within --image_directory'),
    'within the training images': (
      [*two[:2], f'--output_directory={photos}/daisy'],
      'is within --',
    ),
    'a file': (into(file), 'cannot make the folder'),
    'in a file': (into(file / 'x'), 'cannot make the folder'),
    'records of others': (into(foreign, '--train_shards=2'), 'did not write'),
    'another number of shards': (
      into(foreign, '--train_shards=4'),
      'did not write',
    ),
  })
  assert [path.name for path in foreign.glob('[!.a]*')] == [
    'train-00001-of-00002'
  ]
  assert not (photos / 'out').exists()


def test_invalid_values_are_refused(photos, two, tmp_path):
  cases = {
    flag: (
      one(photos, tmp_path, f'--{flag}'),
      f'--{flag.partition("=")[0]} must be ',
    )
    for flag in (
      'validation_fraction=1',
      'validation_fraction=-0.1',
      'validation_fraction=nan',
      'test_fraction=1.5',
      'validation_per_class=0',
      'max_side=0',
      'max_side=31',
      'seed=-1',
      'near_duplicate_distance=-1',
      'near_duplicate_distance=257',
      'train_shards=0',
      'validation_shards=100000',
      'num_threads=0',
    )
  }
  cases |= {
    f'two folders and {flag}': (
      [*two, f'--{flag}'],
      f'--{flag.partition("=")[0]} only goes with --image_directory',
    )
    for flag in (
      'validation_fraction=0.2',
      'validation_per_class=2',
      'test_fraction=0.1',
      'group_pattern=x',
    )
  }
  cases['all set aside'] = (
    one(photos, tmp_path, '--validation_fraction=.5', '--test_fraction=.5'),
    'must leave something for training',
  )
  cases['fraction and number'] = (
    one(
      photos, tmp_path, '--validation_fraction=0.2', '--validation_per_class=2'
    ),
    'exclude each other',
  )
  cases['argument'] = ([*two, 'stray'], "unexpected argument 'stray'")
  check(cases)
  assert not (tmp_path / 'out').exists()


def test_unknown_flags_and_bad_numbers_are_reported(photos, tmp_path):
  check(
    {
      flag: (one(photos, tmp_path, f'--{flag}'), flag.partition('=')[0])
      for flag in (
        'train_dir=x',
        'num_threads=two',
        'max_side=big',
        'validation_fraction=half',
        'on_conflict=maybe',
        'on_duplicate=fail',
        'on_bad_image=drop',
      )
    },
    code=2,
  )
  assert not (tmp_path / 'out').exists()


def test_process_ends_with_one_line_and_the_exit_code(photos, tmp_path):
  done = commands.run(COMMAND, one(photos, tmp_path, '--max_side=1'))
  assert done.stderr.startswith('build_image_data: --max_side must be ')
  assert (len(done.stderr.splitlines()), done.returncode) == (1, 1)
  done = commands.run(COMMAND, one(photos, tmp_path, '--max_sid=1'))
  assert "'max_sid'" in done.stderr
  assert (len(done.stderr.splitlines()), done.returncode) == (1, 2)


def test_mistake_is_reported_before_slow_imports(photos, tmp_path):
  modules = commands.imported(
    COMMAND, one(photos, tmp_path, '--test_fraction=2')
  )
  assert 'inception.images.image_files' in modules
  assert not {'tensorflow', 'numpy', 'PIL', 'google.protobuf'} & modules


def test_only_one_command_writes_at_a_time(photos, tmp_path):
  out = tmp_path / 'out'
  out.mkdir()
  with output_folder.exclusive(out):
    done = commands.run(COMMAND, one(photos, tmp_path))
  assert 'another command is writing into' in done.stderr
  assert len(done.stderr.splitlines()) == 1
  assert done.returncode == 1


def test_closed_output_pipe_is_not_an_error(photos, tmp_path):
  process = commands.start(
    COMMAND,
    [f'--image_directory={photos}', f'--output_directory={tmp_path / "out"}'],
  )
  process.stdout.close()
  assert process.stderr.read() == ''
  assert process.wait() == 1


def test_folders_that_are_not_classes_are_reported(tmp_path):
  image_folders.write(tmp_path / 'kaggle' / 'train', {'cat': 2, 'dog': 2})
  image_folders.write(tmp_path / 'kaggle' / 'Val', {'cat': 1, 'dog': 1})
  image_folders.write(tmp_path / 'packed' / 'photos', {'cat': 2, 'dog': 2})
  labels = text_files(tmp_path, labels='cat\n')['labels']
  kaggle, packed = tmp_path / 'kaggle', tmp_path / 'packed'
  check({
    'split': (
      one(kaggle, tmp_path),
      f'--image_directory: {str(kaggle)!r} has the folders Val, train, which '
      'are subsets, not classes: pass '
      f'--validation_directory={kaggle / "Val"} '
      f'--train_directory={kaggle / "train"}',
    ),
    'packed': (
      one(packed, tmp_path),
      f'pass --image_directory={packed / "photos"} if these are the classes',
    ),
    'packed training images': (
      [
        f'--train_directory={packed}',
        f'--validation_directory={packed / "photos"}',
        f'--output_directory={tmp_path}/out',
      ],
      f'pass --train_directory={packed / "photos"} if these',
    ),
    'labels that are one folder deeper': (
      one(packed, tmp_path, f'--labels_file={labels}'),
      f'pass --image_directory={packed / "photos"} if these',
    ),
    'two ways': (
      one(packed, tmp_path, f'--test_directory={packed}'),
      '--image_directory and --test_directory exclude each other',
    ),
  })


def test_archives_and_unusable_boxes_are_reported(photos, tmp_path):
  with zipfile.ZipFile(tmp_path / 'photos.zip', 'w') as archive:
    archive.writestr('daisy/1.jpg', b'x')
  with tarfile.open(tmp_path / 'photos.tgz', 'w:gz') as archive:
    archive.add(photos, 'photos')
  names = [f'elsewhere/{i}.jpg,0,0,1,1\n' for i in range(9)]
  (tmp_path / 'boxes.csv').write_text(''.join(names), encoding='utf-8')
  check({
    'ZIP': (
      one(tmp_path / 'photos.zip', tmp_path),
      "photos.zip' is a ZIP archive: unpack it, and pass the folder that has",
    ),
    'tar': (
      one(tmp_path / 'photos.tgz', tmp_path),
      "photos.tgz' is a tar archive: unpack it",
    ),
    'boxes of no image': (
      one(photos, tmp_path, f'--bounding_box_file={tmp_path / "boxes.csv"}'),
      '--bounding_box_file names no existing image, only '
      'elsewhere/0.jpg, elsewhere/1.jpg, elsewhere/2.jpg, ...: name the images',
    ),
  })
