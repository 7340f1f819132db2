"""Tests that several devices and hosts train as one device does.

The hosts are processes on this machine, which find each other by TF_CONFIG as
real hosts do. Where the machine permits it, each has a network of its own, so
that they see nothing of each other but what the wire carries. The devices are
two logical ones of the CPU. Only the last layer is trained, so that no batch
norm depends on how a batch is split: the results may differ from one device
only by the order of additions.
"""

import json
import os
import re
import socket
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from inception.testing import datasets
from inception.testing import host_networks
from inception.testing import metrics_files

STEPS = 6
# The last argument is the step after which the process exits abruptly.
TRAINING = """
import os, sys
from inception.cli import command
data_dir, train_dir, num_devices, batch_size, max_steps, last = sys.argv[1:]
if num_devices == '1':
  command.load_tensorflow(distributed=True)
import tensorflow as tf
from inception import dataset, inception_train
from inception.hardware import replicas
from inception.settings import config, training_config
from inception.training import train_events
if num_devices != '1':
  tf.config.set_logical_device_configuration(
      tf.config.list_physical_devices('CPU')[0],
      [tf.config.LogicalDeviceConfiguration()] * int(num_devices))
def show(event):
  print(event, flush=True)
  if isinstance(event, train_events.Stepped) and event.step == int(last):
    os._exit(9)
try:
  inception_train.train(
      dataset.read_info(data_dir),
      training_config.TrainConfig(
          train_dir=train_dir, initial_learning_rate=0.0001, optimizer='sgd',
          trainable_scopes='logits', dropout_keep_prob=1.0,
          max_steps=int(max_steps), log_interval_steps=1,
          save_interval_steps=2),
      config.InputConfig(
          data_dir=data_dir, batch_size=int(batch_size), image_size=75, seed=3,
          input_queue_memory_factor=1, augmentation='light'),
      on_event=show, replicas=replicas.make(
          devices=[f'/cpu:{i}' for i in range(int(num_devices))]))
except inception_train.TrainError as error:
  sys.exit(f'TrainError: {error}')
"""


def start(
  data_dir,
  train_dir,
  *,
  prefix=(),
  num_devices=1,
  batch_size=4,
  max_steps=STEPS,
  last=-1,
  tf_config='',
):
  environment = {
    **os.environ,
    'PYTHONPATH': os.pathsep.join(sys.path),
    'PYTHONUTF8': '1',
  }
  return subprocess.Popen(
    [
      *prefix,
      sys.executable,
      '-c',
      TRAINING,
      str(data_dir),
      str(train_dir),
      str(num_devices),
      str(batch_size),
      str(max_steps),
      str(last),
    ],
    env=environment | ({'TF_CONFIG': tf_config} if tf_config else {}),
    stdin=subprocess.DEVNULL,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    encoding='utf-8',
  )


@pytest.fixture(scope='module', name='networks')
def _networks():
  """Three networks of their own; None where the machine permits none."""
  if host_networks.why_not():
    yield None
    return
  with host_networks.make(3) as hosts:
    yield hosts


def start_hosts(data_dir, train_dirs, *, networks, changes=None, **kwargs):
  """Starts a host for each train_dir; the first is the chief.

  Args:
    data_dir: of all.
    train_dirs: a shared folder is there more than once.
    networks: of the hosts; None for processes of this machine's network.
    changes: other arguments of `start` for the last host.
    **kwargs: of `start`.
  """
  if networks:
    addresses = [f'{host.address}:2222' for host in networks]
    addresses = addresses[: len(train_dirs)]
  else:
    sockets = [socket.create_server(('127.0.0.1', 0)) for _ in train_dirs]
    addresses = [f'127.0.0.1:{each.getsockname()[1]}' for each in sockets]
    for each in sockets:
      each.close()
  last = len(train_dirs) - 1
  return [
    start(
      data_dir,
      train_dir,
      prefix=networks[index].prefix if networks else (),
      tf_config=json.dumps({
        'cluster': {'worker': addresses},
        'task': {'type': 'worker', 'index': index},
      }),
      **(kwargs | ((changes or {}) if index == last else {})),
    )
    for index, train_dir in enumerate(train_dirs)
  ]


def finish(*processes):
  """Returns [(exit code, stdout, stderr)]."""
  try:
    outputs = [process.communicate(timeout=240) for process in processes]
  finally:
    for process in processes:
      process.kill()
  return [
    (process.returncode, *output)
    for process, output in zip(processes, outputs, strict=True)
  ]


def weights(train_dir):
  """Returns {name: value} of the newest checkpoint, without its text."""
  reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(train_dir))
  return {
    name: reader.get_tensor(name)
    for name in reader.get_variable_to_shape_map()
    if name != 'run_info'
  }


def losses(train_dir):
  return [
    (line['step'], line['total_loss'])
    for line in metrics_files.read(train_dir, 'train')
  ]


@pytest.fixture(scope='module')
def data_dir(tmp_path_factory):
  folder = tmp_path_factory.mktemp('data')
  datasets.write(folder, {'train': 10}, class_names=('a', 'b', 'c'))
  return str(folder)


@pytest.fixture(scope='module')
def alone(data_dir, tmp_path_factory):
  """Returns the train_dir of a run on one device."""
  train_dir = str(tmp_path_factory.mktemp('alone') / 'run')
  ((code, _, error),) = finish(start(data_dir, train_dir))
  assert code == 0, error
  assert [step for step, _ in losses(train_dir)] == list(range(STEPS))
  return train_dir


