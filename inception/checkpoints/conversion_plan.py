"""Decides what a conversion takes from a checkpoint, and what it leaves out.

  make       makes the plan
  Plan       the result
  family     returns the format of a reader's names

Everything goes by names and shapes; no value is read.
"""

import dataclasses
from collections.abc import Mapping

from inception.checkpoints import checkpoint_names
from inception.checkpoints import conversion_target
from inception.checkpoints import variable_values

AUX_HEAD = 'aux_logits/'
CLASSIFIER = 'logits/logits/'
# Kinds of variables that are left out: those whose moving averages are taken
# in their place, and those of the classifier if it is not wanted.
LAST_WEIGHTS = 'weights of the last step'
TOP = 'classifier'
_GAMMA = '/BatchNorm/gamma'

_FAMILIES = {
  'research/inception': conversion_target.RESEARCH,
  'TF-Slim': conversion_target.SLIM,
  'Keras': conversion_target.KERAS,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
  """Variables of a conversion.

  Attributes:
    sources: {our name in the output: our name in the input} of the variables.
    num_averages: number of weights and statistics that are moving averages in
      the input and plain variables in the output.
    left_out: {reason: our names in the input} of the variables not converted.
    missing: parts of the network that the input lacks.
    is_copy: whether input and output have the same format, so that the output
      has everything.
  """

  sources: Mapping[str, str]
  num_averages: int
  left_out: Mapping[str, tuple[str, ...]]
  missing: tuple[str, ...]
  is_copy: bool


def family(source: str) -> str:
  """Returns the format of a reader's `source`, one of FORMATS."""
  return next(
    name for start, name in _FAMILIES.items() if source.startswith(start)
  )


def make(
  path: str,
  shapes: Mapping[str, tuple[int, ...]],
  *,
  source: str,
  to: str,
  averaged: bool = True,
  include_top: bool = True,
) -> Plan:
  """Returns the plan of a conversion.

  Args:
    path: path of the input, for messages.
    shapes: {our name: shape} of the input.
    source: a reader's `source`.
    to: one of FORMATS, the output's.
    averaged: whether moving averages become the weights where the output has no
      place for averages.
    include_top: whether an output for Keras has the classifier.

  Raises:
    ConversionError: the input is another network's, or lacks what the output
      needs.
  """
  check_network(path, shapes)
  taken = [
    name
    for name in checkpoint_names.slim_names()
    if name in shapes and _belongs(name, to, include_top)
  ]
  if to == conversion_target.KERAS and include_top:
    _check_classifier(path, shapes)
  is_copy = family(source) == to and to != conversion_target.KERAS
  if is_copy:
    sources = {name: name for name in shapes}
  elif to == conversion_target.RESEARCH:
    averages = [
      n + checkpoint_names.AVERAGE
      for n in taken
      if n + checkpoint_names.AVERAGE in shapes
    ]
    sources = {name: name for name in (*taken, *averages)}
  else:
    sources = {
      name: name + checkpoint_names.AVERAGE
      if averaged and name + checkpoint_names.AVERAGE in shapes
      else name
      for name in taken
    }
  return Plan(
    sources=sources,
    num_averages=sum(name != other for name, other in sources.items()),
    left_out=_left_out(shapes, sources),
    missing=() if is_copy else _missing(shapes, to),
    is_copy=is_copy,
  )


def check_network(path: str, shapes: Mapping[str, tuple[int, ...]]) -> None:
  """Requires the variables of Inception v3.

  The auxiliary head and the classifier may be missing, but only completely.

  Raises:
    ConversionError: a variable is missing, or batch norm has a gamma.
  """
  names = list(checkpoint_names.slim_names())
  optional = [
    head
    for head in (AUX_HEAD, CLASSIFIER)
    if not any(name.startswith(head) for name in shapes)
  ]
  missing = [
    name
    for name in names
    if name not in shapes and not name.startswith(tuple(optional))
  ]
  if missing:
    raise conversion_target.ConversionError(
      f'{path!r} is not a checkpoint of Inception v3: it lacks '
      f'{len(missing)} of {len(names)} variables '
      f'({variable_values.few(missing)}): give another one'
    )
  gammas = [name for name in shapes if name.endswith(_GAMMA)]
  if gammas:
    raise conversion_target.ConversionError(
      f'{path!r}: its batch norm has a gamma ({variable_values.few(gammas)}), '
      'unlike Inception v3: give a checkpoint trained with scale=False'
    )


def _belongs(name: str, to: str, include_top: bool) -> bool:
  """Returns whether the output's network has a variable."""
  if to != conversion_target.KERAS:
    return True
  return not name.startswith(AUX_HEAD) and (
    include_top or not name.startswith(CLASSIFIER)
  )


def _check_classifier(path: str, shapes: Mapping[str, tuple[int, ...]]) -> None:
  if not any(name.startswith(CLASSIFIER) for name in shapes):
    raise conversion_target.ConversionError(
      f'{path!r} has no classifier: give --noinclude_top'
    )
  outputs = shapes[f'{CLASSIFIER}biases'][-1]
  if outputs < 2:
    raise conversion_target.ConversionError(
      f'{path!r}: its classifier has only the background class, which Keras '
      'does not have: give --noinclude_top'
    )


def _left_out(
  shapes: Mapping[str, tuple[int, ...]], sources: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
  """Returns {description: names} of the input's variables not converted."""
  network = checkpoint_names.slim_names()
  used = set(sources.values())
  groups: dict[str, list[str]] = {}
  for name in shapes:
    if name in used:
      continue
    base = name.removesuffix(checkpoint_names.AVERAGE)
    if base not in network:
      kind = 'state of the training'
    elif base.startswith(AUX_HEAD) and base not in sources:
      kind = 'auxiliary head'
    elif base not in sources:
      kind = TOP
    elif name == base:
      kind = LAST_WEIGHTS
    else:
      kind = 'moving averages'
    groups.setdefault(kind, []).append(name)
  return {kind: tuple(names) for kind, names in groups.items()}


def _missing(shapes: Mapping[str, tuple[int, ...]], to: str) -> tuple[str, ...]:
  """Returns the parts of the output's network that the input lacks."""
  if to == conversion_target.KERAS:
    return ()
  return tuple(
    part
    for part, start in (
      ('auxiliary head', AUX_HEAD),
      ('classifier', CLASSIFIER),
    )
    if not any(name.startswith(start) for name in shapes)
  )
