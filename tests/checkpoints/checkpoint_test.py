"""Tests of checkpoint, against TensorFlow 1's Saver."""

import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from inception.checkpoints import checkpoint
from inception.testing import checkpoints


class _Killed(BaseException):
  """Stands for a kill: no handler catches it."""


def _values(number):
  """Returns values of a small training; all floats are `number`."""
  return {
    'conv0/weights': np.full([3, 3, 2, 4], number, np.float32),
    'conv0/weights/ExponentialMovingAverage': np.full(
      [3, 3, 2, 4], number, np.float32
    ),
    'logits/logits/weights': np.full([4, 6], number, np.float32),
    'global_step': np.int64(number),
  }


def _variables(number=0):
  return {name: tf.Variable(value) for name, value in _values(number).items()}


def _zeros(values):
  return {
    name: tf.Variable(tf.zeros(value.shape)) for name, value in values.items()
  }


def _check_equal(variables, values):
  assert variables.keys() == values.keys()
  for name, variable in variables.items():
    np.testing.assert_array_equal(variable, values[name], err_msg=name)


def _temporaries(folder):
  return [name for name in os.listdir(folder) if '.tmp-' in name]


@pytest.mark.parametrize(
  'folder', ['train', 'new/with space', 'Bl\u00fcten \u82b1', 'set [1]']
)
def test_restores_what_it_saved(folder, tmp_path):
  prefix = checkpoint.save(tmp_path / folder, 7, _variables(7))
  assert prefix == str(tmp_path / folder / 'model.ckpt-7')
  assert checkpoint.latest(tmp_path / folder) == prefix
  assert checkpoint.list_checkpoints(tmp_path / folder) == [(7, prefix)]
  variables = _variables()
  checkpoint.restore(prefix, variables)
  _check_equal(variables, _values(7))


@pytest.mark.parametrize(
  'convert',
  [np.asarray, tf.constant, tf.Variable],
  ids=['numpy', 'tensor', 'variable'],
)
def test_saves_array_like_values(convert, tmp_path):
  prefix = checkpoint.save(
    tmp_path, 1, {name: convert(v) for name, v in _values(1).items()}
  )
  reader = tf.train.load_checkpoint(prefix)
  assert reader.get_variable_to_shape_map() == {
    name: list(value.shape) for name, value in _values(1).items()
  }
  for name, value in _values(1).items():
    np.testing.assert_array_equal(reader.get_tensor(name), value)
    assert reader.get_tensor(name).dtype == value.dtype


def test_saves_tensorflows_state_file(tmp_path):
  first = checkpoint.save(tmp_path, 1, _values(1))
  second = checkpoint.save(f'{tmp_path}{os.sep}', 2, _values(2))
  state = tf.train.get_checkpoint_state(str(tmp_path))
  assert state.model_checkpoint_path == second
  assert list(state.all_model_checkpoint_paths) == [first, second]
  assert tf.train.latest_checkpoint(str(tmp_path)) == second
  assert sorted(os.listdir(tmp_path)) == [
    'checkpoint',
    'model.ckpt-1.data-00000-of-00001',
    'model.ckpt-1.index',
    'model.ckpt-2.data-00000-of-00001',
    'model.ckpt-2.index',
  ]


_TEXT = '{"a": "Bl\u00fcte \u82b1", "b": "\\u0000"}\n'


@pytest.mark.parametrize('text', [_TEXT, _TEXT.encode(), '', 'x' * 100_000])
def test_reads_the_text_it_saved(text, tmp_path):
  prefix = checkpoint.save(tmp_path, 1, {**_values(1), 'run_info': text})
  read = checkpoint.read_text(prefix, 'run_info')
  assert read == (text.decode() if isinstance(text, bytes) else text)
  assert tf.train.load_checkpoint(prefix).get_tensor('run_info') == (
    text if isinstance(text, bytes) else text.encode()
  )
  assert checkpoint.read_text(prefix, 'global_step') is None
  assert checkpoint.read_text(prefix, 'info') is None


