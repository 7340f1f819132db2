"""Trains from records to checkpoints, until the last step or a stop request.

train        runs a training, and reports its progress as train_events
TrainResult  outcome of a run
"""

import contextlib
import pathlib
from collections.abc import Callable, Iterator

import tensorflow as tf

from inception import dataset as dataset_lib
from inception.checkpoints import checkpoint
from inception.hardware import replicas as replicas_lib
from inception.input import pipeline_steps
from inception.jobs import locks
from inception.settings import config
from inception.settings import training_config
from inception.training import run_spec
from inception.training import train_events
from inception.training import train_loop
from inception.training import train_setup

TrainError = train_setup.TrainError
TrainResult = train_loop.TrainResult

_LOCK_FILE = '.flowers_train.lock'


def train(
  data: dataset_lib.Dataset,
  train_config: training_config.TrainConfig,
  input_config: config.InputConfig,
  *,
  on_event: Callable[[train_events.Event], None] = lambda event: None,
  stop_requested: Callable[[], bool] = lambda: False,
  replicas: replicas_lib.Replicas | None = None,
  started_at: float | None = None,
) -> TrainResult:
  """Trains until the last step or a stop request, and saves checkpoints.

  Training resumes from the newest checkpoint in train_dir, if there is one.
  Checkpoint model.ckpt-N is the state after step N, that is after N + 1
  updates.

  Args:
    data: Records to train on.
    train_config: Settings of the run.
    input_config: Settings of the batches.
    on_event: Function called with each event, in order.
    stop_requested: Function called after each step; True ends the run.
    replicas: Devices and hosts; None takes them from train_config and the
      environment.
    started_at: Time of time.monotonic() from which train_config.minutes count;
      None is now.

  Returns:
    The outcome of the run.

  Raises:
    TrainError: the run cannot start or continue, or the loss is not finite.
    checkpoint.CheckpointError: a checkpoint cannot be read or written.
    dataset.DatasetError: the records cannot be used.
    feature_cache.FeatureError: the features of the images cannot be stored.
    replicas.ReplicaError: the devices cannot be used.
    cluster.ClusterError: the environment does not describe the hosts.
  """
  if train_config.log_device_placement:
    tf.debugging.set_log_device_placement(True)
  replicas = replicas or replicas_lib.make(train_config.num_gpus)
  replicas.check_batch_size(input_config.batch_size)
  subsets = [input_config.subset]
  if train_config.eval_interval_steps:
    subsets.append(train_config.eval_subset)
  for subset in subsets:
    data.num_examples(subset)
    pipeline_steps.shard_files(data, subset)  # Fails early if they are empty.
  if train_config.minutes and replicas.hosts > 1:
    raise TrainError('--minutes needs a single host: hosts differ in speed')
  spec = run_spec.RunSpec(
    dataset=data,
    train_config=train_config,
    input_config=input_config,
    replicas=replicas,
    on_event=on_event,
  )
  with _only_writer(train_config.train_dir, replicas):
    try:
      return train_loop.TrainLoop(spec, stop_requested, started_at).run()
    except replicas_lib.LOST_HOST_ERRORS as error:
      if replicas.hosts == 1:
        raise
      raise TrainError(
        replicas_lib.lost_host(error, checkpoint.latest(train_config.train_dir))
      ) from error


@contextlib.contextmanager
def _only_writer(
  train_dir: str, replicas: replicas_lib.Replicas
) -> Iterator[None]:
  """Makes the folder, and locks it against other trainings on the chief."""
  folder = pathlib.Path(train_dir)
  folder.mkdir(parents=True, exist_ok=True)
  if not replicas.is_chief:
    yield
    return
  busy = TrainError(
    f'another training writes into {str(folder)!r}: wait for it, stop it, or '
    'give another --train_dir'
  )
  with locks.hold(folder / _LOCK_FILE, busy=busy):
    yield