def assert_equal_runs(ours, theirs):
  for (step, loss), (other_step, other) in zip(
    losses(ours), losses(theirs), strict=True
  ):
    assert step == other_step
    assert loss == pytest.approx(other, rel=1e-5)
  ours, theirs = weights(ours), weights(theirs)
  assert ours.keys() == theirs.keys()
  for name, value in ours.items():
    # Reordered additions differ in proportion to the summands.
    np.testing.assert_allclose(
      value,
      theirs[name],
      rtol=1e-5,
      err_msg=name,
      atol=1e-4 * np.max(np.abs(theirs[name])),
    )


def test_two_devices_train_as_one(data_dir, alone, tmp_path):
  train_dir = str(tmp_path / 'run')
  ((code, _, error),) = finish(start(data_dir, train_dir, num_devices=2))
  assert code == 0, error
  assert_equal_runs(train_dir, alone)


def test_two_hosts_train_as_one_device_though_one_dies_and_returns(
  data_dir, alone, networks, tmp_path
):
  train_dir = str(tmp_path / 'shared folder')
  folders = [train_dir, train_dir]
  (code, _, error), (killed, _, _) = finish(
    *start_hosts(data_dir, folders, networks=networks, changes={'last': 3})
  )
  assert killed == 9
  assert code == 1
  # One line: none of TensorFlow's own.
  assert error.startswith('TrainError: another host of the run was lost')
  # On a busy machine the other host may be gone before step 3 ends here.
  assert re.search(
    r'model\.ckpt-[13]: start the same command on every host again to resume '
    r'from there\n$',
    error,
  )

  results = finish(*start_hosts(data_dir, folders, networks=networks))
  assert [code for code, _, _ in results] == [0, 0], results
  assert [error for _, _, error in results] == ['', '']
  assert_equal_runs(train_dir, alone)

  # Only the chief writes: one event file for each of its two runs.
  assert sum(name.startswith('events') for name in os.listdir(train_dir)) == 2
  assert 'Saved(' in results[0][1]
  assert 'Saved(' not in results[1][1]


def test_cut_link_ends_both_hosts_which_resume_when_it_is_back(
  data_dir, networks, tmp_path
):
  if networks is None:
    pytest.skip(host_networks.why_not())
  folders = [tmp_path / 'run'] * 2
  hosts = start_hosts(data_dir, folders, networks=networks, max_steps=10**6)
  try:
    while not hosts[0].stdout.readline().startswith('Stepped(step=3,'):
      assert hosts[0].poll() is None, hosts[0].communicate()
    # The processes go on, and their sockets stay open.
    host_networks.set_link(networks[1], up=False)
    results = finish(*hosts)
  finally:
    host_networks.set_link(networks[1], up=True)
    for host in hosts:
      host.kill()
  for code, _, error in results:
    assert code == 1, error
    assert error.startswith('TrainError: another host of the run was lost')
    assert error.count('\n') == 1
    assert error.endswith(
      'start the same command on every host again to resume from there\n'
    )
  saved = int(tf.train.latest_checkpoint(folders[0]).rpartition('-')[2])
  assert saved

  results = finish(
    *start_hosts(data_dir, folders, networks=networks, max_steps=saved + 3)
  )
  assert [code for code, _, _ in results] == [0, 0], results
  for _, output, _ in results:
    assert f"model.ckpt-{saved}', step={saved + 1}," in output
  steps = [step for step, _ in losses(folders[0])]
  assert steps == list(range(saved + 3))


def test_hosts_with_different_initial_weights_are_rejected(
  data_dir, alone, networks, tmp_path
):
  results = finish(
    *start_hosts(
      data_dir,
      [alone, tmp_path / 'empty'],
      networks=networks,
      max_steps=STEPS + 1,
    )
  )
  for code, _, error in results:
    assert code == 1
    assert 'TrainError: the hosts do not start with the same weights' in error


def test_third_host_with_other_flags_is_refused(data_dir, networks, tmp_path):
  train_dir = tmp_path / 'run'
  for code, _, error in finish(
    *start_hosts(
      data_dir,
      [train_dir] * 3,
      networks=networks,
      batch_size=6,
      changes={'batch_size': 3, 'max_steps': STEPS + 1},
    )
  ):
    assert code == 1
    assert error == (
      'TrainError: the hosts do not train with the same settings: these '
      'differ: --batch_size, --max_steps; start the same command on every '
      'host, with the same records\n'
    )
  assert not list(train_dir.glob('model*'))


def test_hosts_reach_each_other_by_their_wire_alone(networks):
  if networks is None:
    pytest.skip(host_networks.why_not())
  server, client, _ = networks
  process = subprocess.Popen(
    [
      *(*server.prefix, sys.executable, '-c'),
      'import socket\n'
      'listener = socket.create_server(("", 0))\n'
      'print(listener.getsockname()[1], flush=True)\n'
      'print(listener.accept()[1][0])',
    ],
    stdout=subprocess.PIPE,
    encoding='utf-8',
  )
  try:
    port = int(process.stdout.readline())
    with pytest.raises(ConnectionRefusedError):
      socket.create_connection(('127.0.0.1', port), timeout=30)
    address = server.address, port
    subprocess.run(
      [
        *(*client.prefix, sys.executable, '-c'),
        f'import socket; socket.create_connection({address}, 30)',
      ],
      check=True,
      timeout=60,
    )
    assert process.communicate(timeout=60)[0] == f'{client.address}\n'
  finally:
    process.kill()
    process.communicate()
