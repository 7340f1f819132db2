"""Events of the start of a training run, without a run.

STARTED    a run of all layers on a CPU
replaced   returns the same event with other values
"""

from typing import Any

from inception.training import train_events

STARTED = train_events.Started(
  devices=('CPU',),
  hosts=1,
  compute_dtype='bfloat16',
  instructions='AMX',
  num_examples=850,
  class_names=('daisy', 'roses', 'tulips'),
  batch_size=32,
  num_steps=425,
  num_trained=197,
  num_weights=23_851_784,
  schedule='0.02, then cosine',
  from_scratch=False,
)


def replaced(**values: Any) -> train_events.Started:
  """Returns STARTED with other values of some fields."""
  return train_events.Started(**(vars(STARTED) | values))
