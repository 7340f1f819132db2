"""Tests of replicas on one device; distributed_test covers several."""

import json

import numpy as np
import pytest
import tensorflow as tf

from inception.hardware import cluster
from inception.hardware import replicas


def tf_config(addresses, role='worker', index=0):
  return {
    'TF_CONFIG': json.dumps({
      'cluster': addresses,
      'task': {'type': role, 'index': index},
    })
  }


def test_without_a_cluster_one_device_trains():
  for environment in (
    {},
    {'TF_CONFIG': ''},
    {'TF_CONFIG': '{}'},
    tf_config({'worker': ['a:1']}),
  ):
    one = replicas.make(environment=environment)
    assert (one.count, one.host, one.hosts, one.is_chief) == (1, 0, 1, True)
    assert one.devices in (('CPU',), ('GPU:0',))
  one.check_batch_size(3)
  assert one.differing([1.0, 2.0]) == []
  images, labels = tf.zeros([3, 2]), tf.constant([1, 2, 3])
  shared = one.share(images, labels)
  assert shared[0] is images and shared[1] is labels


def test_invalid_cluster_is_reported():
  with pytest.raises(cluster.ClusterError, match='TF_CONFIG must be JSON'):
    replicas.make(environment={'TF_CONFIG': '{'})


def test_more_gpus_than_available_are_rejected():
  count = len(tf.config.list_physical_devices('GPU')) + 2
  with pytest.raises(replicas.ReplicaError, match=f'--num_gpus={count}, but'):
    replicas.make(count)


class TwoReplicas:
  """Stands in for a strategy; only its number of replicas is used."""

  num_replicas_in_sync = 2


def test_batch_that_devices_cannot_share_is_rejected():
  two = replicas.Replicas(TwoReplicas())
  two.check_batch_size(4)
  with pytest.raises(
    replicas.ReplicaError, match='--batch_size=3 cannot be split evenly over 2'
  ):
    two.check_batch_size(3)


def test_lost_host_is_reported_with_the_newest_checkpoint():
  error = tf.errors.UnavailableError(None, None, 'Socket closed')
  assert isinstance(error, replicas.LOST_HOST_ERRORS)
  with_one = replicas.lost_host(error, 'T/model.ckpt-9')
  assert 'UnavailableError' in with_one and 'T/model.ckpt-9' in with_one
  assert 'no checkpoint had been saved yet' in replicas.lost_host(error, None)
  assert np.all([
    'same command on every host' in text
    for text in (with_one, replicas.lost_host(error, None))
  ])
