"""Tests of image_dataset with runs that are interrupted at any moment."""

import contextlib
import errno
import os
import shutil

import pytest

from inception import dataset
from inception.data import image_dataset
from inception.data import record_writer
from inception.data import records_plan
from inception.data.curation import image_survey
from inception.images import image_files
from inception.records import tfrecord_file
from inception.settings import config
from inception.testing import image_folders

_REPLACE = os.replace


class Killed(BaseException):
  """Simulates the end of the process."""


@pytest.fixture(name='subsets')
def _subsets(tmp_path):
  """Three validation photos and nine for training."""
  subsets = {}
  for seed, (subset, count) in enumerate({'validation': 3, 'train': 9}.items()):
    image_folders.write(tmp_path / subset, {'daisy': count}, seed=seed)
    subsets[subset] = image_survey.survey(
      image_files.find_images(tmp_path / subset, ('daisy',)).images,
      seed=12345,
      num_threads=2,
      log=lambda line: None,
    ).photos
  return subsets


@pytest.fixture(name='out')
def _out(tmp_path):
  out = tmp_path / 'out'
  out.mkdir()
  return out


@pytest.fixture(name='whole')
def _whole(tmp_path, subsets):
  """Contents of the folder after an uninterrupted run."""
  folder = tmp_path / 'whole'
  folder.mkdir()
  write(subsets, folder)
  return contents(folder)


@pytest.fixture(name='recorded')
def _recorded(monkeypatch):
  """A list that collects the files of which records are made."""
  files = []

  def read(photo, **options):
    files.append(photo.path)
    return original(photo, **options)

  original = image_survey.read
  monkeypatch.setattr(image_survey, 'read', read)
  return files


def write(subsets, out):
  return image_dataset.write(
    subsets,
    config.RecordsConfig(
      output_directory=str(out), train_shards=2, validation_shards=2
    ),
    description=records_plan.Description(name='test', class_names=('daisy',)),
    log=lambda line: None,
  )


def write_others(subsets, out):
  return write({subset: photos[:2] for subset, photos in subsets.items()}, out)


def contents(folder):
  return {path.name: path.read_bytes() for path in folder.iterdir()}


def interrupted(monkeypatch, name, at, error=Killed):
  """Makes the function os.`name` raise at its call number `at`."""
  calls = []

  def raising(*args, **kwargs):
    calls.append(args)
    if len(calls) > at:
      raise error()
    return original(*args, **kwargs)

  original = getattr(os, name)
  monkeypatch.setattr(os, name, raising)


# The renames are of the plan, the mark of unfinished records, four shards, the
# note of provenance, and dataset_info.json.
@pytest.mark.parametrize('at', range(8))
def test_run_killed_at_any_rename_is_resumed(
  subsets, out, whole, monkeypatch, recorded, at
):
  write_others(subsets, out)
  before = dataset.read_info(out)
  interrupted(monkeypatch, 'replace', at)
  with pytest.raises(Killed):
    write(subsets, out)
  monkeypatch.setattr(os, 'replace', _REPLACE)
  if at < 2:  # No existing record has changed.
    assert dataset.read_info(out) == before
  else:
    with pytest.raises(dataset.DatasetError, match='was interrupted'):
      dataset.read_info(out)
  del recorded[:]
  write(subsets, out)
  assert contents(out) == whole
  assert len(recorded) == (12 if at == 0 else 0)


@pytest.mark.parametrize('at', [2, 3, 5, 7])
def test_copy_without_hidden_files_mixes_no_old_records(
  subsets, out, whole, monkeypatch, at
):
  write_others(subsets, out)
  interrupted(monkeypatch, 'replace', at)
  with pytest.raises(Killed):
    write(subsets, out)
  monkeypatch.setattr(os, 'replace', _REPLACE)
  for path in out.glob('.*'):
    path.unlink()
  write(subsets, out)
  assert contents(out) == whole


@pytest.mark.parametrize('at', [1, 2, 4, 6])
@pytest.mark.parametrize('other_ends_at', [1, 99])
def test_another_plan_between_two_runs_mixes_nothing(
  subsets, out, whole, monkeypatch, at, other_ends_at
):
  write_others(subsets, out)
  other = {subset: photos[1:] for subset, photos in subsets.items()}
  for plan, call in ((subsets, at), (other, other_ends_at)):
    interrupted(monkeypatch, 'replace', call)
    with contextlib.suppress(Killed):
      write(plan, out)
    monkeypatch.setattr(os, 'replace', _REPLACE)
  write(subsets, out)
  assert contents(out) == whole


def test_run_killed_while_discarding_partials_is_resumed(
  subsets, out, whole, monkeypatch
):
  other = {subset: photos[1:] for subset, photos in subsets.items()}
  for name, at in (('replace', 1), ('unlink', 2)):
    interrupted(monkeypatch, name, at)
    with pytest.raises(Killed):
      write(other if name == 'unlink' else subsets, out)
    monkeypatch.undo()
  write(subsets, out)
  assert contents(out) == whole


@pytest.mark.parametrize('at', [0, 1, 2, 5, 11])
def test_full_disk_loses_no_finished_record(
  subsets, out, whole, monkeypatch, recorded, at
):
  written = []

  def full(file, record):
    if len(written) == at:
      file.write(record[:20])
      raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    written.append(record)
    original(file, record)

  original = tfrecord_file.write
  monkeypatch.setattr(tfrecord_file, 'write', full)
  with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
    write(subsets, out)
  assert not [name for name in contents(out) if name[0] != '.']
  monkeypatch.setattr(tfrecord_file, 'write', original)
  del recorded[:]
  write(subsets, out)
  assert contents(out) == whole
  assert len(recorded) == 12 - at


def test_partials_count_towards_the_needed_space(subsets, out, monkeypatch):
  interrupted(monkeypatch, 'replace', 1)
  with pytest.raises(Killed):
    write(subsets, out)
  monkeypatch.undo()
  written = sum(path.stat().st_size for path in record_writer.partials(out))
  needed = 2**24 + sum(
    photo.num_bytes + 400 for photos in subsets.values() for photo in photos
  )
  just_enough = shutil.disk_usage('.')._replace(free=needed - written)
  monkeypatch.setattr(shutil, 'disk_usage', lambda _: just_enough)
  write(subsets, out)


def test_leftovers_of_an_interruption_are_removed(subsets, out):
  (out / '.train-00007-of-00009.partial').write_bytes(b'half')
  write(subsets, out)
  assert not record_writer.partials(out)
