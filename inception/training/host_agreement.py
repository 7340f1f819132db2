"""Verifies that the hosts of a run do the same work.

  check_settings   fails if hosts were started with different flags or data
  check_weights    fails if hosts start with different weights

Hosts that differ would wait for each other for ever, or train the mean of two
different things. On a single host both functions return at once.
"""

import json
import zlib
from typing import Any

import tensorflow as tf

from inception.training import run_spec
from inception.training import train_setup
from inception.training import train_state

# Settings that may differ between hosts: where the files are, what a host
# reports, and how fast it prepares images.
_OWN_SETTINGS = frozenset((
  'train_dir',
  'data_dir',
  'pretrained_model_checkpoint_path',
  'log_device_placement',
  'num_preprocess_threads',
  'save_interval_secs',
  'save_interval_steps',
  'max_to_keep',
  'log_interval_steps',
  'summary_interval_steps',
  'histogram_interval_steps',
  'profile_steps',
))


def check_settings(spec: run_spec.RunSpec) -> None:
  """Requires that every host has the same settings and the same data.

  Every host must call this together, before it makes any variable.

  Args:
    spec: description of the run.

  Raises:
    train_setup.TrainError: a setting, the classes or the number of examples
      differs.
  """
  if spec.replicas.hosts == 1:
    return
  facts = _facts(spec)
  differing = spec.replicas.differing([_number(v) for v in facts.values()])
  if differing:
    names = list(facts)
    raise train_setup.TrainError(
      'the hosts do not train with the same settings: these differ: '
      f'{", ".join(names[index] for index in differing)}; start the same '
      'command on every host, with the same records'
    )


def check_weights(
  spec: run_spec.RunSpec, state: train_state.TrainState
) -> None:
  """Requires that every host starts with the same weights.

  Args:
    spec: description of the run.
    state: state of this host.

  Raises:
    train_setup.TrainError: the hosts have different weights, steps or seeds.
  """
  weights = state.model.variables['conv0/weights']
  if spec.replicas.differing([
    float(state.global_step.numpy()),
    float(state.seed.numpy() % 2**20),
    float(tf.reduce_sum(weights)),
  ]):
    raise train_setup.TrainError(
      'the hosts do not start with the same weights: --train_dir='
      f'{spec.train_config.train_dir} and the pretrained checkpoint must be '
      'the same on all of them, for example in a shared folder'
    )


def _facts(spec: run_spec.RunSpec) -> dict[str, Any]:
  """Returns {name: JSON value} of what must be equal on every host."""
  info = spec.run_info()
  facts = {
    f'--{name}': value
    for name, value in sorted(info.settings.items())
    if name not in _OWN_SETTINGS
  }
  return facts | {
    'classes of the data': info.class_names,
    'number of examples': spec.num_examples,
    'devices per host': spec.replicas.count // spec.replicas.hosts,
  }


def _number(value: Any) -> float:
  """Returns a checksum of 20 bits, which sums and squares leave exact."""
  return float(zlib.crc32(json.dumps(value).encode()) % 2**20)
