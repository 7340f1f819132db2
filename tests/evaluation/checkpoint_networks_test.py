"""Tests that networks are made once, and take each checkpoint's values."""

import pytest

from inception.evaluation import checkpoint_networks
from inception.settings import config
from inception.testing import biases_only
from inception.testing import datasets


@pytest.fixture(name='networks')
def _networks(tmp_path, monkeypatch):
  for patch in biases_only.PATCHES:
    monkeypatch.setattr(*patch)
  return checkpoint_networks.CheckpointNetworks(
    datasets.write(tmp_path, {'validation': 1}, class_names=('a', 'b')),
    config.EvalConfig(checkpoint_dir='unused', eval_dir='unused'),
    replicas=None,
  )


def test_one_network_takes_the_values_of_each_checkpoint(networks, tmp_path):
  models = []
  for step, biases in ((1, [0, 1, 2]), (2, [5, 6, 7])):
    prefix = biases_only.save(tmp_path, step, biases)
    models.append(networks.restore(prefix, 'float32'))
    found = models[-1].variables[biases_only.BIASES].numpy()
    assert found.tolist() == biases
  assert models[0] is models[1]
  other = networks.restore(prefix, 'bfloat16')
  assert other is not models[0]
  assert other.compute_dtype == 'bfloat16'


def test_each_image_size_and_number_of_views_has_one_evaluator(
  networks, tmp_path
):
  networks.restore(biases_only.save(tmp_path, 1, [0, 1, 2]), 'float32')

  def evaluator(*, image_size=75, views=1, has_features=False):
    settings = config.InputConfig(
      data_dir=str(tmp_path), subset='validation', image_size=image_size
    )
    return networks.evaluator(
      'float32', settings, views=views, has_features=has_features
    )

  first = evaluator()
  assert evaluator() is first
  assert evaluator(image_size=80) is not first
  assert evaluator(views=2) is not first
  assert evaluator(has_features=True) is not first


def test_stand_in_refuses_to_be_trained(networks, tmp_path):
  prefix = biases_only.save(tmp_path, 1, [0, 1, 2])
  with pytest.raises(ValueError, match='as in training'):
    networks.restore(prefix, 'float32').inference(None, is_training=True)
