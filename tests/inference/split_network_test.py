"""Tests that a batch in two halves has the answers of a complete one."""

import threading

import numpy as np
import pytest
import tensorflow as tf

from inception.inference import folded_network
from inception.inference import split_network


class Network:
  """Answers with the values of the images, and records its calls."""

  classifier = ('weights', 'biases')

  def __init__(self):
    self.calls = []

  def __call__(self, images):
    self.calls.append((len(images), threading.get_ident()))
    values = images[:, 0, 0]
    return folded_network.Results(
      logits=values, features=2 * values, maps=images
    )


@pytest.fixture(name='network')
def _network(monkeypatch):
  monkeypatch.setattr(tf.config, 'list_physical_devices', lambda kind: [])
  return Network()


def images(number):
  return tf.reshape(tf.range(number * 12, dtype=tf.float32), [number, 2, 2, 3])


@pytest.mark.parametrize('number', [16, 17, 33])
def test_halves_are_joined_in_order(network, number):
  found = split_network.SplitNetwork(network)(images(number))
  expected = Network()(images(number))
  for value, wanted in zip(found, expected, strict=True):
    np.testing.assert_array_equal(value, wanted)
  assert sorted(count for count, _ in network.calls) == [
    number // 2,
    number - number // 2,
  ]
  assert len({thread for _, thread in network.calls}) == 2


def test_few_images_are_one_call(network):
  split_network.SplitNetwork(network)(images(15))
  assert [count for count, _ in network.calls] == [15]


def test_a_gpu_gets_the_complete_batch(network, monkeypatch):
  monkeypatch.setattr(tf.config, 'list_physical_devices', lambda kind: ['GPU'])
  split_network.SplitNetwork(network)(images(32))
  assert [count for count, _ in network.calls] == [32]


def test_an_error_in_the_other_thread_is_raised(network, monkeypatch):
  def fail(batch):
    if len(batch) == 9:
      raise ValueError('broken')
    return Network()(batch)

  split = split_network.SplitNetwork(fail)
  with pytest.raises(ValueError, match='broken'):
    split(images(17))


def test_last_layer_is_the_networks(network):
  split = split_network.SplitNetwork(network)
  assert split.classifier == ('weights', 'biases')
