"""Tests that killing a preparation at any moment loses and corrupts nothing.

After each kill, the output folder is checked byte by byte: it holds the
previous records, the new ones, or a mixture that is marked as such. The last
run in a folder must give the same result as an uninterrupted run.
"""

import contextlib
import json
import os
import random
import shutil
import subprocess
import time

import numpy as np
import pytest
from PIL import Image

from inception import dataset
from inception.records import tfrecord_file
from inception.testing import commands

COMMAND = 'data.build_image_data'
NUM_KILLS = 50
NUM_PHOTOS = 300
# Files of the user next to the records, some with names like theirs.
OWN_FILES = {
  'notes.txt': b'mine',
  'train': b'mine',
  '.hidden': b'mine',
  'train-00000-of-00004.txt': b'mine',
  'old/train-00000-of-00001': b'mine',
}
# A stage begins or ends right after these lines of output.
LINES = (
  'The whole audit',
  'validation-00000-of-00002',
  ' train images in 4 shards',
  'train-00000-of-00004',
  'train-00001-of-00004',
  'train-00002-of-00004',
  'train-00003-of-00004',
  ' images to 4 shards',
)


def write_photos(folder, count, size):
  """Writes JPEGs and PNGs in equal numbers, in three classes."""
  rng = np.random.default_rng(0)
  for i in range(count):
    parent = folder / ('daisy', 'roses', 'tulips')[i % 3]
    parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8))
    image.resize(size).save(parent / f'{i:03d}.{("png", "jpg")[i % 2]}')


def arguments(photos, out, *more):
  return [
    f'--image_directory={photos}',
    f'--output_directory={out}',
    '--train_shards=4',
    '--validation_shards=2',
    *more,
  ]


def records(out):
  """Returns {name: bytes} of the records and dataset_info.json."""
  return {
    path.name: path.read_bytes()
    for path in out.iterdir()
    if path.is_file()
    and path.name not in OWN_FILES
    and (
      path.name.startswith(('train-', 'validation-', 'test-'))
      or path.name == dataset.INFO_FILE
    )
  }


class Case:
  """A folder of photographs, and the expected results of runs on it.

  Attributes:
    photos: the images.
    whole: records() of a run that nothing has interrupted.
    older: a folder with other records of the same images.
    seconds: (to the first line, to the end) of the uninterrupted run.
  """

  def __init__(self, home, count, size):
    self.photos = home / 'photos'
    write_photos(self.photos, count, size)
    self.before = self._stamps()
    begin = time.monotonic()
    # The data is named after its folder.
    process = commands.start(
      COMMAND, arguments(self.photos, home / 'whole' / 'out')
    )
    process.stdout.readline()
    first = time.monotonic() - begin
    _, errors = process.communicate()
    assert (errors, process.returncode) == ('', 0)
    self.seconds = first, time.monotonic() - begin
    self.whole = records(home / 'whole' / 'out')
    assert len(self.whole) == 4 + 2 + 1
    self.older = home / 'older' / 'out'
    done = commands.run(COMMAND, arguments(self.photos, self.older, '--seed=1'))
    assert done.returncode == 0
    self.old = records(self.older)
    assert not {*self.whole.values()} & {*self.old.values()}

  def _stamps(self):
    return {
      path: (path.stat().st_size, path.stat().st_mtime_ns)
      for path in self.photos.rglob('*')
    }

  def new_folder(self, parent, *, has_older):
    """Returns an output folder with the user's files, and maybe old records."""
    if has_older:
      shutil.copytree(self.older, parent / 'out')
    for name, content in OWN_FILES.items():
      path = parent / 'out' / name
      path.parent.mkdir(parents=True, exist_ok=True)
      path.write_bytes(content)
    return parent / 'out'

  def check(self, out):
    """Asserts that nothing is incomplete and all descriptions are true."""
    present = records(out)
    for name in present.keys() - {dataset.INFO_FILE}:
      assert sum(1 for _ in tfrecord_file.read(out / name)) > 0
    try:
      info = dataset.read_info(out)
    except dataset.DatasetError as error:
      assert 'was interrupted' in str(error)
      del present[dataset.INFO_FILE]
      for name, content in present.items():
        assert content in (self.whole[name], self.old[name]), name
    else:
      assert present in ({}, self.whole, self.old)
      for subset in info.num_examples_of if info else ():
        assert info.num_examples(subset) == sum(
          1
          for path in info.shard_files(subset)
          for _ in tfrecord_file.read(path)
        )
    for name, content in OWN_FILES.items():
      assert (out / name).read_bytes() == content
    assert self._stamps() == self.before

  def finish(self, out):
    """Runs to the end; the result must equal that of the uninterrupted run."""
    done = commands.run(COMMAND, arguments(self.photos, out))
    assert (done.stderr, done.returncode) == ('', 0)
    self.check(out)
    assert records(out) == self.whole
    assert not list(out.glob('.*partial')) and not list(out.glob('*.tmp'))
    return done.stdout


