"""Tests of inception.hardware.cluster."""

import json

import pytest

from inception.hardware import cluster

CLUSTER = {'chief': ['a:1'], 'worker': ['b:1', 'c:1']}
SLURM = {
  'SLURM_STEP_NUM_TASKS': '2',
  'SLURM_STEP_NODELIST': 'n[07-08]',
  'SLURM_STEP_TASKS_PER_NODE': '1(x2)',
  'SLURM_JOB_ID': '3',
  'SLURM_STEP_ID': '0',
  'SLURM_PROCID': '1',
  'SLURM_NODEID': '1',
  'SLURM_LOCALID': '0',
}


def tf_config(addresses, role='worker', index=0):
  return {
    'TF_CONFIG': json.dumps({
      'cluster': addresses,
      'task': {'type': role, 'index': index},
    })
  }


def _position(environment):
  made = cluster.read(environment)
  return made.num_hosts, made.host


@pytest.mark.parametrize(
  ('environment', 'is_named'),
  [
    ({}, False),
    ({'TF_CONFIG': ''}, False),
    ({'TF_CONFIG': '{}'}, True),
    (tf_config({'worker': ['a:1']}), True),
    (SLURM | {'SLURM_STEP_NUM_TASKS': '1'}, False),
    (SLURM | {'TF_CONFIG': '{}'}, True),
  ],
)
def test_single_host_has_no_cluster(environment, is_named):
  assert cluster.read(environment) is None
  assert cluster.is_named(environment) is is_named


def test_tf_config_takes_precedence():
  made = cluster.read(SLURM | tf_config(CLUSTER, 'worker', 1))
  assert made.addresses == {'chief': ('a:1',), 'worker': ('b:1', 'c:1')}
  assert (made.role, made.index) == ('worker', 1)


def test_tasks_of_slurm_are_workers():
  assert cluster.is_named(SLURM)
  made = cluster.read(SLURM)
  assert made.addresses == {'worker': ('n07:10048', 'n08:10048')}
  assert (made.role, made.index) == ('worker', 1)
  assert _position(SLURM) == (2, 1)


def test_invalid_variables_of_slurm_are_reported():
  with pytest.raises(
    cluster.ClusterError,
    match='SLURM_STEP_NODELIST .*, or set TF_CONFIG .to {} if each task',
  ):
    cluster.read(SLURM | {'SLURM_STEP_NODELIST': 'n[7'})


@pytest.mark.parametrize(
  'role,index,host', [('chief', 0, 0), ('worker', 0, 1), ('worker', 1, 2)]
)
def test_host_indices_start_with_the_chief(role, index, host):
  environment = tf_config(CLUSTER, role, index)
  assert _position(environment) == (3, host)


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
    cluster.ClusterError,
    match='^the environment variable TF_CONFIG must be JSON',
  ):
    cluster.read({'TF_CONFIG': text})
