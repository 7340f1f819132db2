"""Tests of inception.checkpoints.conversion, on files of every kind."""

import contextlib
import os

import h5py
import numpy as np
import pytest
import tensorflow as tf

from inception.checkpoints import checkpoint_readers
from inception.checkpoints import checkpoint_writer
from inception.checkpoints import conversion
from inception.checkpoints import conversion_target
from inception.checkpoints import pretrained
from inception.checkpoints import run_info
from inception.testing import checkpoints

_AVERAGE = '/ExponentialMovingAverage'
_INFO = run_info.RunInfo(
  class_names=('daisy', 'R\u00f6schen', 'sun flower'),
  data_name='flowers',
  image_size=75,
  preprocessing={},
  settings={},
)


def _random_values():
  """Returns the network's variables with bits that arithmetic would change."""
  rng = np.random.default_rng(0)
  odd = np.float32([np.nan, -0.0, 1e-42, np.inf])
  values = {}
  for name, value in checkpoints.model_values(outputs=4).items():
    value = rng.normal(size=value.shape).astype(np.float32)
    values[name] = odd[:1].reshape(value.shape) if value.size == 1 else value
  values['conv0/weights'] = odd.reshape(1, 1, 2, 2)
  return values


@pytest.fixture(scope='module', name='training')
def _training(tmp_path_factory):
  """Returns (values, prefix) of a V1 checkpoint as a training leaves it."""
  values = _random_values()
  averages = {name + _AVERAGE: value + 1 for name, value in values.items()}
  values |= averages | {
    'conv0/weights/RMSProp': np.float32([[[[2]]]]),
    'global_step': np.float32(7),
    'run_info': _INFO.to_json(),
  }
  folder = tmp_path_factory.mktemp('training')
  prefix = checkpoints.write_tensorflow(
    folder, 'model.ckpt', values, step=7, version='V1'
  )
  return values, prefix


def _read(path):
  """Returns ({name: bytes and shape}, source) of a checkpoint."""
  with contextlib.closing(checkpoint_readers.open_reader(path)) as reader:
    values = {name: reader.read(name) for name in reader.shapes}
    return {
      name: (value.shape, value.dtype, value.tobytes())
      for name, value in values.items()
    }, reader.source


def _bits(values):
  return {
    name: (value.shape, value.dtype, value.tobytes())
    for name, value in values.items()
    if not isinstance(value, str)
  }


def test_v1_becomes_v2_with_everything(training, tmp_path):
  values, prefix = training
  output = str(tmp_path / 'model.ckpt-7')
  lines = conversion.convert(prefix, output, to='2016')
  assert _read(output) == (_bits(values), 'research/inception V2')
  with contextlib.closing(checkpoint_readers.open_reader(output)) as reader:
    assert reader.text('run_info') == values['run_info']
  assert not any('Left out' in line for line in lines)
  assert len(os.listdir(tmp_path)) == 2


def test_round_trip_by_slim_is_exact(training, tmp_path):
  values, prefix = training
  slim, back = str(tmp_path / 'slim.ckpt'), str(tmp_path / 'back.ckpt')
  conversion.convert(prefix, slim, to='slim', averaged=False)
  stored = tf.train.load_checkpoint(slim).get_variable_to_shape_map()
  assert len(stored) == 388
  assert stored['InceptionV3/Logits/Conv2d_1c_1x1/weights'] == [1, 1, 1, 4]
  assert 'InceptionV3/Mixed_7c/Branch_1/Conv2d_0c_3x1/BatchNorm/beta' in stored
  conversion.convert(slim, back, to='2016')
  network = {name: values[name] for name in checkpoints.model_values(outputs=4)}
  assert _read(back) == (_bits(network), 'research/inception V2')


def test_round_trip_by_keras_is_exact(training, tmp_path):
  values, prefix = training
  keras, back = str(tmp_path / 'a.h5'), str(tmp_path / 'back.ckpt')
  again = str(tmp_path / 'again.h5')
  conversion.convert(prefix, keras, to='keras')
  conversion.convert(keras, back, to='2016')
  conversion.convert(back, again, to='keras')
  read, source = _read(keras)
  assert source == 'Keras .h5'
  assert len(read) == 378
  for name, bits in read.items():
    if not name.startswith('logits/'):
      assert bits == _bits({name: values[name + _AVERAGE]})[name]
  assert _read(back)[0] == read
  # The background class is in none of the .h5 files.
  with h5py.File(again) as file:
    np.testing.assert_array_equal(
      file['predictions/predictions/kernel:0'],
      values['logits/logits/weights' + _AVERAGE][:, 1:],
    )
  with h5py.File(keras) as first, h5py.File(again) as second:
    assert list(first.attrs['layer_names']) == list(second.attrs['layer_names'])


