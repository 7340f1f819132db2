"""Tests of checkpoint_files, on files that only look real."""

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


def test_list_holds_complete_checkpoints_by_step(tmp_path):
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


def test_a_folder_that_is_not_there_has_no_checkpoints(tmp_path):
  assert checkpoint_files.list_checkpoints(tmp_path / 'x') == []
  assert checkpoint_files.latest(tmp_path / 'x') is None
  assert checkpoint_files.latest(tmp_path) is None


def test_a_folder_that_cannot_be_read_is_an_error(monkeypatch, tmp_path):
  def refuse(path):
    raise PermissionError(13, 'Permission denied', path)

  monkeypatch.setattr(os, 'listdir', refuse)
  with pytest.raises(
    checkpoint_files.CheckpointError,
    match='cannot read the folder .*Permission denied.*permissions',
  ):
    checkpoint_files.list_checkpoints(tmp_path)


def test_latest_is_what_the_state_file_says(tmp_path):
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


def test_read_state_undoes_escapes(tmp_path):
  # As protocol buffers write 'blüten\t"x"\é' in text.
  (tmp_path / 'checkpoint').write_bytes(
    b'model_checkpoint_path: "bl\\303\\274ten\\t\\"x\\"\\\\\xc3\xa9"\r\n'
    b'all_model_checkpoint_paths: "a"\r\n'
    b'all_model_checkpoint_paths: "b"\r\n'
    b'all_model_checkpoint_timestamps: 1.5\r\n'
  )
  assert checkpoint_files.read_state(tmp_path) == (
    'bl\u00fcten\t"x"\\\u00e9',
    ['a', 'b'],
  )


@pytest.mark.parametrize(
  'suffix', ['', '.index', '.data-00000-of-00001', '.meta']
)
def test_resolve_takes_any_file_of_a_checkpoint(suffix, tmp_path):
  prefix = checkpoints.fake_v2(tmp_path / 'a b' / 'model.ckpt-5')
  assert checkpoint_files.resolve(prefix + suffix) == (prefix, 'V2')


def test_resolve_takes_v1_h5_and_folders(tmp_path):
  prefix = checkpoints.fake_v1(tmp_path / 'v1' / 'model.ckpt-157585')
  assert checkpoint_files.resolve(prefix) == (prefix, 'V1')
  assert checkpoint_files.resolve(tmp_path / 'v1') == (prefix, 'V1')
  assert checkpoint_files.resolve(f'{tmp_path}/v1/') == (
    f'{tmp_path}/v1/model.ckpt-157585',
    'V1',
  )
  slim = checkpoints.fake_v1(tmp_path / 'slim' / 'inception_v3.ckpt')
  assert checkpoint_files.resolve(tmp_path / 'slim') == (slim, 'V1')
  keras = tmp_path / 'weights'
  keras.write_bytes(b'\x89HDF\r\n\x1a\n and more')
  assert checkpoint_files.resolve(keras) == (str(keras), 'HDF5')


def test_files_of_a_checkpoint(tmp_path):
  prefix = checkpoints.fake_v2(tmp_path / 'model.ckpt-5', shards=2)
  assert sorted(checkpoint_files.files_of(prefix, 'V2')) == [
    f'{prefix}.data-00000-of-00002',
    f'{prefix}.data-00001-of-00002',
    f'{prefix}.index',
  ]
  assert checkpoint_files.files_of(prefix, 'V1') == [prefix]


def test_parts_of_what_is_not_complete(tmp_path):
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


def test_a_damaged_error_has_the_reason_apart():
  error = checkpoint_files.DamagedError('a/b', 'is cut', 'copy it')
  assert isinstance(error, checkpoint_files.CheckpointError)
  assert str(error) == "'a/b' is cut: copy it"
  assert error.reason == "'a/b' is cut"