def test_read_text_is_none_for_other_programs(tmp_path):
  v1 = checkpoints.write_tensorflow(
    tmp_path, 'model.ckpt', _values(5), step=5, version='V1'
  )
  assert checkpoint.read_text(v1, 'run_info') is None
  checkpoints.write_keras(
    tmp_path / 'a.h5', checkpoints.model_values(outputs=3), top=True
  )
  assert checkpoint.read_text(tmp_path / 'a.h5', 'run_info') is None
  with pytest.raises(checkpoint.CheckpointError, match='no checkpoint'):
    checkpoint.read_text(tmp_path / 'model.ckpt-6', 'run_info')


def test_restoring_ignores_texts(tmp_path):
  values = checkpoints.model_values(outputs=4)
  prefix = checkpoint.save(tmp_path, 1, {**values, 'run_info': _TEXT})
  assert checkpoint.variable_names(prefix) == values.keys()
  assert 'run_info' not in checkpoint.variable_names(prefix)
  assert 'conv0/weights' in checkpoint.variable_names(prefix)
  variables = _zeros(values)
  checkpoint.restore(prefix, variables)
  _check_equal(variables, values)
  report = checkpoint.restore_pretrained(prefix, _zeros(values))
  assert report.skipped == ()
  assert len(report.summary()) == 1


def test_tensorflow_1_ignores_texts(tmp_path):
  prefix = checkpoint.save(tmp_path, 1, {**_values(3), 'run_info': _TEXT})
  v1 = tf.compat.v1
  with tf.Graph().as_default(), v1.Session() as session:
    weights = v1.get_variable('conv0/weights', [3, 3, 2, 4])
    v1.train.Saver().restore(session, prefix)
    np.testing.assert_array_equal(
      session.run(weights), _values(3)['conv0/weights']
    )


def test_variable_names_of_a_missing_checkpoint_is_an_error(tmp_path):
  with pytest.raises(checkpoint.CheckpointError, match='no checkpoint'):
    checkpoint.variable_names(tmp_path / 'model.ckpt-1')


def test_falls_back_to_the_previous_checkpoint(tmp_path):
  first, second = (
    checkpoint.save(tmp_path, step, _values(step)) for step in (1, 2)
  )
  data = pathlib.Path(f'{second}.data-00000-of-00001')
  data.write_bytes(data.read_bytes()[:-1] + b'?')
  variables = _variables()
  reports = []
  assert checkpoint.restore_newest(
    tmp_path,
    lambda prefix: checkpoint.restore(prefix, variables),
    on_damaged=lambda *damaged: reports.append(damaged),
  ) == (first, None)
  _check_equal(variables, _values(1))
  [(prefix, reason)] = reports
  assert prefix == second
  assert reason.startswith(f'{second!r} is damaged (')
  assert reason.endswith(')')
  assert checkpoint.latest(tmp_path) == first


def test_saves_into_the_current_folder(monkeypatch, tmp_path):
  monkeypatch.chdir(tmp_path)
  for folder in ('', '.'):
    checkpoint.save(folder, 3, _values(3))
    assert sorted(os.listdir(tmp_path)) == [
      'checkpoint',
      'model.ckpt-3.data-00000-of-00001',
      'model.ckpt-3.index',
    ]


def test_the_originals_evaluation_restores_what_is_saved(tmp_path):
  shape = [3, 3, 2, 4]
  rng = np.random.default_rng(0)
  weights, weights_average, mean, mean_average = (
    rng.normal(size=shape).astype(np.float32) for _ in range(4)
  )
  average = '/ExponentialMovingAverage'
  prefix = checkpoint.save(
    tmp_path,
    1999,
    {
      'conv0/weights': weights,
      'conv0/weights' + average: weights_average,
      'conv0/BatchNorm/moving_mean': mean,
      'conv0/BatchNorm/moving_mean' + average: mean_average,
      'global_step': np.int64(1999),
    },
  )
  v1 = tf.compat.v1
  with tf.Graph().as_default(), v1.Session() as session:
    with v1.variable_scope('conv0'):
      trained = v1.get_variable('weights', shape)
      moving = v1.get_variable('BatchNorm/moving_mean', shape, trainable=False)
    averages = tf.train.ExponentialMovingAverage(0.9999)
    to_restore = averages.variables_to_restore([trained, moving])
    assert set(to_restore) == {
      'conv0/weights' + average,
      'conv0/BatchNorm/moving_mean' + average,
    }
    v1.train.Saver(to_restore).restore(session, prefix)
    np.testing.assert_array_equal(session.run(trained), weights_average)
    np.testing.assert_array_equal(session.run(moving), mean_average)