def test_averages_of_slim_are_recognised(training, tmp_path):
  values, prefix = training
  with contextlib.closing(checkpoint_readers.open_reader(prefix)) as reader:
    names = [n for n in reader.shapes if n.endswith(_AVERAGE)]
  network = {n.removesuffix(_AVERAGE): values[n] for n in names}
  slim = checkpoints.slim_values(network)
  slim |= {f'{name}{_AVERAGE}': 2 * value for name, value in slim.items()}
  source = str(tmp_path / 'own.ckpt')
  checkpoint_writer.write(source, slim)
  output = str(tmp_path / 'a.h5')
  lines = conversion.convert(source, output, to='keras', include_top=False)
  assert lines[2].startswith('376 of them are moving averages')
  expected = {
    name: 2 * value
    for name, value in network.items()
    if not name.startswith(('logits/', 'aux_logits/'))
  }
  assert _read(output)[0] == _bits(expected)
  own = str(tmp_path / '2016.ckpt')
  conversion.convert(source, own, to='2016')
  assert _read(own)[0] == _bits(network | {n: 2 * values[n] for n in names})


def test_class_names_are_kept_beside_the_output(training, tmp_path):
  _, prefix = training
  output = str(tmp_path / 'a.h5')
  lines = conversion.convert(prefix, output, to='keras')
  labels = tmp_path / 'a.h5.labels.txt'
  assert labels.read_text(encoding='utf-8').splitlines() == list(
    _INFO.class_names
  )
  assert str(labels) in lines[-1]
  os.unlink(output)
  with pytest.raises(
    conversion_target.ConversionError, match=r'labels\.txt. exists'
  ):
    conversion.convert(prefix, output, to='keras')
  assert os.listdir(tmp_path) == ['a.h5.labels.txt']


def test_failed_write_leaves_no_class_names(training, monkeypatch, tmp_path):
  def full_disk(*_):
    raise OSError(28, 'No space left on device')

  monkeypatch.setattr(os, 'replace', full_disk)
  monkeypatch.setattr(
    conversion.atomic_files,
    'write_text',
    lambda path, text: path.write_text(text, encoding='utf-8'),
  )
  with pytest.raises(OSError, match='No space left'):
    conversion.convert(training[1], str(tmp_path / 'a.h5'), to='keras')
  assert not os.listdir(tmp_path)


def test_damaged_run_info_is_an_error(tmp_path):
  values = checkpoints.model_values(outputs=4) | {'run_info': '{'}
  prefix = str(tmp_path / 'a.ckpt')
  checkpoint_writer.write(prefix, values)
  with pytest.raises(
    conversion_target.ConversionError,
    match=r"a\.ckpt': its run_info is damaged",
  ):
    conversion.convert(prefix, str(tmp_path / 'a.h5'), to='keras')


def test_existing_output_is_an_error_before_reading(tmp_path):
  (tmp_path / 'a.h5').write_bytes(b'mine')
  with pytest.raises(conversion_target.ConversionError, match='exists'):
    conversion.convert('no such file', str(tmp_path / 'a.h5'), to='keras')
  assert (tmp_path / 'a.h5').read_bytes() == b'mine'


@pytest.mark.parametrize('to', ['2016', 'slim'])
def test_result_is_ready_for_fine_tuning(to, tmp_path):
  values = checkpoints.model_values(outputs=4)
  checkpoints.write_keras(tmp_path / 'a.h5', values, top=True)
  output = str(tmp_path / 'new.ckpt')
  conversion.convert(tmp_path / 'a.h5', output, to=to)
  variables = {
    name: tf.Variable(tf.zeros(value.shape)) for name, value in values.items()
  }
  report = pretrained.restore_pretrained(
    output,
    variables,
    exclude=[n for n in values if n.startswith(('logits/', 'aux_logits/FC'))],
  )
  assert len(report.matched) == 376
  assert len(report.missing) == 8
  for name in report.matched:
    np.testing.assert_array_equal(variables[name], values[name])
