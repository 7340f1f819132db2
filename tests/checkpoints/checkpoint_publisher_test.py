"""Tests of checkpoint_publisher, on fake files."""

import os
import pathlib
import time

import pytest

from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_publisher
from inception.checkpoints import checkpoint_state
from inception.testing import checkpoints


class _Killed(BaseException):
  """Stands for a kill: no handler catches it."""


def _publish(folder, step, *, keep=5, data=None):
  prefix = str(folder / f'model.ckpt-{step}')
  temporary = checkpoint_publisher.temporary_prefix(prefix)
  checkpoints.fake_v2(temporary, data=data or str(step).encode())
  checkpoint_publisher.publish(temporary, prefix, keep=keep)
  return prefix


def _data(prefix):
  return pathlib.Path(f'{prefix}.data-00000-of-00001').read_bytes()


def _steps(folder):
  return [step for step, _ in checkpoint_files.list_checkpoints(folder)]


def _fail_at(monkeypatch, number, error):
  """Makes the number-th os.replace (from 0) raise `error`."""
  real, calls = os.replace, []

  def replace(source, target):
    calls.append(target)
    if len(calls) == number + 1:
      raise error
    real(source, target)

  monkeypatch.setattr(os, 'replace', replace)
  return calls


def test_publish_writes_three_files(tmp_path):
  prefix = _publish(tmp_path, 5)
  assert _data(prefix) == b'5'
  assert sorted(os.listdir(tmp_path)) == [
    'checkpoint',
    'model.ckpt-5.data-00000-of-00001',
    'model.ckpt-5.index',
  ]
  assert (tmp_path / 'checkpoint').read_bytes() == (
    b'model_checkpoint_path: "model.ckpt-5"\n'
    b'all_model_checkpoint_paths: "model.ckpt-5"\n'
  )


def test_order_is_data_index_state_file(monkeypatch, tmp_path):
  calls = _fail_at(monkeypatch, 99, None)
  prefix = _publish(tmp_path, 5)
  state = str(tmp_path / 'checkpoint')
  assert calls == [f'{prefix}.data-00000-of-00001', f'{prefix}.index', state]
  calls.clear()
  prefix = _publish(tmp_path, 6)
  assert calls == [
    state,
    f'{prefix}.data-00000-of-00001',
    f'{prefix}.index',
    state,
  ]


def test_kill_does_not_lose_the_newest_in_another_folder(monkeypatch, tmp_path):
  there = checkpoints.fake_v2(tmp_path / 'there' / 'model.ckpt-5')
  here = tmp_path / 'here'
  here.mkdir()
  (here / 'checkpoint').write_text(
    'model_checkpoint_path: "' + there.replace('\\', '\\\\') + '"\n',
    encoding='utf-8',
  )
  with monkeypatch.context() as patch:
    _fail_at(patch, 0, _Killed())
    with pytest.raises(_Killed):
      _publish(here, 6)
  assert checkpoint_files.latest(here) == there


def test_last_checkpoints_are_kept(tmp_path):
  for step in (1, 2, 3, 4):
    _publish(tmp_path, step, keep=2)
  assert _steps(tmp_path) == [3, 4]
  assert checkpoint_state.read(tmp_path) == (
    'model.ckpt-4',
    ['model.ckpt-3', 'model.ckpt-4'],
  )
  assert len(os.listdir(tmp_path)) == 5


def test_last_written_are_kept_after_going_back(tmp_path):
  for step in (10, 20, 15):
    _publish(tmp_path, step, keep=2)
  assert _steps(tmp_path) == [15, 20]
  assert checkpoint_files.latest(tmp_path) == str(tmp_path / 'model.ckpt-15')


def test_files_of_others_are_not_deleted(tmp_path):
  unlisted = checkpoints.fake_v2(tmp_path / 'model.ckpt-1')
  v1 = checkpoints.fake_v1(tmp_path / 'model.ckpt-2')
  tensorflow1 = checkpoints.fake_v2(tmp_path / 'model.ckpt-3')
  (tmp_path / 'model.ckpt-3.meta').write_bytes(b'graph')
  other_name = checkpoints.fake_v2(tmp_path / 'best.ckpt-4')
  (tmp_path / 'checkpoint').write_text(
    'model_checkpoint_path: "best.ckpt-4"\n'
    + ''.join(
      f'all_model_checkpoint_paths: "{name}"\n'
      for name in (
        'model.ckpt-2',
        str(tmp_path).replace('\\', '/') + '/model.ckpt-3',
        'best.ckpt-4',
        'model.ckpt-0',
      )
    ),
    encoding='utf-8',
  )
  before = set(os.listdir(tmp_path))
  for step in (5, 6):
    _publish(tmp_path, step, keep=1)
  assert before <= set(os.listdir(tmp_path))
  assert [
    prefix for _, prefix in checkpoint_files.list_checkpoints(tmp_path)
  ] == [unlisted, v1, tensorflow1, other_name, str(tmp_path / 'model.ckpt-6')]
  assert checkpoint_state.read(tmp_path)[1] == [
    'model.ckpt-2',
    'model.ckpt-3',
    'best.ckpt-4',
    'model.ckpt-6',
  ]


