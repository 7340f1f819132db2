"""Tests of inception.inspection.feature_copies, through an inspection."""

import io

import numpy as np
import pytest
from PIL import Image

from inception.data.curation import repeats
from inception.inspection import feature_copies
from inception.inspection import record_inspection
from inception.testing import cached_feature_files
from inception.testing import record_folders

TRAIN, TEST = 12, 4


def photo(seed):
  detail = np.asarray(
    Image.fromarray(record_folders.noise(seed + 500, 24, 32)).resize((160, 120))
  )
  return record_folders.noise(seed, 120, 160) // 2 + detail // 2


def record(pixels, label=1):
  buffer = io.BytesIO()
  Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, 'JPEG', quality=95)
  height, width, _ = pixels.shape
  return record_folders.record(
    1, label, encoded=buffer.getvalue(), height=height, width=width
  )


@pytest.fixture(name='folder')
def _folder(tmp_path):
  """Writes records: 12 is 3 mirrored, 7 is 5 cropped, and 13 equals 6."""
  train = [record(photo(seed)) for seed in range(TRAIN)]
  train[7] = record(photo(5)[6:-6, 8:-8], 2)
  test = [record(photo(seed)) for seed in range(100, 100 + TEST)]
  test[0] = record(photo(3)[:, ::-1])
  test[1] = record(photo(6))
  record_folders.write(
    tmp_path, {'train': [train[:5], train[5:]], 'test': [test]}
  )
  return tmp_path


def write_features(folder, subsets=('train', 'test')):
  values = np.random.default_rng(0).gamma(0.3, 1, [TRAIN + TEST, 32])
  values = values.astype(np.float32)
  values[7], values[12], values[13] = values[5], values[3], values[6]
  for subset in subsets:
    cached_feature_files.write(
      folder, subset, values[:TRAIN] if subset == 'train' else values[TRAIN:]
    )


def inspect(folder, **options):
  return record_inspection.inspect(folder, log=print, **options)


def test_copies_that_the_hash_does_not_see_are_found(folder):
  write_features(folder)
  inspection = inspect(folder)
  assert [group.members for group in inspection.repeats.groups] == [(6, 13)]
  assert inspection.likely == feature_copies.LikelyCopies(
    groups=(
      repeats.Group((3, 12), is_leak=True),
      repeats.Group((5, 7), is_conflict=True),
    ),
    subsets=('train', 'test'),
  )


def test_nothing_is_searched_without_features(folder):
  assert inspect(folder).likely == feature_copies.LikelyCopies()


def test_subsets_without_features_are_left_out(folder):
  write_features(folder, ['train'])
  likely = inspect(folder).likely
  assert [group.members for group in likely.groups] == [(5, 7)]
  assert likely.subsets == ('train',)
  assert inspect(folder, subset='test').likely.subsets == ()


def test_features_of_other_records_are_never_used(folder):
  write_features(folder)
  path = folder / 'test-00000-of-00001'
  record_folders.write_shard(
    path, [record(photo(seed)) for seed in range(200, 200 + TEST)]
  )
  assert inspect(folder).likely.subsets == ('train',)


def test_features_of_a_damaged_subset_are_not_used(folder):
  write_features(folder)
  path = folder / 'train-00001-of-00002'
  path.write_bytes(path.read_bytes()[:-5])
  assert inspect(folder).likely.subsets == ('test',)


def test_too_many_records_are_skipped(folder, monkeypatch):
  write_features(folder)
  monkeypatch.setattr(feature_copies, 'MAX_RECORDS', 15)
  assert inspect(folder).likely == feature_copies.LikelyCopies(num_skipped=16)
  monkeypatch.setattr(feature_copies, 'MAX_RECORDS', 16)
  assert len(inspect(folder).likely.groups) == 2


def test_none_is_a_copy_if_all_are_alike(tmp_path):
  generator = np.random.default_rng(0)
  view = photo(1)
  train = [
    record(
      np.clip(view + generator.normal(0, 25, view.shape), 0, 255).astype(
        np.uint8
      )
    )
    for _ in range(TRAIN)
  ]
  record_folders.write(tmp_path, {'train': [train]})
  cached_feature_files.write(
    tmp_path, 'train', generator.gamma(0.3, 1, [TRAIN, 32]).astype(np.float32)
  )
  inspection = inspect(tmp_path, near_duplicate_distance=0)
  assert inspection.likely == feature_copies.LikelyCopies(subsets=('train',))
