"""The devices and hosts that share a training, by tf.distribute.

  make        the strategy of --num_gpus and of the variable TF_CONFIG
  Replicas    what the training asks of it
  lost_host

One host with several GPUs is a MirroredStrategy, several hosts a
MultiWorkerMirroredStrategy, TensorFlow's own: each host runs the same command,
with the environment variable TF_CONFIG that TensorFlow documents. It must be
made before TensorFlow has run its first operation.
"""

import json
import os
from collections.abc import Mapping, Sequence

import tensorflow as tf

from inception.jobs import errors

# What collective operations end with where another host has gone.
LOST_HOST_ERRORS = (
  tf.errors.UnavailableError,
  tf.errors.AbortedError,
  tf.errors.CancelledError,
  tf.errors.DeadlineExceededError,
  tf.errors.InternalError,
)

_HOST_ROLES = ('chief', 'worker')


class ReplicaError(errors.UserError):
  """The devices or hosts cannot be used; the text says why."""


class Replicas:
  """The copies of the variables, one a device, over all hosts.

  Attributes:
    strategy: TensorFlow's.
    count: of replicas, over all hosts.
    host: this one's number, from 0.
    hosts: how many there are.
    is_chief: whether this host writes the checkpoints and summaries.
  """

  def __init__(
    self,
    strategy: tf.distribute.Strategy,
    *,
    host: int = 0,
    hosts: int = 1,
    is_chief: bool = True,
  ):
    self.strategy = strategy
    self.host = host
    self.hosts = hosts
    self.is_chief = is_chief
    self.count = strategy.num_replicas_in_sync
    self._local = self.count // hosts

  @property
  def devices(self) -> tuple[str, ...]:
    """What computes here, such as ('GPU:0', 'GPU:1')."""
    if self.count > 1:
      return tuple(
        name.partition('device:')[2] or name
        for name in self.strategy.extended.worker_devices
      )
    gpus = tf.config.list_logical_devices('GPU')
    return ('GPU:0',) if gpus else ('CPU',)

  def check_batch_size(self, batch_size: int) -> None:
    """Refuses a batch that the replicas cannot share evenly.

    Raises:
      ReplicaError: they cannot.
    """
    if batch_size % self.count:
      raise ReplicaError(
        f'--batch_size={batch_size} cannot be split evenly over {self.count} '
        f'devices: give a multiple of {self.count}'
      )

  def share(self, *tensors: tf.Tensor) -> tuple:
    """Returns this host's part of a batch, cut up for its devices."""
    if self._local == 1:
      return tensors

    def cut(tensor):
      parts = tf.split(tensor, self._local)
      return self.strategy.experimental_distribute_values_from_function(
        lambda context: parts[
          context.replica_id_in_sync_group - self.host * self._local
        ]
      )

    return tuple(cut(tensor) for tensor in tensors)

  def agree(self, values: Sequence[float]) -> bool:
    """Whether every host gives the same numbers, which all must ask at once."""
    if self.hosts == 1:
      return True

    @tf.function
    def extremes(own):
      def both(numbers):
        context = tf.distribute.get_replica_context()
        # Reduced is only what a device has computed.
        numbers = tf.identity(numbers)
        total = context.all_reduce(tf.distribute.ReduceOp.SUM, numbers)
        squares = context.all_reduce(tf.distribute.ReduceOp.SUM, numbers**2)
        return total, squares

      return self.strategy.run(both, (own,))

    own = tf.constant(values, tf.float64)
    total, squares = (
      self.strategy.experimental_local_results(value)[0]
      for value in extremes(own)
    )
    # Numbers are equal where their mean square is the square of their mean.
    return bool(tf.reduce_all(squares * self.count == total**2))


def make(
  num_gpus: int = 1,
  *,
  devices: Sequence[str] = (),
  environment: Mapping[str, str] = os.environ,
) -> Replicas:
  """Returns the replicas of a run.

  Args:
    num_gpus: of this host; 1 also means the processor where there is no GPU.
    devices: in place of GPUs, such as ('/cpu:0', '/cpu:1').
    environment: where TF_CONFIG is looked for.

  Raises:
    ReplicaError: there are not so many GPUs, or TF_CONFIG is wrong.
  """
  hosts, host = _cluster(environment.get('TF_CONFIG', ''))
  if not devices:
    devices = _gpus(num_gpus)
  if hosts > 1:
    if devices:
      tf.config.set_visible_devices(
        tf.config.list_physical_devices('GPU')[:num_gpus], 'GPU'
      )
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    return Replicas(strategy, host=host, hosts=hosts, is_chief=host == 0)
  if len(devices) > 1:
    return Replicas(tf.distribute.MirroredStrategy(list(devices)))
  return Replicas(tf.distribute.get_strategy())


def _gpus(count: int) -> list[str]:
  found = len(tf.config.list_physical_devices('GPU'))
  if count > max(1, found):
    raise ReplicaError(
      f'--num_gpus={count}, but TensorFlow sees {found} GPUs here: give at '
      'most that many (1 also means the processor where there is no GPU)'
    )
  return [f'/gpu:{i}' for i in range(min(count, found))]


def _cluster(text: str) -> tuple[int, int]:
  """Returns (hosts, number of this one) of a TF_CONFIG."""
  if not text:
    return 1, 0
  try:
    settings = json.loads(text)
    cluster = settings.get('cluster', {})
    if not cluster:
      return 1, 0
    addresses = [
      f'{role}:{i}'
      for role in _HOST_ROLES
      for i in range(len(cluster.get(role, ())))
    ]
    task = settings['task']
    return len(addresses), addresses.index(f'{task["type"]}:{task["index"]}')
  except (ValueError, KeyError, TypeError, AttributeError) as error:
    raise ReplicaError(
      'the environment variable TF_CONFIG must be JSON like '
      '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": '
      '{"type": "worker", "index": 0}}, with a task of type chief or worker '
      f'that is in the cluster; it is {text!r}'
    ) from error


def lost_host(error: tf.errors.OpError, newest: str | None) -> str:
  """Returns a sentence about a host that has gone, and the remedy.

  Args:
    error: one of LOST_HOST_ERRORS.
    newest: prefix of the newest checkpoint.
  """
  kept = (
    f'the newest checkpoint is {newest}'
    if newest
    else ('no checkpoint had been saved yet')
  )
  return (
    f'another host of the run was lost ({type(error).__name__}); {kept}: '
    'start the same command on every host again, and it goes on from '
    'there'
  )
