"""Tests of inception.checkpoints.tensorflow_reader on V1 and V2 files."""

import contextlib
import os
import pathlib

import numpy as np
import pytest

from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_paths
from inception.checkpoints import tensorflow_reader
from inception.testing import checkpoints

_VALUES = {
  'conv0/weights': np.arange(12, dtype=np.float32).reshape(3, 4),
  'conv0/BatchNorm/beta': np.float32([1.5, -2.5]),
  'global_step': np.float32(157585),
}


def _open(path):
  return contextlib.closing(
    tensorflow_reader.TensorFlowReader(*checkpoint_paths.resolve(path))
  )


@pytest.fixture(scope='module', name='folder')
def _folder(tmp_path_factory):
  """A folder with model.ckpt-1 (V1) and model.ckpt-2 (V2)."""
  folder = tmp_path_factory.mktemp('tensorflow')
  for step, version in ((1, 'V1'), (2, 'V2')):
    checkpoints.write_tensorflow(
      folder, 'model.ckpt', _VALUES, step=step, version=version
    )
  return folder


@pytest.mark.parametrize(('step', 'version'), [(1, 'V1'), (2, 'V2')])
@pytest.mark.parametrize('name', ['plain', 'bl\u00fcte \u82b1', 'set [1]'])
def test_reads_tensorflow_checkpoints(step, version, name, folder, tmp_path):
  copy = tmp_path / name
  copy.mkdir()
  for file in folder.glob(f'model.ckpt-{step}*'):
    (copy / file.name).write_bytes(file.read_bytes())
  # Two separators, as a user may write them.
  path = os.path.join(f'{copy}{os.sep}', '', f'model.ckpt-{step}')
  with _open(path) as reader:
    assert reader.path == path
    assert reader.source == f'research/inception {version}'
    assert reader.shapes == {
      'conv0/weights': (3, 4),
      'conv0/BatchNorm/beta': (2,),
      'global_step': (),
    }
    for variable, value in _VALUES.items():
      np.testing.assert_array_equal(reader.read(variable), value)
      assert reader.read(variable).dtype == np.float32


@pytest.mark.skipif(os.name == 'nt', reason='invalid in file names on Windows')
@pytest.mark.parametrize('name', ['a*', 'a?', 'a\\b'])
def test_reads_names_that_look_like_patterns(name, folder, tmp_path):
  test_reads_tensorflow_checkpoints(1, 'V1', name, folder, tmp_path)
  copy = tmp_path / 'other'
  copy.mkdir()
  test_reads_tensorflow_checkpoints(2, 'V2', name, folder, copy)


@pytest.mark.parametrize('version', ['V1', 'V2'])
def test_reads_slim_under_our_names(version, tmp_path):
  values = checkpoints.model_values(outputs=3)
  slim = checkpoints.slim_values(values)
  assert slim['InceptionV3/Logits/Conv2d_1c_1x1/weights'].shape == (1, 1, 1, 3)
  path = checkpoints.write_tensorflow(
    tmp_path,
    'inception_v3.ckpt',
    slim | {'global_step': np.int64(5)},
    version=version,
  )
  with _open(path) as reader:
    assert reader.source == f'TF-Slim {version}'
    assert reader.shapes == {'global_step': ()} | {
      name: value.shape for name, value in values.items()
    }
    for name, value in values.items():
      np.testing.assert_array_equal(reader.read(name), value)


def _truncate(path, keep):
  path = pathlib.Path(path)
  path.write_bytes(path.read_bytes()[:keep])


def test_damaged_v2_data_is_an_error(folder, tmp_path):
  for file in folder.glob('model.ckpt-2*'):
    (tmp_path / file.name).write_bytes(file.read_bytes())
  _truncate(tmp_path / 'model.ckpt-2.data-00000-of-00001', 20)
  with _open(tmp_path / 'model.ckpt-2') as reader:
    with pytest.raises(
      checkpoint_files.CheckpointError, match="model.ckpt-2' is damaged"
    ):
      for name in reader.shapes:
        reader.read(name)


@pytest.mark.parametrize(
  ('file', 'prefix'),
  [('model.ckpt-1', 'model.ckpt-1'), ('model.ckpt-2.index', 'model.ckpt-2')],
)
@pytest.mark.parametrize('damage', ['cut out', 'overwritten'])
def test_damaged_table_is_an_error(file, prefix, damage, folder, tmp_path):
  for original in folder.glob(f'{prefix}*'):
    (tmp_path / original.name).write_bytes(original.read_bytes())
  content = (tmp_path / file).read_bytes()
  middle = b'' if damage == 'cut out' else b'\x55' * 30
  (tmp_path / file).write_bytes(content[:20] + middle + content[50:])
  with pytest.raises(
    checkpoint_files.CheckpointError, match=f"{prefix}' is damaged"
  ):
    with _open(tmp_path / prefix) as reader:
      for name in reader.shapes:
        reader.read(name)