@pytest.mark.parametrize('version', ['V1', 'V2'])
def test_restores_what_tensorflow_1_saved(version, tmp_path):
  prefix = checkpoints.write_tensorflow(
    tmp_path, 'model.ckpt', _values(5), step=5, version=version
  )
  assert checkpoint.latest(tmp_path) == prefix
  variables = _variables()
  checkpoint.restore(prefix, variables)
  _check_equal(variables, _values(5))


def test_global_step_may_be_a_float_in_the_file(tmp_path):
  prefix = checkpoints.write_tensorflow(
    tmp_path,
    'pretrained.ckpt',
    {'global_step': np.float32(157585)},
    version='V1',
  )
  step = tf.Variable(0, dtype=tf.int64)
  checkpoint.restore(prefix, {'global_step': step})
  assert int(step) == 157585
  assert checkpoint.step_of(prefix) == 157585
  assert checkpoint.step_of(f'{tmp_path}/model.ckpt-42') == 42


def test_checkpoint_without_a_step_is_an_error(tmp_path):
  prefix = checkpoints.write_tensorflow(
    tmp_path, 'pretrained.ckpt', {'a': np.float32(1)}
  )
  with pytest.raises(checkpoint.CheckpointError, match='has no step: its name'):
    checkpoint.step_of(prefix)


def test_variable_names(tmp_path):
  names = checkpoint.variable_names(checkpoint.save(tmp_path, 1, _values(1)))
  assert 'conv0/weights' in names
  assert 'conv1/weights' not in names


def test_keeps_the_last_checkpoints(tmp_path):
  (tmp_path / 'notes.txt').write_text('mine', encoding='utf-8')
  for step in range(5):
    checkpoint.save(tmp_path, step, _values(step), keep=3)
  assert [step for step, _ in checkpoint.list_checkpoints(tmp_path)] == [
    2,
    3,
    4,
  ]
  assert (tmp_path / 'notes.txt').exists()
  with pytest.raises(ValueError, match='keep must be >= 1'):
    checkpoint.save(tmp_path, 9, _values(9), keep=0)


@pytest.mark.parametrize('number', range(3))
def test_last_complete_checkpoint_is_restored_after_a_kill(
  number, monkeypatch, tmp_path
):
  checkpoint.save(tmp_path, 1, _values(1))
  real, calls = os.replace, []

  def replace(source, target):
    calls.append(target)
    if len(calls) > number:
      raise _Killed
    real(source, target)

  with monkeypatch.context() as patch:
    patch.setattr(os, 'replace', replace)
    with pytest.raises(_Killed):
      checkpoint.save(tmp_path, 2, _values(2))
  # TensorFlow leaves such a file when it is killed while writing.
  (tmp_path / 'model.ckpt-2.tmp-01234567.index.tempstate99').write_bytes(b'')
  variables = _variables()
  checkpoint.restore(checkpoint.latest(tmp_path), variables)
  _check_equal(variables, _values(1))
  for _, prefix in checkpoint.list_checkpoints(tmp_path):
    checkpoint.restore(prefix, variables)
  assert _temporaries(tmp_path)
  checkpoint.save(tmp_path, 2, _values(2))
  assert not _temporaries(tmp_path)
  checkpoint.restore(checkpoint.latest(tmp_path), variables)
  _check_equal(variables, _values(2))


def _full_disk(**arguments):
  path = pathlib.Path(arguments['prefix'] + '.data-00000-of-00001')
  path.write_bytes(b'the beginn')
  raise tf.errors.ResourceExhaustedError(
    None,
    None,
    '{{function_node __wrapped__SaveV2_dtypes_1}} '
    f'{path}; No space left on device [Op:SaveV2]',
  )


def _full_disk_at_renaming(source, target):
  raise OSError(28, 'No space left on device', source, None, target)