def run_and_kill(case, out, *, seconds=None, line=None):
  """Kills a run after some seconds, or after a line that has this text.

  Returns:
    (whether it was killed before its end, what it had printed).
  """
  process = commands.start(COMMAND, arguments(case.photos, out))
  output = ''
  try:
    if line is None:
      process.communicate(timeout=seconds)
    else:
      for output_line in process.stdout:
        output += output_line
        if line in output_line:
          break
  except subprocess.TimeoutExpired:
    pass
  finally:
    process.kill()
  rest, errors = process.communicate()
  assert errors == ''
  return process.returncode != 0, output + rest


def surveyed(out):
  """Returns the files in the survey's journal, with repetitions."""
  files = []
  journal = out / '.survey.jsonl'
  for line in journal.read_bytes().split(b'\n')[1:] if journal.exists() else ():
    with contextlib.suppress(ValueError):  # Cut short by the kill.
      files.append(json.loads(line)[0])
  return files


@pytest.fixture(scope='module', name='case')
def _case(tmp_path_factory):
  return Case(tmp_path_factory.mktemp('k\u00efll'), NUM_PHOTOS, (200, 150))


def test_killed_at_random_points_and_run_again(case, tmp_path):
  rng = random.Random(0)
  first, last = case.seconds
  num_kills = num_folders = num_resumed = num_surveyed_before = 0
  while num_kills < NUM_KILLS:
    parent = tmp_path / str(num_folders)
    out = case.new_folder(parent, has_older=num_folders % 2 == 1)
    num_folders += 1
    assert num_folders < 2 * NUM_KILLS, 'too few runs are killed in time'
    for attempt in range(rng.randint(2, 8)):
      if rng.random() < 0.6:
        # Each run on a folder is shorter than the previous one.
        share = rng.random() * 0.8**attempt
        how = {'seconds': first + share * (last - first)}
      else:
        how = {'line': rng.choice(LINES)}
      num_surveyed_before += len(set(surveyed(out)))
      is_killed, output = run_and_kill(case, out, **how)
      case.check(out)
      num_resumed += ' already.' in output
      if not is_killed:
        break
      num_kills += 1
    num_resumed += ' already.' in case.finish(out)
    # No file in the journal was examined again.
    files = surveyed(out)
    assert len(files) == len(set(files)) == NUM_PHOTOS
    shutil.rmtree(parent)
  # About 40 runs, and 17,000 images.
  assert num_resumed > 5
  assert num_surveyed_before > 5000


def test_complete_shards_are_not_written_again(case, tmp_path):
  out = case.new_folder(tmp_path, has_older=False)
  is_killed, output = run_and_kill(
    case, out, line=f'images to {out / "train-00000-of-00004"}'
  )
  assert is_killed, output
  case.check(out)
  assert records(out) == {}
  names = [
    'train-00000-of-00004',
    *(f'validation-0000{i}-of-00002' for i in range(2)),
  ]
  before = [os.stat(out / f'.{name}.partial') for name in names]
  output = case.finish(out)
  for name, old in zip(names, before):
    new = os.stat(out / name)
    assert (new.st_ino, new.st_mtime_ns) == (old.st_ino, old.st_mtime_ns), name
    number = sum(1 for _ in tfrecord_file.read(out / name))
    assert f'{number} of {number} images are in {name} already.' in output


PROGRAM = """
import os, pathlib, runpy, sys
sys.argv = {argv!r}
steps = 0

def counted(function):
  def step(*args, **kwargs):
    global steps
    steps += 1
    if steps == {last}:
      os._exit(99)
    return function(*args, **kwargs)
  return step

os.replace = counted(os.replace)
pathlib.Path.unlink = counted(pathlib.Path.unlink)
runpy.run_module('inception.{command}', run_name='__main__')
"""


def run_and_end(case, out, last, *more):
  """Ends a run before its step `last`; returns whether it got that far."""
  done = commands.python(
    PROGRAM.format(
      argv=[COMMAND, *arguments(case.photos, out, *more)],
      last=last,
      command=COMMAND,
    ),
    {},
  )
  assert done.returncode in (0, 99), done.stderr
  return done.returncode == 99


@pytest.fixture(scope='module', name='small')
def _small(tmp_path_factory):
  return Case(tmp_path_factory.mktemp('small'), 24, (40, 30))


def test_end_before_each_rename_or_deletion(small, tmp_path):
  """Unlike random kills, this reliably hits the time between two renames."""
  case = small
  for last in range(1, 100):
    out = case.new_folder(tmp_path / str(last), has_older=True)
    is_ended = run_and_end(case, out, last)
    case.check(out)
    is_published = bool({*records(out).values()} & {*case.whole.values()})
    output = case.finish(out)
    # Once the first shard is renamed, all are complete and none is redone.
    assert not (is_published and 'Launching' in output)
    if not is_ended:
      break
  # The audit, the plan, the mark, six shards, the info, the receipt, the plan.
  assert last > 12


def test_changed_records_between_an_end_and_the_next_run(small, tmp_path):
  # The audit, the plan, the mark and two shards have been renamed.
  for steps_of_others in (2, 3, 4, 6):
    out = small.new_folder(tmp_path / str(steps_of_others), has_older=True)
    assert run_and_end(small, out, 6)
    assert dataset.unfinished_plan(out)
    assert run_and_end(small, out, steps_of_others, '--seed=2')
    with pytest.raises(dataset.DatasetError, match='was interrupted'):
      dataset.read_info(out)
    small.finish(out)
