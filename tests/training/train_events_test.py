"""Events are values that nobody changes, and Event is all of them."""

import dataclasses
import inspect
import typing

import pytest

from inception.training import train_events


def test_union_contains_every_event():
  defined = {
    made
    for _, made in inspect.getmembers(train_events, inspect.isclass)
    if made.__module__ == train_events.__name__
  }
  assert set(typing.get_args(train_events.Event)) == defined
  assert defined


@pytest.mark.parametrize('event', typing.get_args(train_events.Event))
def test_events_are_immutable(event):
  values = dict.fromkeys(field.name for field in dataclasses.fields(event))
  made = event(**values)
  for name in values:
    with pytest.raises(dataclasses.FrozenInstanceError):
      setattr(made, name, 1)


def test_steps_do_not_share_their_losses():
  first, second = (
    train_events.StepDone(step, 1.0, 2.0, 3.0) for step in (0, 10)
  )
  assert first.losses == {}
  assert first.losses is not second.losses


def test_optional_attributes_have_defaults():
  assert train_events.Resumed('model.ckpt-1', 2).changed == ()
  assert train_events.Saved('model.ckpt-1').is_best is False
