"""Reports a conversion of a checkpoint in a few lines of text.

lines    returns the lines
"""

from collections.abc import Iterator, Mapping

from inception.checkpoints import checkpoint_names
from inception.checkpoints import conversion_plan
from inception.checkpoints import conversion_target
from inception.checkpoints import run_info
from inception.checkpoints import variable_values

_TITLES = {
  conversion_target.RESEARCH: 'research/inception V2',
  conversion_target.SLIM: 'TF-Slim V2',
  conversion_target.KERAS: 'Keras .h5',
}
_CONVOLUTIONS = 'convolutions and their batch norm'
_OTHERS = "others, such as the training's state"
_REASONS = {
  conversion_target.KERAS: "which Keras' network does not have",
  conversion_target.SLIM: "which TF-Slim's published file does not have",
  conversion_target.RESEARCH: 'which belongs to another program',
}


def lines(
  path: str,
  source: str,
  shapes: Mapping[str, tuple[int, ...]],
  plan: conversion_plan.Plan,
  *,
  output: str,
  to: str,
  info: run_info.RunInfo | None,
) -> list[str]:
  """Returns the report of a finished conversion.

  Args:
    path: path of the input.
    source: a reader's `source`.
    shapes: {our name: shape} of the input.
    plan: plan of the conversion.
    output: path of the output.
    to: format of the output.
    info: the input's run_info, if the output has none.
  """
  report = [
    f'Converted {len(plan.sources):,} of {len(shapes):,} variables of {path} '
    f'({source}) into {output} ({_TITLES[to]}):'
  ]
  report += _table(shapes, plan, source=source, to=to)
  if plan.num_averages:
    report.append(
      f'{plan.num_averages} of them are moving averages in the input; the '
      'weights of the last step, which --noaveraged would take, are left out.'
    )
  for kind, names in plan.left_out.items():
    if kind == conversion_plan.LAST_WEIGHTS:
      continue
    reason = _REASONS[to]
    if kind == conversion_plan.TOP:
      reason = 'as --noinclude_top asks'
    report.append(
      f'Left out: {kind}, {reason} ({len(names):,}: '
      f'{variable_values.few(names)}).'
    )
  report += _about_classes(plan, source=source, to=to)
  for part in plan.missing:
    report.append(
      f'Not in the input: the {part}, which fine-tuning starts from scratch.'
    )
  if info is not None:
    report.append(
      f'Left out: run_info, the description of the training. The '
      f'{len(info.class_names)} class names are in '
      f'{conversion_target.labels_path(output)}; the network was trained on '
      f'images of {info.image_size} pixels.'
    )
  return report


def _about_classes(
  plan: conversion_plan.Plan, *, source: str, to: str
) -> Iterator[str]:
  """Yields a line if the background class has changed."""
  if f'{conversion_plan.CLASSIFIER}biases' not in plan.sources:
    return
  was_keras = conversion_plan.family(source) == conversion_target.KERAS
  if to == conversion_target.KERAS and not was_keras:
    yield "Left out: the classifier's background class, its first output."
  elif was_keras and to != conversion_target.KERAS:
    yield (
      "Added: the classifier's background class, its first output; its logit "
      "is the mean of the others', so that it is never the answer."
    )


def _table(
  shapes: Mapping[str, tuple[int, ...]],
  plan: conversion_plan.Plan,
  *,
  source: str,
  to: str,
) -> list[str]:
  """Returns a line per part of the network: its size and its first name."""
  parts: dict[str, list[str]] = {}
  for name in plan.sources:
    parts.setdefault(_part(name), []).append(name)
  table = []
  for part, names in sorted(parts.items(), key=lambda item: -len(item[1])):
    before = _stored(names[0], shapes, conversion_plan.family(source))
    after = _stored(names[0], shapes, to)
    example = before if before == after else f'{before} -> {after}'
    table.append(f'  {len(names):>5,} {part}: {example}')
  return table


def _part(name: str) -> str:
  base = name.removesuffix(checkpoint_names.AVERAGE)
  if base not in checkpoint_names.slim_names():
    return _OTHERS
  if name != base:
    return 'moving averages'
  if name.startswith(conversion_plan.CLASSIFIER):
    return 'classifier'
  if name.startswith(conversion_plan.AUX_HEAD):
    return 'auxiliary head'
  return _CONVOLUTIONS


def _stored(
  name: str, shapes: Mapping[str, tuple[int, ...]], family: str
) -> str:
  """Returns the name and shape of a variable as a program stores it."""
  shape = shapes[name]
  if family == conversion_target.SLIM:
    shape = checkpoint_names.slim_shape(name, shape)
    name = checkpoint_names.slim_name(name)
  elif family == conversion_target.KERAS:
    if name.startswith(conversion_plan.CLASSIFIER):
      shape = (*shape[:-1], shape[-1] - 1)
    name = checkpoint_names.keras_names().get(name, name)
  return f'{name} {list(shape)}'
