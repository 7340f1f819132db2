"""The hosts of a run, as the environment describes them; without TensorFlow.

  read       returns the cluster, or None on a single host
  is_named   returns whether the environment may name several hosts
  Cluster    the hosts' addresses, and the position of this one

TensorFlow's own variable TF_CONFIG takes precedence. Without it, the tasks that
one `srun` of Slurm starts are the hosts: their addresses follow from Slurm's
variables, and each task gets a port of its own. TensorFlow's
SlurmClusterResolver does the same, but it starts nvidia-smi, and does not
understand lists of nodes with two ranges.
"""

import dataclasses
import json
from collections.abc import Mapping

from inception.hardware import slurm
from inception.jobs import errors

_HOST_ROLES = ('chief', 'worker')


class ClusterError(errors.UserError):
  """The environment does not describe a cluster; the text says why."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cluster:
  """Several hosts that train together.

  Attributes:
    addresses: {'chief' or 'worker': ('HOST:PORT', ...)}.
    role: role of this host.
    index: index of this host among those of its role.
  """

  addresses: Mapping[str, tuple[str, ...]]
  role: str
  index: int

  @property
  def num_hosts(self) -> int:
    """Number of hosts."""
    return len(self._tasks)

  @property
  def host(self) -> int:
    """Index of this host among all; the chief is the first."""
    return self._tasks.index((self.role, self.index))

  @property
  def _tasks(self) -> list[tuple[str, int]]:
    return [
      (role, index)
      for role in _HOST_ROLES
      for index in range(len(self.addresses.get(role, ())))
    ]


def is_named(environment: Mapping[str, str]) -> bool:
  """Returns whether the environment may name several hosts, valid or not."""
  return bool(environment.get('TF_CONFIG')) or slurm.num_tasks(environment) > 1


def read(environment: Mapping[str, str]) -> Cluster | None:
  """Returns the cluster that environment variables describe.

  Returns:
    The cluster; None for a single host.

  Raises:
    ClusterError: TF_CONFIG or Slurm's variables are invalid.
  """
  text = environment.get('TF_CONFIG')
  if text:
    return _from_tf_config(text)
  if text is None and slurm.num_tasks(environment) > 1:
    try:
      addresses, index = slurm.tasks(environment)
    except ValueError as error:
      raise ClusterError(
        f"{error}: correct Slurm's variables, or set TF_CONFIG (to {{}} if "
        'each task is to train by itself)'
      ) from error
    return Cluster(addresses={'worker': addresses}, role='worker', index=index)
  return None


def _from_tf_config(text: str) -> Cluster | None:
  try:
    settings = json.loads(text)
    addresses = {
      role: tuple(settings.get('cluster', {}).get(role, ()))
      for role in _HOST_ROLES
    }
    if not any(addresses.values()):
      return None
    task = settings['task']
    cluster = Cluster(
      addresses={role: some for role, some in addresses.items() if some},
      role=task['type'],
      index=int(task['index']),
    )
    cluster.host  # noqa: B018 (raises ValueError if it is not in the cluster)
  except (ValueError, KeyError, TypeError, AttributeError) as error:
    raise ClusterError(
      'the environment variable TF_CONFIG must be JSON like '
      '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": '
      '{"type": "worker", "index": 0}}, with a task of type chief or worker '
      f'that is in the cluster; it is {text!r}'
    ) from error
  return cluster if cluster.num_hosts > 1 else None
