"""Tests of checkpoint_paths, on fake files."""

import os
import subprocess
import sys

import pytest

from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_paths
from inception.testing import checkpoints


@pytest.mark.parametrize(
  'suffix', ['', '.index', '.data-00000-of-00001', '.meta']
)
def test_resolve_takes_any_file_of_a_checkpoint(suffix, tmp_path):
  prefix = checkpoints.fake_v2(tmp_path / 'a b' / 'model.ckpt-5')
  assert checkpoint_paths.resolve(prefix + suffix) == (prefix, 'V2')


def test_resolve_takes_v1_h5_and_folders(tmp_path):
  prefix = checkpoints.fake_v1(tmp_path / 'v1' / 'model.ckpt-157585')
  assert checkpoint_paths.resolve(prefix) == (prefix, 'V1')
  assert checkpoint_paths.resolve(tmp_path / 'v1') == (prefix, 'V1')
  assert checkpoint_paths.resolve(f'{tmp_path}/v1/') == (
    f'{tmp_path}/v1/model.ckpt-157585',
    'V1',
  )
  slim = checkpoints.fake_v1(tmp_path / 'slim' / 'inception_v3.ckpt')
  assert checkpoint_paths.resolve(tmp_path / 'slim') == (slim, 'V1')
  keras = tmp_path / 'weights'
  keras.write_bytes(b'\x89HDF\r\n\x1a\n and more')
  assert checkpoint_paths.resolve(keras) == (str(keras), 'HDF5')


@pytest.mark.parametrize(
  ('path', 'text'),
  [
    ('model.ckpt-6', 'its folder has model.ckpt-5, model.ckpt-7$'),
    ('no/model.ckpt-6', 'the folder .* does not exist; check the path'),
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
def test_resolve_reports_the_reason(path, text, tmp_path):
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
    checkpoint_paths.resolve(tmp_path / path)
  assert isinstance(caught.value, ValueError)
  assert isinstance(caught.value, checkpoint_files.DamagedError) == (
    'copy or download' in text or 'damaged' in text
  )
  assert str(tmp_path / path).removesuffix('.index').split('.data')[0] in (
    str(caught.value).replace('\\\\', '\\')
  )


@pytest.mark.parametrize(
  'name,similar',
  [
    ('inception_v3', 'inception_v3.ckpt'),
    ('inception_v3.ckpt.weights', 'inception_v3.ckpt'),
    ('model.ckpt-5.ckpt', 'model.ckpt-5'),
  ],
)
def test_resolve_suggests_a_similar_name(name, similar, tmp_path):
  checkpoints.fake_v2(tmp_path / 'inception_v3.ckpt')
  checkpoints.fake_v2(tmp_path / 'model.ckpt-5')
  with pytest.raises(checkpoint_files.CheckpointError) as caught:
    checkpoint_paths.resolve(tmp_path / name)
  assert str(caught.value) == (
    f'there is no checkpoint {str(tmp_path / name)!r}: '
    f'give {str(tmp_path / similar)!r}'
  )


def test_resolve_lists_checkpoints_without_a_step(tmp_path):
  for name in ('b.ckpt', 'a.ckpt', 'model.ckpt-5'):
    checkpoints.fake_v2(tmp_path / name)
  with pytest.raises(
    checkpoint_files.CheckpointError,
    match='its folder has a.ckpt, b.ckpt, model.ckpt-5$',
  ):
    checkpoint_paths.resolve(tmp_path / 'none')


def test_resolve_of_a_name_in_the_current_folder(monkeypatch, tmp_path):
  checkpoints.fake_v2(tmp_path / 'model.ckpt-5')
  monkeypatch.chdir(tmp_path)
  assert checkpoint_paths.resolve('model.ckpt-5') == ('model.ckpt-5', 'V2')
  with pytest.raises(checkpoint_files.CheckpointError, match='model.ckpt-5'):
    checkpoint_paths.resolve('model.ckpt-4')


def test_importing_does_not_import_tensorflow():
  code = (
    'import sys; from inception.checkpoints import checkpoint_paths; '
    'sys.exit("tensorflow" in sys.modules)'
  )
  environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}
  subprocess.run([sys.executable, '-c', code], env=environment, check=True)
