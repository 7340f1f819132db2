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
