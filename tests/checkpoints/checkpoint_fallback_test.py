"""Tests of checkpoint_fallback on fake files.

The damage that TensorFlow detects in real files is tested in
checkpoint_readers_test and, end to end, in integration/checkpoint_faults_test.
"""

import os
import pathlib

import pytest

from inception.checkpoints import checkpoint_fallback
from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_paths
from inception.checkpoints import checkpoint_publisher
from inception.testing import checkpoints


def _publish(folder, step, *, keep=5, data=b'good'):
  prefix = str(folder / f'model.ckpt-{step}')
  temporary = checkpoint_publisher.temporary_prefix(prefix)
  checkpoints.fake_v2(temporary, data=data)
  checkpoint_publisher.publish(temporary, prefix, keep=keep)
  return prefix


def _data(prefix):
  return pathlib.Path(f'{prefix}.data-00000-of-00001')


def _restore(prefix):
  """Checks the data, as TensorFlow's checksums would."""
  prefix, _ = checkpoint_paths.resolve(prefix)
  if _data(prefix).read_bytes() != b'good':
    raise checkpoint_files.DamagedError(prefix, 'is damaged', 'copy it')
  return f'restored {checkpoint_files.step_in_name(prefix)}'


class _Reports(list):
  """Records (step, reason) of each call of on_damaged."""

  def __call__(self, prefix, reason):
    assert repr(prefix) in reason
    assert not reason.endswith('.')
    self.append((
      checkpoint_files.step_in_name(prefix),
      reason.replace(repr(prefix), 'it'),
    ))


def _run(folder, restore=_restore, **arguments):
  reports = _Reports()
  return checkpoint_fallback.restore_newest(
    folder, restore, on_damaged=reports, **arguments
  ), reports


def test_newest_is_restored_and_nothing_changes(tmp_path):
  for step in (1, 2):
    prefix = _publish(tmp_path, step)
  before = sorted(os.listdir(tmp_path))
  assert _run(tmp_path) == ((prefix, 'restored 2'), [])
  assert sorted(os.listdir(tmp_path)) == before


def test_restore_may_return_none(tmp_path):
  prefix = _publish(tmp_path, 1)
  assert _run(tmp_path, lambda prefix: None) == ((prefix, None), [])


def test_folder_without_checkpoints_gives_none(tmp_path):
  assert _run(tmp_path / 'x') == (None, [])
  assert _run(tmp_path) == (None, [])
  # Deleted by hand: only the state file is left.
  for path in checkpoint_files.parts_of(_publish(tmp_path, 1)):
    os.unlink(path)
  assert _run(tmp_path) == (None, [])


def _damage_data(prefix):
  _data(prefix).write_bytes(b'good but for this')


def _lose_data(prefix):
  os.unlink(_data(prefix))


def _lose_index(prefix):
  os.unlink(f'{prefix}.index')


def _cut_index(prefix):
  pathlib.Path(f'{prefix}.index').write_bytes(b'')


@pytest.mark.parametrize(
  ('damage', 'reason'),
  [
    (_damage_data, 'it is damaged'),
    (_lose_data, 'it is not complete'),
    (_lose_index, 'it is not complete'),
    (_cut_index, 'it is not complete'),
  ],
)
def test_previous_checkpoint_is_restored_and_later_saves_work(
  damage, reason, tmp_path
):
  one, two, three = (_publish(tmp_path, step) for step in (1, 2, 3))
  damage(three)
  damage(two)
  left = {
    path: pathlib.Path(path).read_bytes()
    for prefix in (two, three)
    for path in checkpoint_files.parts_of(prefix)
  }
  assert _run(tmp_path) == ((one, 'restored 1'), [(3, reason), (2, reason)])
  assert checkpoint_files.latest(tmp_path) == one
  # The damaged ones are not tried again.
  assert _run(tmp_path) == ((one, 'restored 1'), [])
  two = _publish(tmp_path, 2, keep=1)
  assert checkpoint_files.latest(tmp_path) == two
  assert checkpoint_files.list_checkpoints(tmp_path) == [(2, two)]
  for path, content in left.items():
    new = path.replace('model.ckpt-2', 'model.ckpt-2.damaged').replace(
      'model.ckpt-3', 'model.ckpt-3.damaged'
    )
    assert pathlib.Path(new).read_bytes() == content


def test_lower_step_stays_newest_without_a_state_file(tmp_path):
  ten, twenty = (_publish(tmp_path, step) for step in (10, 20))
  _damage_data(twenty)
  assert _run(tmp_path) == ((ten, 'restored 10'), [(20, 'it is damaged')])
  eleven = _publish(tmp_path, 11)
  os.unlink(tmp_path / 'checkpoint')
  assert checkpoint_files.latest(tmp_path) == eleven


def test_previous_checkpoint_is_the_next_lower_step(tmp_path):
  # The training fell back from 20 to 10, then saved 15.
  ten, twenty, fifteen = (_publish(tmp_path, step) for step in (10, 20, 15))
  _damage_data(fifteen)
  assert _run(tmp_path, rename=False)[0] == (ten, 'restored 10')
  _damage_data(ten)
  assert _run(tmp_path) == (
    (twenty, 'restored 20'),
    [(15, 'it is damaged'), (10, 'it is damaged')],
  )
  assert checkpoint_files.latest(tmp_path) == twenty


