"""Tests of inception.hardware.slurm."""

import pytest

from inception.hardware import slurm

# As srun --nodes=2 --ntasks=3 sets them for the task on the second node.
ENVIRONMENT = {
  'SLURM_STEP_NUM_TASKS': '3',
  'SLURM_STEP_NODELIST': 'node[1-2]',
  'SLURM_STEP_TASKS_PER_NODE': '2,1',
  'SLURM_JOB_ID': '1251',
  'SLURM_STEP_ID': '1',
  'SLURM_PROCID': '2',
  'SLURM_NODEID': '1',
  'SLURM_LOCALID': '0',
}


@pytest.mark.parametrize(
  ('environment', 'count'),
  [
    ({}, 1),
    ({'SLURM_NTASKS': '4'}, 1),
    ({'SLURM_STEP_NUM_TASKS': ''}, 1),
    ({'SLURM_STEP_NUM_TASKS': '4'}, 4),
  ],
)
def test_only_srun_starts_tasks(environment, count):
  assert slurm.num_tasks(environment) == count


@pytest.mark.parametrize(
  ('text', 'names'),
  [
    ('n1', ['n1']),
    ('n[1-3]', ['n1', 'n2', 'n3']),
    ('gpu-node[08-10,12]', [f'gpu-node{i}' for i in ('08', '09', '10', '12')]),
    ('a[1-2]b[1-2]', ['a1b1', 'a1b2', 'a2b1', 'a2b2']),
    ('n[1-2],login.site,m5', ['n1', 'n2', 'login.site', 'm5']),
    ('n[1-2]-ib', ['n1-ib', 'n2-ib']),
  ],
)
def test_lists_of_nodes_are_expanded(text, names):
  assert slurm.host_names(text) == names


@pytest.mark.parametrize(
  'text', ['', 'n[1-2', 'n1,,n2', 'n[]', 'n[a-b]', 'n[1-2-3]', 'n1 n2', '[']
)
def test_invalid_list_of_nodes_is_an_error(text):
  with pytest.raises(ValueError, match='^SLURM_STEP_NODELIST '):
    slurm.host_names(text)


def test_every_task_has_an_address():
  # 10000 + (1251 + 1) * 16 - 20000, and one more for a node's second task.
  assert slurm.tasks(ENVIRONMENT) == (
    ('node1:10032', 'node1:10033', 'node2:10032'),
    2,
  )


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'SLURM_STEP_TASKS_PER_NODE': '2'}, 'has 2 nodes, .* 1 with 2 tasks'),
    ({'SLURM_STEP_TASKS_PER_NODE': '2(x2)'}, 'with 4 tasks, .* is 3'),
    ({'SLURM_STEP_TASKS_PER_NODE': '2;1'}, 'TASKS_PER_NODE is invalid'),
    ({'SLURM_NODEID': '0'}, r'task 2 .* node 0, .*--distribution=block'),
    ({'SLURM_PROCID': '3'}, 'task 3 .*not numbered node by node'),
    ({'SLURM_PROCID': 'x'}, "^SLURM_PROCID is not a number: 'x'"),
    ({'SLURM_JOB_ID': None}, '^SLURM_JOB_ID is not set, although SLURM_STEP'),
    ({'SLURM_STEP_NODELIST': None}, '^SLURM_STEP_NODELIST is not set'),
  ],
)
def test_wrong_variables_are_errors(changes, message):
  environment = {
    name: value
    for name, value in (ENVIRONMENT | changes).items()
    if value is not None
  }
  with pytest.raises(ValueError, match=message):
    slurm.tasks(environment)
