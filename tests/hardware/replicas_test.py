"""Tests of replicas on one device; distributed_test covers several."""

import json

import numpy as np
import pytest
import tensorflow as tf

from inception.hardware import replicas

CLUSTER = {'chief': ['a:1'], 'worker': ['b:1', 'c:1']}


def tf_config(cluster, role='worker', index=0):
  return {
    'TF_CONFIG': json.dumps({
      'cluster': cluster,
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
    assert replicas._cluster(environment.get('TF_CONFIG', '')) == (1, 0)
  one.check_batch_size(3)
  assert one.agree([1.0, 2.0])
  images, labels = tf.zeros([3, 2]), tf.constant([1, 2, 3])
  shared = one.share(images, labels)
  assert shared[0] is images and shared[1] is labels


@pytest.mark.parametrize(
  'role,index,host', [('chief', 0, 0), ('worker', 0, 1), ('worker', 1, 2)]
)
def test_host_indices_start_with_the_chief(role, index, host):
  environment = tf_config(CLUSTER, role, index)
  assert replicas._cluster(environment['TF_CONFIG']) == (3, host)


@pytest.mark.parametrize(
  'text',
  [
    '{',
    '[]',
    '3',
    '"text"',
    json.dumps({'cluster': CLUSTER}),
    json.dumps({'cluster': CLUSTER, 'task': {'type': 'worker', 'index': 2}}),
    json.dumps({'cluster': CLUSTER, 'task': {'type': 'ps', 'index': 0}}),
    json.dumps({'cluster': CLUSTER, 'task': {'type': 'worker'}}),
    json.dumps({'cluster': ['a:1'], 'task': {'type': 'worker', 'index': 0}}),
    json.dumps({
      'cluster': {'worker': 3},
      'task': {'type': 'worker', 'index': 0},
    }),
  ],
)
def test_invalid_tf_config_is_reported(text):
  with pytest.raises(
    replicas.ReplicaError,
    match='^the environment variable TF_CONFIG must be JSON',
  ):
    replicas.make(environment={'TF_CONFIG': text})


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