@pytest.mark.parametrize(
  ('module', 'name', 'failure'),
  [(tf.raw_ops, 'SaveV2', _full_disk), (os, 'replace', _full_disk_at_renaming)],
)
def test_full_disk_leaves_earlier_checkpoints_and_no_temporaries(
  module, name, failure, monkeypatch, tmp_path
):
  checkpoint.save(tmp_path, 1, _values(1))
  before = sorted(os.listdir(tmp_path))
  with monkeypatch.context() as patch:
    patch.setattr(module, name, failure)
    with pytest.raises(checkpoint.CheckpointError) as caught:
      checkpoint.save(tmp_path, 2, _values(2))
  assert 'model.ckpt-2' in str(caught.value)
  assert '(No space left on device); earlier checkpoints are untouched' in str(
    caught.value
  )
  assert '\n' not in str(caught.value)
  assert sorted(os.listdir(tmp_path)) == before
  variables = _variables()
  checkpoint.restore(checkpoint.latest(tmp_path), variables)
  _check_equal(variables, _values(1))


def test_file_with_the_name_of_the_folder_is_an_error(tmp_path):
  (tmp_path / 'train').write_text('mine', encoding='utf-8')
  with pytest.raises(
    checkpoint.CheckpointError, match='a file has the name of the folder'
  ):
    checkpoint.save(tmp_path / 'train', 1, _values(1))
  with pytest.raises(checkpoint.CheckpointError, match='could not save'):
    checkpoint.save(tmp_path / 'train' / 'deeper', 1, _values(1))
  assert (tmp_path / 'train').read_text(encoding='utf-8') == 'mine'


def test_restore_reports_missing_variables_and_changes_nothing(tmp_path):
  prefix = checkpoint.save(tmp_path, 1, _values(1))
  variables = {**_variables(), **{f'x{i}': tf.Variable(0.0) for i in range(5)}}
  with pytest.raises(
    checkpoint.CheckpointError,
    match=r"model.ckpt-1' lacks 5 of 9 variables \(x0, x1, x2 "
    r'and 2 more\).*give the folder',
  ):
    checkpoint.restore(prefix, variables)
  assert not any(np.any(variable) for variable in variables.values())


def test_restore_reports_another_shape_and_changes_nothing(tmp_path):
  prefix = checkpoint.save(tmp_path, 1, _values(1))
  variables = _variables()
  variables['logits/logits/weights'] = tf.Variable(tf.zeros([4, 4]))
  with pytest.raises(
    checkpoint.CheckpointError,
    match=r'logits/logits/weights has shape \(4, 6\) there, '
    r'\(4, 4\) here \(its classifier has 5 classes, this data '
    r'has 3\): give the data it was trained on',
  ):
    checkpoint.restore(prefix, variables)
  variables = _variables()
  variables['conv0/weights'] = tf.Variable(tf.zeros([3, 3, 2, 5]))
  with pytest.raises(
    checkpoint.CheckpointError,
    match=r'conv0/weights has shape \(3, 3, 2, 4\) there, '
    r'\(3, 3, 2, 5\) here: give a checkpoint of this network',
  ):
    checkpoint.restore(prefix, variables)
  assert not any(np.any(variable) for variable in variables.values())


def test_restore_of_damaged_data_changes_nothing(tmp_path):
  prefix = checkpoint.save(tmp_path, 1, _values(1))
  data = pathlib.Path(f'{prefix}.data-00000-of-00001')
  content = bytearray(data.read_bytes())
  content[-1] ^= 1
  data.write_bytes(content)
  variables = _variables()
  with pytest.raises(checkpoint.DamagedError, match="ckpt-1' is damaged"):
    checkpoint.restore(prefix, variables)
  assert not any(np.any(variable) for variable in variables.values())


def test_prefix_of_a_folder_is_that_of_its_newest_checkpoint(tmp_path):
  for step in (1, 2):
    prefix = checkpoint.save(tmp_path, step, _variables(step))
  for path in (tmp_path, prefix, f'{prefix}.index'):
    assert checkpoint.prefix_of(path) == prefix


def test_prefix_of_weights_of_keras_is_refused(tmp_path):
  checkpoints.write_keras(
    tmp_path / 'w.h5', checkpoints.model_values(outputs=3), top=True
  )
  with pytest.raises(checkpoint.CheckpointError, match='an .h5 file of Keras'):
    checkpoint.prefix_of(tmp_path / 'w.h5')
