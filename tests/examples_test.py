"""Tests of the examples for Slurm and Kubernetes: every line means something.

Neither runs here. The files are parsed as they parse them, and their commands
are run on folders that do not exist, which shows that all flags do.
"""

import json
import re
import shlex

import pytest
import yaml

from inception.hardware import cluster
from inception.testing import command_batches
from tests import source_tree

_EXAMPLES = source_tree.ROOT / 'examples'
# sbatch's long options that the examples use, from its manual.
_SBATCH = {
  'array',
  'cpus-per-task',
  'job-name',
  'nodes',
  'ntasks',
  'ntasks-per-node',
  'open-mode',
  'output',
  'requeue',
  'time',
}
_SRUN = ['--kill-on-bad-exit=1', '--distribution=block', '--label']


def _text(path):
  return (_EXAMPLES / path).read_text(encoding='utf-8')


def _documents(name):
  """Returns {kind: document} of a file for Kubernetes."""
  documents = list(yaml.safe_load_all(_text(f'kubernetes/{name}')))
  return {document['kind']: document for document in documents}


def _sbatch(name):
  """Returns ({option: value}, command as a list) of a batch script."""
  first, *lines = _text(f'slurm/{name}').splitlines()
  assert first == '#!/bin/bash'
  options = [
    line.removeprefix('#SBATCH --').partition('=')
    for line in lines
    if line.startswith('#SBATCH')
  ]
  commands = '\n'.join(line for line in lines if not line.startswith('#'))
  return {name: value for name, _, value in options}, shlex.split(
    commands.replace('\\\n', '')
  )


def _pod(document):
  """Returns the only container of a pod template."""
  (container,) = document['spec']['containers']
  mounts = {mount['name'] for mount in container['volumeMounts']}
  assert mounts == {volume['name'] for volume in document['spec']['volumes']}
  return container


def _commands():
  """Returns {file: the command that it runs, with its arguments}."""
  _, train = _sbatch('train.sbatch')
  _, predict = _sbatch('predict.sbatch')
  assert train[: 1 + len(_SRUN)] == ['srun', *_SRUN]
  trainer = _documents('trainjob.yaml')['TrainJob']['spec']['trainer']
  workers = _documents('tfjob.yaml')['TFJob']['spec']['tfReplicaSpecs']
  containers = [
    trainer,
    _pod(workers['Worker']['template']),
    _pod(_documents('predict_job.yaml')['Job']['spec']['template']),
  ]
  return [train[1 + len(_SRUN) :], predict] + [
    [*container['command'], *container['args']] for container in containers
  ]


def test_every_flag_exists():
  by_name = {}
  for program, *arguments in _commands():
    name = program.rpartition('bazel-bin/inception/')[2]
    # The number of this part, as Slurm and Kubernetes fill it in.
    by_name.setdefault(name, []).append([
      re.sub(r'\$(SLURM_ARRAY_TASK_ID|\(JOB_COMPLETION_INDEX\))', '7', argument)
      for argument in arguments
    ])
  assert {name: len(cases) for name, cases in by_name.items()} == {
    'train': 3,
    'predict': 2,
  }
  for name, cases in by_name.items():
    for done in command_batches.run_all(name, cases):
      # A wrong flag would end with exit code 2.
      assert (done.returncode, done.stdout) == (1, ''), done.stderr
      assert "'/shared/r" in done.stderr
      assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize('name', ['train.sbatch', 'predict.sbatch'])
def test_options_of_sbatch_exist(name):
  options, _ = _sbatch(name)
  assert options.keys() <= _SBATCH
  assert re.fullmatch(r'\d\d:\d\d:\d\d', options['time'])


def test_parts_of_an_array_are_all_shards():
  options, command = _sbatch('predict.sbatch')
  assert options['array'] == '0-7'
  assert '--num_shards=8' in command
  assert '--shard_index=$SLURM_ARRAY_TASK_ID' in command


def test_pods_of_a_job_are_all_shards():
  spec = _documents('predict_job.yaml')['Job']['spec']
  assert spec['completionMode'] == 'Indexed'
  assert spec['completions'] == spec['parallelism'] == 8
  arguments = _pod(spec['template'])['args']
  assert '--num_shards=8' in arguments
  assert '--shard_index=$(JOB_COMPLETION_INDEX)' in arguments
  assert '--output=/shared/answers/answers-$(JOB_COMPLETION_INDEX).csv' in (
    arguments
  )
  # Limits per index require it.
  assert spec['template']['spec']['restartPolicy'] == 'Never'


def test_nodes_of_a_trainjob_are_a_cluster():
  documents = _documents('trainjob.yaml')
  runtime, job = documents['TrainingRuntime'], documents['TrainJob']
  assert job['spec']['runtimeRef'] == {
    'apiGroup': runtime['apiVersion'].partition('/')[0],
    'kind': runtime['kind'],
    'name': runtime['metadata']['name'],
  }
  (node,) = runtime['spec']['template']['spec']['replicatedJobs']
  assert node['name'] == 'node'
  trainer = job['spec']['trainer']
  count = trainer['numNodes']
  assert runtime['spec']['mlPolicy']['numNodes'] == count
  number, setting = trainer['env']
  assert (number['name'], setting['name']) == ('NODE', 'TF_CONFIG')
  for index in range(count):
    made = cluster.read({
      'TF_CONFIG': setting['value'].replace('$(NODE)', str(index))
    })
    assert (made.num_hosts, made.host) == (count, index)
    name = job['metadata']['name']
    # The names that JobSet gives to the pods of a replicated job.
    assert made.addresses == {
      'worker': tuple(f'{name}-node-0-{i}.{name}:2222' for i in range(count))
    }
  assert json.loads(setting['value'].replace('$(NODE)', '0'))


def test_workers_of_a_tfjob_are_what_its_operator_expects():
  document = _documents('tfjob.yaml')['TFJob']
  assert document['apiVersion'] == 'kubeflow.org/v1'
  worker = document['spec']['tfReplicaSpecs']['Worker']
  assert _pod(worker['template'])['name'] == 'tensorflow'
  assert worker['restartPolicy'] == 'OnFailure'
