"""Parses settings that are given as text.

scopes            parses trainable_scopes
rate_multipliers  parses learning_rate_multipliers
profile_range     parses profile_steps
"""

import math

from inception.settings import config_checks

# In smaller images the last stage of Inception v3 has no pixel left.
MIN_IMAGE_SIZE = 75

# Possible numbers of views of each image in evaluation and prediction: the
# central crop; with its mirror image; with four more crops and theirs. See
# image_processing.eval_views.
VIEWS = (1, 2, 10)

ALL_LAYERS = 'all'
HEAD = 'head'

# HEAD stands for this scope, trained on cached features.
_HEAD_SCOPE = 'logits/'


def scopes(text: str) -> tuple[str, ...]:
  """Parses trainable_scopes.

  Args:
    text: 'all', 'head', or prefixes separated by commas.

  Returns:
    Prefixes of variable names; ('',) matches all of them.

  Raises:
    ValueError: the text is invalid.
  """
  if text == ALL_LAYERS:
    return ('',)
  if text == HEAD:
    return (_HEAD_SCOPE,)
  parts = tuple(scope.strip() for scope in text.split(','))
  config_checks.require(
    all(parts),
    'trainable_scopes must be all, head, or prefixes of variable names '
    f'separated by commas, got {text!r}',
  )
  return parts


def rate_multipliers(text: str) -> tuple[tuple[str, float], ...]:
  """Parses learning_rate_multipliers.

  Args:
    text: 'SCOPE:FACTOR,...'; may be empty.

  Returns:
    ((prefix of variable names, factor of the learning rate), ...).

  Raises:
    ValueError: the text is invalid.
  """
  pairs = []
  for item in filter(None, text.split(',')):
    scope, separator, number = item.rpartition(':')
    try:
      factor = float(number)
    except ValueError:
      factor = -1.0
    config_checks.require(
      bool(separator and scope.strip())
      and math.isfinite(factor)
      and factor >= 0,
      'learning_rate_multipliers must have the form logits:10,conv0:0.1, got '
      f'{text!r}',
    )
    pairs.append((scope.strip(), factor))
  return tuple(pairs)


def profile_range(text: str) -> tuple[int, int] | None:
  """Parses profile_steps.

  Args:
    text: 'FIRST,LAST', or empty.

  Returns:
    (first, last) step, or None for an empty text.

  Raises:
    ValueError: the text is invalid.
  """
  if not text:
    return None
  first, _, last = text.partition(',')
  config_checks.require(
    first.strip().isdecimal()
    and last.strip().isdecimal()
    and int(first) <= int(last),
    f'profile_steps must be FIRST,LAST with 0 <= FIRST <= LAST, got {text!r}',
  )
  return int(first), int(last)