def test_older_incomplete_checkpoint_is_not_reported(tmp_path):
  one, two = (_publish(tmp_path, step) for step in (1, 2))
  _lose_data(one)
  assert _run(tmp_path) == ((two, 'restored 2'), [])
  assert os.path.exists(f'{one}.index')


def test_unlisted_incomplete_checkpoint_is_not_reported(tmp_path):
  one = _publish(tmp_path, 1)
  (tmp_path / 'model.ckpt-2.index').write_bytes(b'of a copy under way')
  assert _run(tmp_path) == ((one, 'restored 1'), [])
  assert (tmp_path / 'model.ckpt-2.index').exists()


def test_newest_may_be_in_another_folder_or_without_a_step(tmp_path):
  there = checkpoints.fake_v2(tmp_path / 'there' / 'model.ckpt-5', data=b'good')
  here = tmp_path / 'here'
  other = _publish(here, 3) if here.mkdir() is None else ''
  (here / 'checkpoint').write_text(
    'model_checkpoint_path: "' + there.replace('\\', '\\\\') + '"\n',
    encoding='utf-8',
  )
  assert _run(here) == ((there, 'restored 5'), [])
  _damage_data(there)
  assert _run(here) == ((other, 'restored 3'), [(5, 'it is damaged')])
  assert os.path.exists(f'{there}.index')  # Not in the folder: not renamed.
  named = checkpoints.fake_v2(here / 'mine', data=b'good')
  (here / 'checkpoint').write_text(
    'model_checkpoint_path: "mine"\n', encoding='utf-8'
  )
  assert _run(here) == ((named, 'restored None'), [])


def test_all_damaged_is_an_error_and_nothing_is_renamed(tmp_path):
  one = _publish(tmp_path, 1)
  _damage_data(one)
  with pytest.raises(
    checkpoint_files.CheckpointError,
    match="^the only checkpoint is damaged in '.*: "
    "'.*model.ckpt-1' is damaged; copy .*empty folder",
  ):
    _run(tmp_path)
  _lose_data(_publish(tmp_path, 2))
  before = sorted(os.listdir(tmp_path))
  reports = _Reports()
  for _ in range(2):
    with pytest.raises(
      checkpoint_files.CheckpointError,
      match="^all 2 checkpoints are damaged in '.*: "
      "'.*model.ckpt-2' is not complete; copy",
    ):
      checkpoint_fallback.restore_newest(tmp_path, _restore, on_damaged=reports)
  assert reports == [(2, 'it is not complete'), (1, 'it is damaged')] * 2
  assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize('kind', [checkpoint_files.CheckpointError, KeyError])
def test_other_errors_pass_through_and_nothing_is_renamed(kind, tmp_path):
  _publish(tmp_path, 1)
  _damage_data(_publish(tmp_path, 2))
  before = sorted(os.listdir(tmp_path))

  def restore(prefix):
    _restore(prefix)
    raise kind('other classes')

  with pytest.raises(kind, match='other classes'):
    _run(tmp_path, restore)
  assert sorted(os.listdir(tmp_path)) == before


def test_checkpoint_deleted_while_reading_is_reported(tmp_path):
  one, two = (_publish(tmp_path, step) for step in (1, 2))

  def restore(prefix):
    if prefix == two:  # Another program puts it aside.
      checkpoint_publisher.put_aside([two], one)
    return _restore(prefix)

  assert _run(tmp_path, restore, rename=False) == (
    (one, 'restored 1'),
    [(2, 'it was deleted while it was being read')],
  )


def test_folder_is_unchanged_without_renaming(tmp_path):
  one, two = (_publish(tmp_path, step) for step in (1, 2))
  _damage_data(two)
  before = {path: path.read_bytes() for path in tmp_path.iterdir()}
  assert _run(tmp_path, rename=False) == (
    (one, 'restored 1'),
    [(2, 'it is damaged')],
  )
  assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_read_only_folder_is_an_error(monkeypatch, tmp_path):
  _publish(tmp_path, 1)
  _damage_data(_publish(tmp_path, 2))

  def refuse(source, target):
    raise OSError(30, 'Read-only file system', source, None, target)

  monkeypatch.setattr(os, 'replace', refuse)
  with pytest.raises(
    checkpoint_files.CheckpointError,
    match='could not be renamed .Read-only file system.: make the folder',
  ):
    _run(tmp_path)


def test_concurrent_reader_sees_complete_checkpoints(monkeypatch, tmp_path):
  one, two = (_publish(tmp_path, step) for step in (1, 2))
  _damage_data(two)
  seen, real = [], os.replace

  def replace(source, target):
    seen.append(checkpoint_files.latest(tmp_path))
    real(source, target)
    seen.append(checkpoint_files.latest(tmp_path))

  monkeypatch.setattr(os, 'replace', replace)
  _run(tmp_path)
  assert seen[0] == two
  assert set(seen[1:]) == {one}
