"""Distributes training over devices and hosts with tf.distribute.

  make        makes the replicas for --num_gpus and the cluster
  Replicas    the devices and hosts that share a training run
  lost_host   describes the loss of another host

One host with several GPUs uses TensorFlow's MirroredStrategy, several hosts use
its MultiWorkerMirroredStrategy: each host runs the same command, in an
environment that names the others (see cluster). The replicas must be made
before TensorFlow runs its first operation.
"""

import os
from collections.abc import Mapping, Sequence

import tensorflow as tf

from inception.hardware import cluster as cluster_lib
from inception.hardware import tensorflow_log
from inception.jobs import errors

# Errors that collective operations raise after another host was lost.
LOST_HOST_ERRORS = (
  tf.errors.UnavailableError,
  tf.errors.AbortedError,
  tf.errors.CancelledError,
  tf.errors.DeadlineExceededError,
  tf.errors.InternalError,
)


class ReplicaError(errors.UserError):
  """The devices or hosts cannot be used; the text says why."""


class Replicas:
  """The copies of the variables: one per device, over all hosts.

  Attributes:
    strategy: TensorFlow's distribution strategy.
    count: Number of replicas, over all hosts.
    host: Index of this host, from 0.
    hosts: Number of hosts.
    is_chief: Whether this host writes the checkpoints and summaries.
  """

  def __init__(
    self,
    strategy: tf.distribute.Strategy,
    *,
    host: int = 0,
    hosts: int = 1,
    is_chief: bool = True,
  ):
    """Stores the attributes; the count is the strategy's.

    Args:
      strategy: TensorFlow's distribution strategy.
      host: Index of this host, from 0.
      hosts: Number of hosts.
      is_chief: Whether this host writes the checkpoints and summaries.
    """
    self.strategy = strategy
    self.host = host
    self.hosts = hosts
    self.is_chief = is_chief
    self.count = strategy.num_replicas_in_sync
    self._local = self.count // hosts

  @property
  def devices(self) -> tuple[str, ...]:
    """Names of the devices that compute, such as ('GPU:0', 'GPU:1')."""
    if self.count > 1:
      return tuple(
        name.partition('device:')[2] or name
        for name in self.strategy.extended.worker_devices
      )
    gpus = tf.config.list_logical_devices('GPU')
    return ('GPU:0',) if gpus else ('CPU',)

  def check_batch_size(self, batch_size: int) -> None:
    """Verifies that the replicas can share a batch evenly.

    Args:
      batch_size: Number of examples per batch, over all replicas.

    Raises:
      ReplicaError: the batch size is not a multiple of the replicas' number.
    """
    if batch_size % self.count:
      raise ReplicaError(
        f'--batch_size={batch_size} cannot be split evenly over {self.count} '
        f'devices: give a multiple of {self.count}'
      )

  def share(self, *tensors: tf.Tensor) -> tuple:
    """Returns this host's part of a batch, split over its devices.

    Args:
      *tensors: Parts of the batch, such as inputs and labels; the first
        dimension is split.

    Returns:
      The tensors as distributed values; unchanged if the host has one device.
    """
    if self._local == 1:
      return tensors

    def split(tensor: tf.Tensor) -> tf.distribute.DistributedValues:
      parts = tf.split(tensor, self._local)
      return self.strategy.experimental_distribute_values_from_function(
        lambda context: parts[
          context.replica_id_in_sync_group - self.host * self._local
        ]
      )

    return tuple(split(tensor) for tensor in tensors)

  def differing(self, values: Sequence[float]) -> list[int]:
    """Returns the positions of the values that differ between hosts.

    Every host must call this together.

    Args:
      values: Numbers of this host, of at most 24 bits; each host gives equally
        many.
    """
    if self.hosts == 1:
      return []

    @tf.function(autograph=False)
    def sums(own: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
      def replica_sums(numbers: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        context = tf.distribute.get_replica_context()
        # all_reduce accepts only tensors computed on the device.
        numbers = tf.identity(numbers)
        total = context.all_reduce(tf.distribute.ReduceOp.SUM, numbers)
        squares = context.all_reduce(tf.distribute.ReduceOp.SUM, numbers**2)
        return total, squares

      return self.strategy.run(replica_sums, (own,))

    own = tf.constant(values, tf.float64)
    total, squares = (
      self.strategy.experimental_local_results(value)[0] for value in sums(own)
    )
    # Numbers are equal if their mean square is the square of their mean.
    differs = squares * self.count != total**2
    return tf.where(differs)[:, 0].numpy().tolist()


def make(
  num_gpus: int = 1,
  *,
  devices: Sequence[str] = (),
  environment: Mapping[str, str] = os.environ,
) -> Replicas:
  """Returns the replicas of a run.

  Args:
    num_gpus: Number of GPUs of this host; 1 also means the CPU if there is no
      GPU.
    devices: Devices to use instead of GPUs, such as ('/cpu:0', '/cpu:1').
    environment: Environment variables, which name the cluster.

  Raises:
    ReplicaError: there are fewer GPUs.
    cluster.ClusterError: the environment is invalid.
  """
  cluster = cluster_lib.read(environment)
  if not devices:
    devices = _gpus(num_gpus)
  if cluster:
    if devices:
      tf.config.set_visible_devices(
        tf.config.list_physical_devices('GPU')[:num_gpus], 'GPU'
      )
    return Replicas(
      _strategy_of(cluster),
      host=cluster.host,
      hosts=cluster.num_hosts,
      is_chief=cluster.host == 0,
    )
  if len(devices) > 1:
    return Replicas(tf.distribute.MirroredStrategy(list(devices)))
  return Replicas(tf.distribute.get_strategy())


def _strategy_of(
  cluster: cluster_lib.Cluster,
) -> tf.distribute.MultiWorkerMirroredStrategy:
  """Returns the strategy of several hosts; waits until all have started."""
  with tensorflow_log.without_greetings():
    return tf.distribute.MultiWorkerMirroredStrategy(
      tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec(cluster.addresses),
        task_type=cluster.role,
        task_id=cluster.index,
        rpc_layer='grpc',
      )
    )


def _gpus(count: int) -> list[str]:
  available = len(tf.config.list_physical_devices('GPU'))
  if count > max(1, available):
    raise ReplicaError(
      f'--num_gpus={count}, but TensorFlow sees {available} GPUs here: give at '
      'most that many (1 also means the processor where there is no GPU)'
    )
  return [f'/gpu:{i}' for i in range(min(count, available))]


def lost_host(error: tf.errors.OpError, newest: str | None) -> str:
  """Returns a sentence on the loss of another host, with the remedy.

  Args:
    error: One of LOST_HOST_ERRORS.
    newest: Prefix of the newest checkpoint; None if there is none.
  """
  kept = (
    f'the newest checkpoint is {newest}'
    if newest
    else 'no checkpoint had been saved yet'
  )
  return (
    f'another host of the run was lost ({type(error).__name__}); {kept}: '
    'start the same command on every host again to resume from there'
  )