@pytest.fixture(scope='module', name='several')
def _several(tmp_path_factory):
  """(values, prefix) of a V2 checkpoint with several types and a text."""
  values = {
    'conv0/weights': np.arange(35, dtype=np.float32).reshape(7, 5),
    'logits/logits/weights': -np.ones([3, 4], np.float32),
    'global_step': np.int64(5),
    'flag': np.bool_(True),
    'text': np.array(b'a text of some length'),
  }
  return values, checkpoints.write_tensorflow(
    tmp_path_factory.mktemp('several'), 'model.ckpt', values, step=5
  )


def _read_all(prefix):
  with _open(prefix) as reader:
    return {name: reader.read(name) for name in reader.shapes} | {
      'text': reader.text('text')
    }


def test_every_flipped_byte_is_detected_or_harmless(several, tmp_path):
  """TensorFlow has a checksum for each variable and each block of the index."""
  values, original = several
  prefix = tmp_path / 'model.ckpt-5'
  files = {
    suffix: pathlib.Path(original + suffix).read_bytes()
    for suffix in ('.data-00000-of-00001', '.index')
  }
  undamaged = dict.fromkeys(files, 0)
  for suffix, content in files.items():
    for other, intact in files.items():
      pathlib.Path(f'{prefix}{other}').write_bytes(intact)
    for index in range(len(content)):
      damaged = bytearray(content)
      damaged[index] ^= 0x40
      pathlib.Path(f'{prefix}{suffix}').write_bytes(damaged)
      try:
        read = _read_all(prefix)
      except checkpoint_files.DamagedError as error:
        assert repr(str(prefix)) in error.reason
        assert '\n' not in str(error)
        continue
      undamaged[suffix] += 1
      assert read.pop('text') == 'a text of some length'
      assert read.keys() == values.keys() - {'text'}
      for name, value in read.items():
        np.testing.assert_array_equal(value, values[name])
        assert value.dtype == values[name].dtype
  # The index has an empty block and a padded footer.
  assert undamaged['.data-00000-of-00001'] == 0
  assert undamaged['.index'] < 80


@pytest.mark.parametrize('suffix', ['.data-00000-of-00001', '.index'])
@pytest.mark.parametrize('length', [None, 0, 1, 50, -1])
def test_truncated_and_missing_files_are_errors(
  suffix, length, several, tmp_path
):
  _, original = several
  for other in ('.data-00000-of-00001', '.index'):
    path = tmp_path / f'model.ckpt-5{other}'
    path.write_bytes(pathlib.Path(original + other).read_bytes())
  path = tmp_path / f'model.ckpt-5{suffix}'
  if length is None:
    os.unlink(path)
  else:
    _truncate(path, length)
  with pytest.raises(checkpoint_files.DamagedError, match="ckpt-5' is "):
    _read_all(tmp_path / 'model.ckpt-5')


def test_data_deleted_while_reading_is_an_error(several, tmp_path):
  for suffix in ('.data-00000-of-00001', '.index'):
    (tmp_path / f'model.ckpt-5{suffix}').write_bytes(
      pathlib.Path(several[1] + suffix).read_bytes()
    )
  with _open(tmp_path / 'model.ckpt-5') as reader:
    try:
      os.unlink(tmp_path / 'model.ckpt-5.data-00000-of-00001')
    except PermissionError:
      pytest.skip('a file that is open cannot be deleted here')
    with pytest.raises(checkpoint_files.DamagedError, match="5' is damaged"):
      reader.read('conv0/weights')


def test_texts_are_not_variables(several, tmp_path):
  values, prefix = several
  with _open(prefix) as reader:
    assert reader.shapes.keys() == values.keys() - {'text'}
    assert reader.text('text') == 'a text of some length'
    assert reader.text('global_step') is None
    assert reader.text('other') is None
  others = checkpoints.write_tensorflow(
    tmp_path,
    'others.ckpt',
    {'list': np.array([b'a', b'b']), 'rubbish': np.array(b'\xff\x00 a')},
  )
  with _open(others) as reader:
    assert reader.shapes == {}
    assert reader.text('list') is None
    assert reader.text('rubbish') == '\ufffd\x00 a'


def test_v1_has_no_text(folder):
  with _open(folder / 'model.ckpt-1') as reader:
    assert reader.text('run_info') is None
