"""Checks shared by the config dataclasses.

Each raises ValueError with a message that begins with the field's name, which
is also the flag's name.

  require       checks any condition; the caller supplies the message
  at_least, positive, in_unit_interval, one_of
                check the values of fields
"""

import math
from collections.abc import Sequence


def require(condition: bool, message: str) -> None:
  """Raises ValueError(message) unless the condition holds."""
  if not condition:
    raise ValueError(message)


def at_least(config: object, minimum: float, *names: str) -> None:
  """Requires that the fields are >= minimum."""
  for name in names:
    value = getattr(config, name)
    require(
      math.isfinite(value) and value >= minimum,
      f'{name} must be >= {minimum}, got {value}',
    )


def positive(config: object, *names: str) -> None:
  """Requires that the fields are finite and above 0."""
  for name in names:
    value = getattr(config, name)
    require(
      math.isfinite(value) and value > 0,
      f'{name} must be a positive number, got {value}',
    )


def in_unit_interval(config: object, *names: str) -> None:
  """Requires that the fields are in [0, 1)."""
  for name in names:
    value = getattr(config, name)
    require(0 <= value < 1, f'{name} must be in [0, 1), got {value}')


def one_of(config: object, name: str, choices: Sequence[str]) -> None:
  """Requires that the field is one of the choices."""
  value = getattr(config, name)
  require(
    value in choices,
    f'{name} must be one of {", ".join(choices)}, got {value!r}',
  )
