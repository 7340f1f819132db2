"""Tests that every event is one of the declared kinds."""

import dataclasses
import typing

from inception.evaluation import eval_events
from inception.evaluation import evaluator


def test_event_is_the_union_of_all_events():
  declared = {
    kind
    for kind in vars(eval_events).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
  }
  assert set(typing.get_args(eval_events.Event)) == declared | {
    evaluator.Progress
  }
