"""Tests of checkpoint_names against checkpoint_variables.tsv."""

from inception.checkpoints import checkpoint_names
from inception.testing import goldens


def test_slim_names_match_the_reference():
  assert checkpoint_names.slim_names() == {
    name: slim for name, slim, _ in goldens.variables()
  }


def test_slim_names_are_unique():
  names = checkpoint_names.slim_names()
  assert len(names) == 388
  assert len(set(names.values())) == 388


def test_trunk_scopes_are_in_the_order_of_creation():
  created = [
    name.removesuffix('/weights')
    for name, _, _ in goldens.variables()
    if name.endswith('/weights')
    and not name.startswith(('aux_logits/', 'logits/'))
  ]
  assert list(checkpoint_names.trunk_scopes()) == created
  assert len(created) == 94


def test_scopes_have_these_variables():
  names = {name for name, _, _ in goldens.variables()}
  assert {name for name in names if name.startswith('conv0/')} == {
    f'conv0/{variable}' for variable in checkpoint_names.CONV_VARIABLES
  }
  assert {name for name in names if name.startswith('logits/')} == {
    f'logits/logits/{variable}' for variable in checkpoint_names.FC_VARIABLES
  }


def test_fc_weights_are_the_matrices():
  assert set(checkpoint_names.FC_WEIGHTS) == {
    name for name, _, shape in goldens.variables() if len(shape) == 2
  }


def test_slim_names_of_averages_and_others():
  scope = 'InceptionV3/Conv2d_1a_3x3'
  for name, slim in {
    'conv0/weights': f'{scope}/weights',
    'conv0/weights/ExponentialMovingAverage': (
      f'{scope}/weights/ExponentialMovingAverage'
    ),
    'conv0/weights/RMSProp': 'conv0/weights/RMSProp',
    'global_step': 'global_step',
  }.items():
    assert checkpoint_names.slim_name(name) == slim


def test_slim_stores_classifiers_as_convolutions():
  average = 'aux_logits/FC/weights/ExponentialMovingAverage'
  for name, shape, stored in (
    ('logits/logits/weights', (2048, 6), (1, 1, 2048, 6)),
    (average, (768, 6), (1, 1, 768, 6)),
    ('logits/logits/biases', (6,), (6,)),
    ('conv0/weights', (3, 3, 3, 32), (3, 3, 3, 32)),
  ):
    assert checkpoint_names.slim_shape(name, shape) == stored


def test_keras_names_are_those_of_the_published_weights():
  names = checkpoint_names.keras_names()
  assert len(names) == len(set(names.values())) == 378
  assert names['conv0/weights'] == 'conv2d_1/kernel'
  assert names['mixed_8x8x2048b/branch_pool/Conv/BatchNorm/moving_mean'] == (
    'batch_normalization_94/moving_mean'
  )
  assert names['logits/logits/biases'] == 'predictions/bias'
