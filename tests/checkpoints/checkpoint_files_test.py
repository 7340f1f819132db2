"""Tests of checkpoint_files, on fake files."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from inception.checkpoints import checkpoint_files
from inception.testing import checkpoints


def _state(folder, newest, *others):
  lines = [f'model_checkpoint_path: "{newest}"']
  lines += [
    f'all_model_checkpoint_paths: "{name}"' for name in (*others, newest)
  ]
  pathlib.Path(folder, 'checkpoint').write_text(
    '\n'.join(lines) + '\n', encoding='utf-8'
  )


@pytest.mark.parametrize(
  ('prefix', 'step'),
  [
    ('a/model.ckpt-157585', 157585),
    ('model.ckpt-0', 0),
    ('ckpt-7', 7),
    ('a/model.ckpt-5/inception_v3.ckpt', None),
    ('model-5', None),
    ('model.ckpt-5.index', None),
    ('train-00001-of-00002', None),
    ('model.ckpt-5.damaged', None),
    ('model.ckpt-5.damaged-2', None),
    ('a/model.ckpt-5.tmp-01234567', 5),
    ('model.ckpt-5.tmp-01234567.old', 5),
  ],
)
def test_step_in_name(prefix, step):
  assert checkpoint_files.step_in_name(prefix) == step


def test_list_checkpoints_returns_complete_ones_by_step(tmp_path):
  ten = checkpoints.fake_v2(tmp_path / 'model.ckpt-10')
  nine = checkpoints.fake_v2(tmp_path / 'model.ckpt-9', shards=3)
  old = checkpoints.fake_v1(tmp_path / 'model.ckpt-100')
  no_index = checkpoints.fake_v2(tmp_path / 'model.ckpt-11')
  os.unlink(f'{no_index}.index')
  no_data = checkpoints.fake_v2(tmp_path / 'model.ckpt-12')
  os.unlink(f'{no_data}.data-00000-of-00001')
  lost_shard = checkpoints.fake_v2(tmp_path / 'model.ckpt-13', shards=2)
  os.unlink(f'{lost_shard}.data-00001-of-00002')
  (tmp_path / 'model.ckpt-14').write_bytes(b'cut off')
  cut = checkpoints.fake_v2(tmp_path / 'model.ckpt-15')
  pathlib.Path(f'{cut}.index').write_bytes(b'cut off')
  (tmp_path / 'model.ckpt-16').mkdir()
  checkpoints.fake_v2(tmp_path / 'model.ckpt-17.tmp-01234567')
  checkpoints.fake_v2(tmp_path / 'model.ckpt-18.damaged')
  checkpoints.fake_v2(tmp_path / 'model.ckpt-19.damaged-2')
  (tmp_path / 'model.ckpt-10.meta').write_bytes(b'meta')
  assert checkpoint_files.list_checkpoints(tmp_path) == [
    (9, nine),
    (10, ten),
    (100, old),
  ]


def test_missing_folder_has_no_checkpoints(tmp_path):
  assert checkpoint_files.list_checkpoints(tmp_path / 'x') == []
  assert checkpoint_files.latest(tmp_path / 'x') is None
  assert checkpoint_files.latest(tmp_path) is None


def test_unreadable_folder_is_an_error(monkeypatch, tmp_path):
  def refuse(path):
    raise PermissionError(13, 'Permission denied', path)

  monkeypatch.setattr(os, 'listdir', refuse)
  with pytest.raises(
    checkpoint_files.CheckpointError,
    match='cannot read the folder .*Permission denied.*permissions',
  ):
    checkpoint_files.list_checkpoints(tmp_path)


def test_latest_follows_the_state_file(tmp_path):
  five = checkpoints.fake_v2(tmp_path / 'model.ckpt-5')
  checkpoints.fake_v2(tmp_path / 'model.ckpt-6')
  _state(tmp_path, 'model.ckpt-5')
  assert checkpoint_files.latest(tmp_path) == five
  assert checkpoint_files.latest(f'{tmp_path}{os.sep}') == five


@pytest.mark.parametrize(
  'state',
  [
    None,
    b'',
    b'\x00\xff\x80 rubbish',
    b'model_checkpoint_path: "unfinished',
    b'model_checkpoint_path: "\\377\\376"\n',
    b'model_checkpoint_path: ""\n',
    b'model_checkpoint_path: "model.ckpt-8"\n',
  ],
)
def test_latest_is_the_highest_step_without_a_usable_state_file(
  state, tmp_path
):
  checkpoints.fake_v2(tmp_path / 'model.ckpt-9')
  ten = checkpoints.fake_v2(tmp_path / 'model.ckpt-10')
  if state is not None:
    (tmp_path / 'checkpoint').write_bytes(state)
  assert checkpoint_files.latest(tmp_path) == ten


@pytest.mark.parametrize(
  'name',
  ['train', 'with space', 'Bl\u00fcten \u82b1', 'set [1]', 'a[b-c]', "quo'te"],
)
@pytest.mark.parametrize('absolute', [False, True])
def test_latest_of_a_moved_folder(name, absolute, tmp_path):
  before = tmp_path / 'before' / name
  prefix = checkpoints.fake_v2(before / 'model.ckpt-5')
  checkpoints.fake_v2(before / 'model.ckpt-6')
  _state(before, prefix.replace('\\', '\\\\') if absolute else 'model.ckpt-5')
  after = tmp_path / 'after' / name
  shutil.move(before, after)
  assert checkpoint_files.latest(after) == str(after / 'model.ckpt-5')


def test_latest_of_a_folder_that_was_moved_from_windows(tmp_path):
  prefix = checkpoints.fake_v2(tmp_path / 'model.ckpt-5')
  checkpoints.fake_v2(tmp_path / 'model.ckpt-6')
  _state(tmp_path, r'C:\\train\\model.ckpt-5')
  assert checkpoint_files.latest(tmp_path) == prefix


def test_latest_may_be_in_another_folder(tmp_path):
  prefix = checkpoints.fake_v2(tmp_path / 'there' / 'model.ckpt-5')
  (tmp_path / 'here').mkdir()
  _state(tmp_path / 'here', prefix.replace('\\', '\\\\'))
  assert checkpoint_files.latest(tmp_path / 'here') == prefix


def test_files_of_a_checkpoint(tmp_path):
  prefix = checkpoints.fake_v2(tmp_path / 'model.ckpt-5', shards=2)
  assert sorted(checkpoint_files.files_of(prefix, 'V2')) == [
    f'{prefix}.data-00000-of-00002',
    f'{prefix}.data-00001-of-00002',
    f'{prefix}.index',
  ]
  assert checkpoint_files.files_of(prefix, 'V1') == [prefix]


def test_parts_of_an_incomplete_checkpoint(tmp_path):
  prefix = checkpoints.fake_v2(tmp_path / 'model.ckpt-5', shards=2)
  (tmp_path / 'model.ckpt-5.meta').write_bytes(b'graph')
  for other in ('model.ckpt-50', 'model.ckpt-5.damaged'):
    checkpoints.fake_v2(tmp_path / other)
  (tmp_path / 'model.ckpt-5.txt').write_bytes(b'mine')
  os.unlink(f'{prefix}.data-00000-of-00002')
  assert checkpoint_files.parts_of(prefix) == [
    f'{prefix}{suffix}'
    for suffix in ('.index', '.data-00001-of-00002', '.meta')
  ]
  v1 = checkpoints.fake_v1(tmp_path / 'v1.ckpt')
  assert checkpoint_files.parts_of(v1) == [v1]
  assert checkpoint_files.parts_of(tmp_path / 'x' / 'model.ckpt-5') == []


def test_latest_may_have_a_temporary_name(tmp_path):
  checkpoints.fake_v2(tmp_path / 'model.ckpt-9')
  prefix = checkpoints.fake_v2(tmp_path / 'model.ckpt-5.tmp-01234567')
  assert checkpoint_files.latest(tmp_path) == str(tmp_path / 'model.ckpt-9')
  _state(tmp_path, 'model.ckpt-5.tmp-01234567')
  assert checkpoint_files.latest(tmp_path) == prefix


def test_damaged_error_has_the_reason_without_the_remedy():
  error = checkpoint_files.DamagedError('a/b', 'is cut', 'copy it')
  assert isinstance(error, checkpoint_files.CheckpointError)
  assert str(error) == "'a/b' is cut: copy it"
  assert error.reason == "'a/b' is cut"


def test_importing_does_not_import_tensorflow():
  code = (
    'import sys; from inception.checkpoints import checkpoint_files; '
    'sys.exit("tensorflow" in sys.modules)'
  )
  environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}
  subprocess.run([sys.executable, '-c', code], env=environment, check=True)


def test_prefix_of_file():
  for suffix in ('', '.index', '.meta', '.data-00001-of-00002'):
    assert (
      checkpoint_files.prefix_of_file(f'a/m.ckpt-5{suffix}') == 'a/m.ckpt-5'
    )
  assert checkpoint_files.prefix_of_file('a/m.ckpt-5.txt') == 'a/m.ckpt-5.txt'


@pytest.mark.parametrize(
  ('message', 'cause'),
  [
    ('short read. Perhaps the file is in a different format?', 'short read'),
    ('checksum does not match\nat byte 5', 'checksum does not match'),
  ],
)
def test_damaged_keeps_the_cause_and_suggests_a_remedy(message, cause):
  error = checkpoint_files.damaged('a/b', RuntimeError(message))
  assert error.reason == f"'a/b' is damaged ({cause})"
  assert str(error) == (
    f"'a/b' is damaged ({cause}): copy or download it again, or delete it to "
    'resume from an earlier one'
  )