@pytest.mark.parametrize(
  ('path', 'text'),
  [
    ('model.ckpt-6', 'its folder has model.ckpt-5, model.ckpt-7$'),
    ('no/model.ckpt-6', 'there is no folder'),
    ('empty/model.ckpt-6', 'its folder holds no complete checkpoint'),
    ('empty', 'no complete checkpoint in the folder'),
    ('two', 'no complete checkpoint in the folder'),
    ('model.ckpt-8', 'is not complete.*copy or download'),
    ('model.ckpt-8.index', 'is not complete.*copy or download'),
    ('model.ckpt-9', 'is not complete.*copy or download'),
    ('model.ckpt-9.data-00000-of-00001', 'is not complete.*copy or download'),
    ('cut.ckpt', 'is damaged'),
    ('inception-v3-2016-03-01.tar.gz', 'is an archive: unpack it'),
  ],
)
def test_resolve_says_what_is_wrong(path, text, tmp_path):
  checkpoints.fake_v2(tmp_path / 'model.ckpt-5')
  checkpoints.fake_v2(tmp_path / 'model.ckpt-7')
  (tmp_path / 'empty').mkdir()
  checkpoints.fake_v1(tmp_path / 'two' / 'a.ckpt')
  checkpoints.fake_v1(tmp_path / 'two' / 'b.ckpt')
  (tmp_path / 'model.ckpt-8.index').write_bytes(b'alone')
  (tmp_path / 'model.ckpt-9.data-00000-of-00001').write_bytes(b'alone')
  (tmp_path / 'cut.ckpt').write_bytes(b'cut')
  (tmp_path / 'inception-v3-2016-03-01.tar.gz').write_bytes(b'archive')
  with pytest.raises(checkpoint_files.CheckpointError, match=text) as caught:
    checkpoint_files.resolve(tmp_path / path)
  assert isinstance(caught.value, ValueError)
  assert isinstance(caught.value, checkpoint_files.DamagedError) == (
    'copy or download' in text or 'damaged' in text
  )
  assert str(tmp_path / path).removesuffix('.index').split('.data')[0] in (
    str(caught.value).replace('\\\\', '\\')
  )


@pytest.mark.parametrize(
  'name,meant',
  [
    ('inception_v3', 'inception_v3.ckpt'),
    ('inception_v3.ckpt.weights', 'inception_v3.ckpt'),
    ('model.ckpt-5.ckpt', 'model.ckpt-5'),
  ],
)
def test_resolve_names_what_was_probably_meant(name, meant, tmp_path):
  checkpoints.fake_v2(tmp_path / 'inception_v3.ckpt')
  checkpoints.fake_v2(tmp_path / 'model.ckpt-5')
  with pytest.raises(checkpoint_files.CheckpointError) as caught:
    checkpoint_files.resolve(tmp_path / name)
  assert str(caught.value) == (
    f'there is no checkpoint {str(tmp_path / name)!r}: '
    f'give {str(tmp_path / meant)!r}'
  )


def test_resolve_names_checkpoints_without_a_step(tmp_path):
  for name in ('b.ckpt', 'a.ckpt', 'model.ckpt-5'):
    checkpoints.fake_v2(tmp_path / name)
  with pytest.raises(
    checkpoint_files.CheckpointError,
    match='its folder has a.ckpt, b.ckpt, model.ckpt-5$',
  ):
    checkpoint_files.resolve(tmp_path / 'none')


def test_resolve_of_a_name_in_the_current_folder(monkeypatch, tmp_path):
  checkpoints.fake_v2(tmp_path / 'model.ckpt-5')
  monkeypatch.chdir(tmp_path)
  assert checkpoint_files.resolve('model.ckpt-5') == ('model.ckpt-5', 'V2')
  with pytest.raises(checkpoint_files.CheckpointError, match='model.ckpt-5'):
    checkpoint_files.resolve('model.ckpt-4')


def test_importing_does_not_import_tensorflow():
  code = (
    'import sys; from inception.checkpoints import checkpoint_files; '
    'sys.exit("tensorflow" in sys.modules)'
  )
  environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}
  subprocess.run([sys.executable, '-c', code], env=environment, check=True)