def test_undeletable_checkpoint_stays_listed(monkeypatch, tmp_path):
  first = _publish(tmp_path, 1, keep=1)
  real = os.unlink

  def unlink(path):
    if os.path.basename(path).startswith('model.ckpt-1.'):
      raise PermissionError(13, 'in use', path)
    real(path)

  with monkeypatch.context() as patch:
    patch.setattr(os, 'unlink', unlink)
    _publish(tmp_path, 2, keep=1)
  assert _steps(tmp_path) == [1, 2]
  assert checkpoint_state.read(tmp_path) == (
    'model.ckpt-2',
    ['model.ckpt-1', 'model.ckpt-2'],
  )
  _publish(tmp_path, 3, keep=1)
  assert _steps(tmp_path) == [3]
  assert not os.path.exists(f'{first}.index')


def test_step_can_be_published_again(tmp_path):
  _publish(tmp_path, 1)
  _publish(tmp_path, 2, data=b'old')
  prefix = _publish(tmp_path, 2, data=b'new')
  assert _data(prefix) == b'new'
  assert _steps(tmp_path) == [1, 2]
  assert checkpoint_state.read(tmp_path)[1] == ['model.ckpt-1', 'model.ckpt-2']
  assert len(os.listdir(tmp_path)) == 5


@pytest.mark.parametrize(
  ('number', 'newest'), [(0, 1), (1, 1), (2, 1), (3, 1), (4, 2)]
)
def test_kill_leaves_complete_checkpoints(
  number, newest, monkeypatch, tmp_path
):
  _publish(tmp_path, 1, keep=1)
  with monkeypatch.context() as patch:
    _fail_at(patch, number, _Killed())
    with pytest.raises(_Killed):
      _publish(tmp_path, 2, keep=1)
  # At 3, the data and the index exist, but the state file is not yet written.
  assert _steps(tmp_path) == ([1, 2] if number == 3 else [newest])
  latest = checkpoint_files.latest(tmp_path)
  assert latest == str(tmp_path / f'model.ckpt-{newest}')
  assert _data(latest) == str(newest).encode()
  checkpoint_publisher.remove_temporaries(str(tmp_path))
  assert not [name for name in os.listdir(tmp_path) if '.tmp-' in name]
  assert checkpoint_files.latest(tmp_path) == latest


def _kill_at(monkeypatch, number):
  """Raises _Killed instead of the number-th renaming or deletion (from 0)."""
  calls = []

  def counted(real):
    def call(*paths):
      if len(calls) == number:
        raise _Killed
      calls.append(paths)
      real(*paths)

    return call

  for name in ('replace', 'unlink'):
    monkeypatch.setattr(os, name, counted(getattr(os, name)))


@pytest.mark.parametrize(('first', 'second'), [(1, 2), (2, 2)])
def test_kill_at_any_moment_leaves_the_old_or_the_new(
  first, second, monkeypatch, tmp_path
):
  """Uses keep=1, as the folder of the best checkpoint does."""
  outcomes = []
  for number in range(50):
    folder = tmp_path / str(number)
    folder.mkdir()
    _publish(folder, first, keep=1, data=b'old')
    with monkeypatch.context() as patch:
      _kill_at(patch, number)
      try:
        _publish(folder, second, keep=1, data=b'new')
        is_killed = False
      except _Killed:
        is_killed = True
    newest = checkpoint_files.latest(folder)
    assert checkpoint_files.format_of(newest) == 'V2'
    step, data = {b'old': (first, b'old'), b'new': (second, b'new')}[
      _data(newest)
    ]
    assert checkpoint_files.step_in_name(newest) == step
    outcomes.append(data)
    # The remains of the kill are deleted, but not what the state file names.
    checkpoint_publisher.remove_temporaries(str(folder))
    assert checkpoint_files.latest(folder) == newest
    assert _data(newest) == data
    for later in (7, 8):
      checkpoint_publisher.remove_temporaries(str(folder))
      prefix = _publish(folder, later, keep=1)
      assert checkpoint_files.latest(folder) == prefix
    assert sorted(os.listdir(folder)) == [
      'checkpoint',
      'model.ckpt-8.data-00000-of-00001',
      'model.ckpt-8.index',
    ]
    if not is_killed:
      break
  assert outcomes[0] == b'old'
  assert outcomes[-1] == b'new'
  # Each occurs at least twice, so the kills were before and after the change.
  assert outcomes.count(b'old') > 1
  assert outcomes.count(b'new') > 2
  # Data, index, state, deletion of both, state: six moments and the end.
  assert len(outcomes) >= 7


