"""Tests of inception.checkpoints.pretrained, on files of every kind."""

import os

import numpy as np
import pytest
import tensorflow as tf

from inception.checkpoints import checkpoint
from inception.checkpoints import pretrained
from inception.testing import checkpoints

_FINE_TUNE = tuple(
  f'{scope}/{name}'
  for scope in ('logits/logits', 'aux_logits/FC')
  for name in ('weights', 'biases')
)


def _zeros(values):
  return {
    name: tf.Variable(tf.zeros(value.shape)) for name, value in values.items()
  }


def _check_equal(variables, values):
  assert variables.keys() == values.keys()
  for name, variable in variables.items():
    np.testing.assert_array_equal(variable, values[name], err_msg=name)


@pytest.fixture(scope='module', name='release')
def _release(tmp_path_factory):
  """Returns (values, folder) like the 2016 release: V1, shadows, float step."""
  folder = tmp_path_factory.mktemp('inception-v3')
  values = checkpoints.model_values(outputs=4)
  shadows = {
    f'{name}/ExponentialMovingAverage': -value for name, value in values.items()
  }
  checkpoints.write_tensorflow(
    folder,
    'model.ckpt',
    {**values, **shadows, 'global_step': np.float32(157585)},
    step=157585,
    version='V1',
  )
  return values, folder


@pytest.mark.parametrize('path', ['', 'model.ckpt-157585'])
def test_restores_the_release_of_2016(path, release):
  values, folder = release
  variables = _zeros(values)
  report = pretrained.restore_pretrained(folder / path, variables)
  _check_equal(variables, values)
  assert report.path == str(folder / 'model.ckpt-157585')
  assert report.source == 'research/inception V1'
  assert report.matched == tuple(values)
  assert report.excluded == report.missing == ()
  assert len(report.skipped) == 389
  assert report.summary() == [
    f'Restored 388 of 388 variables from {folder}{os.sep}model.ckpt-157585 '
    '(research/inception V1).',
    'In the file but not used: 388 moving averages, global_step.',
  ]


def test_fine_tuning_leaves_the_classifiers_out(release):
  values, folder = release
  ours = checkpoints.model_values(outputs=6)  # The file has other classes.
  variables = _zeros(ours)
  report = pretrained.restore_pretrained(folder, variables, exclude=_FINE_TUNE)
  classifiers = {
    'logits/logits/weights',
    'logits/logits/biases',
    'aux_logits/FC/weights',
    'aux_logits/FC/biases',
  }
  _check_equal(
    variables,
    {
      name: np.zeros_like(ours[name]) if name in classifiers else values[name]
      for name in ours
    },
  )
  assert set(report.excluded) == classifiers
  assert set(report.matched) == set(values) - classifiers
  assert report.missing == ()
  assert classifiers < set(report.skipped)
  assert report.summary()[1] == (
    'Left out as requested, so they start from scratch: aux_logits/FC/weights, '
    'aux_logits/FC/biases, logits/logits/weights and 1 more.'
  )


def test_other_classes_suggest_fine_tuning(release):
  variables = _zeros(checkpoints.model_values(outputs=6))
  with pytest.raises(
    checkpoint.CheckpointError,
    match=r'FC/weights has shape \(1, 4\) there, \(1, 6\) '
    r'here \(its classifier has 3 classes, this data has 5\): '
    'pass --fine_tune=True',
  ):
    pretrained.restore_pretrained(release[1], variables)
  assert not any(np.any(variable) for variable in variables.values())


@pytest.mark.parametrize('suffix', ['', '.index', '.data-00000-of-00001'])
def test_restores_v2(suffix, tmp_path):
  values = checkpoints.model_values(outputs=4)
  prefix = checkpoint.save(tmp_path, 3, values)
  variables = _zeros(values)
  report = pretrained.restore_pretrained(prefix + suffix, variables)
  _check_equal(variables, values)
  assert report.source == 'research/inception V2'
  assert len(report.summary()) == 1


def test_restores_slim(tmp_path):
  values = checkpoints.model_values(outputs=4)
  checkpoints.write_tensorflow(
    tmp_path,
    'inception_v3.ckpt',
    checkpoints.slim_values(values) | {'global_step': np.int64(1)},
    version='V1',
  )
  variables = _zeros(values)
  report = pretrained.restore_pretrained(
    tmp_path / 'inception_v3.ckpt', variables
  )
  _check_equal(variables, values)
  assert report.source == 'TF-Slim V1'
  assert report.skipped == ('global_step',)


@pytest.mark.parametrize('top', [True, False])
def test_restores_keras(top, tmp_path):
  file_values = checkpoints.model_values(outputs=4)
  values = checkpoints.model_values(outputs=6)
  checkpoints.write_keras(tmp_path / 'inception_v3.h5', file_values, top=top)
  variables = _zeros(values)
  report = pretrained.restore_pretrained(
    tmp_path / 'inception_v3.h5', variables, exclude=_FINE_TUNE
  )
  left = ('logits/', 'aux_logits/')
  _check_equal(
    variables,
    {
      name: np.zeros_like(value) if name.startswith(left) else value
      for name, value in values.items()
    },
  )
  assert len(report.matched) == 376
  assert len(report.excluded) == 4
  assert len(report.missing) == 8
  assert all(name.startswith('aux_logits/') for name in report.missing)
  assert report.skipped == (
    ('logits/logits/weights', 'logits/logits/biases') if top else ()
  )
  assert report.source == 'Keras .h5'


def test_restores_keras_with_its_classifier(tmp_path):
  values = checkpoints.model_values(outputs=1001)
  path = tmp_path / 'inception_v3.h5'
  checkpoints.write_keras(path, values, top=True)
  variables = _zeros(values)
  report = pretrained.restore_pretrained(path, variables)
  _check_equal(
    {n: variables[n] for n in report.matched},
    {n: values[n] for n in report.matched},
  )
  assert len(report.matched) == 378
  with pytest.raises(
    checkpoint.CheckpointError,
    match='has 1000 classes, this data has 999.*--fine_tune',
  ):
    pretrained.restore_pretrained(
      path, _zeros(checkpoints.model_values(outputs=1000))
    )


def test_missing_classifier_suggests_fine_tuning(tmp_path):
  values = checkpoints.model_values(outputs=4)
  checkpoints.write_keras(tmp_path / 'notop.h5', values, top=False)
  with pytest.raises(
    checkpoint.CheckpointError,
    match=r'lacks 2 of 388 variables \(logits/logits/weights, '
    r'logits/logits/biases\): pass --fine_tune=True',
  ):
    pretrained.restore_pretrained(tmp_path / 'notop.h5', _zeros(values))


@pytest.mark.parametrize(
  'lost', ['conv3/weights', 'aux_logits/proj/BatchNorm/beta']
)
def test_missing_variable_is_an_error(lost, tmp_path):
  values = checkpoints.model_values(outputs=4)
  variables = _zeros(values)
  del values[lost]
  checkpoint.save(tmp_path, 1, values)
  with pytest.raises(
    checkpoint.CheckpointError,
    match=rf'lacks 1 of 388 variables \({lost}\): give a',
  ):
    pretrained.restore_pretrained(tmp_path, variables, exclude=_FINE_TUNE)
  assert not any(np.any(variable) for variable in variables.values())


def test_missing_checkpoint_is_an_error(release):
  with pytest.raises(
    checkpoint.CheckpointError,
    match='no checkpoint .*its folder has model.ckpt-157585',
  ):
    pretrained.restore_pretrained(release[1] / 'model.ckpt-1', {})
