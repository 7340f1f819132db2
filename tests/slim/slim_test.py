"""Tests of inception.slim.slim."""

from inception.slim import dtypes
from inception.slim import inception_model
from inception.slim import losses
from inception.slim import ops
from inception.slim import scopes
from inception.slim import slim
from inception.slim import variables


def test_one_import_provides_every_module():
  assert (
    slim.dtypes,
    slim.inception,
    slim.losses,
    slim.ops,
    slim.scopes,
    slim.variables,
  ) == (dtypes, inception_model, losses, ops, scopes, variables)
