"""Flags of a command in a FlagValues of its own, for tests.

define  defines a command's flags without touching those of the process
"""

import functools
import types
from collections.abc import Callable, Sequence

import pytest
from absl import flags

_DEFINERS = (
  'DEFINE_string',
  'DEFINE_integer',
  'DEFINE_float',
  'DEFINE_boolean',
  'DEFINE_enum',
  'DEFINE',
)


def define(
  monkeypatch: pytest.MonkeyPatch,
  definition: Callable[[], None],
  modules: Sequence[types.ModuleType],
) -> flags.FlagValues:
  """Returns the flags that a function defines, not yet parsed.

  Args:
    monkeypatch: pytest's, which undoes the changes after the test.
    definition: function that defines them.
    modules: modules whose FLAGS they become.
  """
  holder = flags.FlagValues()
  for module in modules:
    monkeypatch.setattr(module, 'FLAGS', holder)
  with monkeypatch.context() as patch:
    for name in _DEFINERS:
      patch.setattr(
        flags, name, functools.partial(getattr(flags, name), flag_values=holder)
      )
    definition()
  return holder