def test_concurrent_reader_sees_a_complete_checkpoint(monkeypatch, tmp_path):
  _publish(tmp_path, 1)
  _publish(tmp_path, 2, data=b'old')
  seen, real = [], os.replace

  def replace(source, target):
    real(source, target)
    seen.append(_data(checkpoint_files.latest(tmp_path)))

  monkeypatch.setattr(os, 'replace', replace)
  _publish(tmp_path, 2, data=b'new')
  assert set(seen) == {b'old', b'new'}


@pytest.mark.parametrize('number', range(7))
def test_error_leaves_the_same_step_unchanged(number, monkeypatch, tmp_path):
  _publish(tmp_path, 3)
  prefix = _publish(tmp_path, 2, data=b'old')
  state = (tmp_path / 'checkpoint').read_bytes()
  with monkeypatch.context() as patch:
    _fail_at(patch, number, OSError(28, 'No space left on device'))
    with pytest.raises(OSError, match='No space'):
      _publish(tmp_path, 2, data=b'new')
  assert _steps(tmp_path) == [2, 3]
  assert _data(prefix) == b'old'
  assert (tmp_path / 'checkpoint').read_bytes() == state
  checkpoint_publisher.remove_temporaries(str(tmp_path))
  assert len(os.listdir(tmp_path)) == 5


def test_error_without_a_state_file_leaves_none(monkeypatch, tmp_path):
  prefix = checkpoints.fake_v2(tmp_path / 'model.ckpt-2', data=b'old')
  with monkeypatch.context() as patch:
    _fail_at(patch, 1, OSError(28, 'No space left on device'))
    with pytest.raises(OSError, match='No space'):
      _publish(tmp_path, 2, data=b'new')
  assert not (tmp_path / 'checkpoint').exists()
  assert _data(prefix) == b'old'


def test_incomplete_checkpoint_of_this_step_is_replaced(tmp_path):
  (tmp_path / 'model.ckpt-2.data-00000-of-00001').write_bytes(b'incomplete')
  prefix = _publish(tmp_path, 2, data=b'new')
  assert _data(prefix) == b'new'
  assert len(os.listdir(tmp_path)) == 3


def test_damaged_checkpoints_are_put_aside_and_none_is_lost(tmp_path):
  one = _publish(tmp_path, 1)
  two = _publish(tmp_path, 2)
  three = _publish(tmp_path, 3, data=b'first')
  (tmp_path / 'model.ckpt-3.meta').write_bytes(b'graph')
  checkpoint_publisher.put_aside([three, two], one)
  assert checkpoint_files.list_checkpoints(tmp_path) == [(1, one)]
  assert checkpoint_state.read(tmp_path) == ('model.ckpt-1', ['model.ckpt-1'])
  _publish(tmp_path, 3, data=b'second')
  checkpoint_publisher.put_aside([three], one)
  # Damaged checkpoints do not count as kept.
  for step in (2, 3, 4):
    _publish(tmp_path, step, keep=2)
  assert checkpoint_files.latest(tmp_path) == str(tmp_path / 'model.ckpt-4')
  assert _steps(tmp_path) == [3, 4]
  data = '.data-00000-of-00001'
  assert sorted(path.name for path in tmp_path.glob('*damaged*')) == [
    f'model.ckpt-2.damaged{data}',
    'model.ckpt-2.damaged.index',
    f'model.ckpt-3.damaged-2{data}',
    'model.ckpt-3.damaged-2.index',
    f'model.ckpt-3.damaged{data}',
    'model.ckpt-3.damaged.index',
    'model.ckpt-3.damaged.meta',
  ]
  assert _data(tmp_path / 'model.ckpt-3.damaged') == b'first'
  assert _data(tmp_path / 'model.ckpt-3.damaged-2') == b'second'


@pytest.mark.parametrize('number', range(3))
def test_kill_while_damaged_checkpoints_are_put_aside(
  number, monkeypatch, tmp_path
):
  one = _publish(tmp_path, 1)
  two = _publish(tmp_path, 2)
  with monkeypatch.context() as patch:
    _fail_at(patch, number, _Killed())
    with pytest.raises(_Killed):
      checkpoint_publisher.put_aside([two], one)
  assert checkpoint_files.latest(tmp_path) == (one if number else two)
  if number:
    _publish(tmp_path, 3, keep=1)
    assert list(tmp_path.glob('model.ckpt-2*.data-*'))


def test_error_while_damaged_checkpoints_are_put_aside(monkeypatch, tmp_path):
  one = _publish(tmp_path, 1)
  two = _publish(tmp_path, 2)
  with monkeypatch.context() as patch:
    _fail_at(patch, 2, OSError(30, 'Read-only file system'))
    with pytest.raises(OSError, match='Read-only'):
      checkpoint_publisher.put_aside([two], one)
  assert _steps(tmp_path) == [1, 2]  # Both are complete.


@pytest.mark.parametrize('number', range(3))
def test_error_leaves_earlier_checkpoints_unchanged(
  number, monkeypatch, tmp_path
):
  _publish(tmp_path, 1, keep=1)
  state = (tmp_path / 'checkpoint').read_bytes()
  with monkeypatch.context() as patch:
    _fail_at(patch, number, OSError(28, 'No space left on device'))
    with pytest.raises(OSError, match='No space'):
      _publish(tmp_path, 2, keep=1)
  assert _steps(tmp_path) == [1]
  assert (tmp_path / 'checkpoint').read_bytes() == state


def test_error_of_the_state_file_leaves_no_temporary(monkeypatch, tmp_path):
  _publish(tmp_path, 1, keep=1)
  state = (tmp_path / 'checkpoint').read_bytes()
  with monkeypatch.context() as patch:
    _fail_at(patch, 3, OSError(28, 'No space left on device'))
    with pytest.raises(OSError, match='No space'):
      _publish(tmp_path, 2, keep=1)
  assert _steps(tmp_path) == [1]
  assert (tmp_path / 'checkpoint').read_bytes() == state
  checkpoint_publisher.remove_temporaries(str(tmp_path))
  assert not [name for name in os.listdir(tmp_path) if '.tmp-' in name]


def test_file_in_use_is_retried(monkeypatch, tmp_path):
  pauses = []
  monkeypatch.setattr(time, 'sleep', pauses.append)
  with monkeypatch.context() as patch:
    _fail_at(patch, 2, PermissionError(13, 'in use'))
    _publish(tmp_path, 1)
  assert checkpoint_state.read(tmp_path)[0] == 'model.ckpt-1'
  assert len(pauses) == 1

  def refuse(source, target):
    raise PermissionError(13, 'in use', source, target)

  monkeypatch.setattr(os, 'replace', refuse)
  with pytest.raises(PermissionError):
    _publish(tmp_path, 2)
  assert sum(pauses) < 5


def test_remove_temporaries_deletes_only_its_own_files(tmp_path):
  ours = [
    'model.ckpt-2.tmp-01234567.index',
    'model.ckpt-2.tmp-01234567.data-00000-of-00001',
    'model.ckpt-2.tmp-89abcdef.data-00000-of-00001.tempstate8531',
    'model.ckpt-2.tmp-89abcdef.old.index',
    'checkpoint.tmp-01234567',
  ]
  others = [
    'checkpoint',
    'model.ckpt-2.index',
    'model.ckpt-2.data-00000-of-00001',
    'model.ckpt-2.tmp-mine',
    'my.tmp-01234567',
    'events.out.tfevents.1.tmp',
    'model.ckpt-2.index.tmp-01234567',
    'model.ckpt-2.tmp-01234567.txt',
  ]
  for name in ours + others:
    (tmp_path / name).write_bytes(b'')
  checkpoint_publisher.remove_temporaries(
    str(tmp_path), str(tmp_path / 'model.ckpt-2.tmp-01234567')
  )
  assert sorted(os.listdir(tmp_path)) == sorted(ours[2:] + others)
  checkpoint_publisher.remove_temporaries(str(tmp_path))
  assert sorted(os.listdir(tmp_path)) == sorted(others)


def test_remove_temporaries_keeps_what_the_state_file_names(tmp_path):
  named = checkpoints.fake_v2(tmp_path / 'model.ckpt-2.tmp-01234567')
  checkpoints.fake_v2(tmp_path / 'model.ckpt-2.tmp-01234567.old')
  (tmp_path / 'checkpoint').write_text(
    'model_checkpoint_path: "model.ckpt-2.tmp-01234567"\n', encoding='utf-8'
  )
  checkpoint_publisher.remove_temporaries(str(tmp_path))
  assert checkpoint_files.latest(tmp_path) == named
  assert len(os.listdir(tmp_path)) == 3


def test_temporary_prefixes_differ():
  first, second = (
    checkpoint_publisher.temporary_prefix('a/model.ckpt-5') for _ in range(2)
  )
  assert first != second
  assert first.startswith('a/model.ckpt-5.tmp-')
