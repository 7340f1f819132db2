"""Describes problems of a record's label or boxes, in one wording for all.

  label   a label -> its problem, with the remedy
  box     a box -> its problem

inspect_records lists these problems; training stops at the first one.
"""

from collections.abc import Sequence

from inception.records import example_message

# Share of the image's width or height by which rounding may put a side outside
# the image; training clips it. A larger share is a mistake.
BOX_TOLERANCE = 0.01

# Without dataset_info.json any label is accepted up to this limit.
_MAX_LABEL = 1_000_000


def label(
  number: int | None, *, num_classes: int | None, name: str = ''
) -> str | None:
  """Returns the problem of a record's label; None if it is valid.

  Args:
    number: the label; None if the record has none.
    num_classes: the number of classes of the data set; None if it is unknown.
    name: the name of the data set.
  """
  if number is None:
    return f'it has no {example_message.LABEL}: prepare the data again'
  if number == 0:
    return (
      "label 0 is the unused background class here: TF-Slim's records count "
      'classes from 0, these programs from 1: prepare the data again with '
      'build_image_data'
    )
  if num_classes is not None and not 1 <= number <= num_classes:
    return (
      f'label {number} is no class: {name} has {num_classes} classes, labelled '
      f'1 to {num_classes}: give the --data_dir of these classes, or prepare '
      'the data again'
    )
  if not 1 <= number <= _MAX_LABEL:
    return f'label {number} is no class: labels count from 1'
  return None


def box(sides: Sequence[float]) -> str | None:
  """Returns the problem of ymin, xmin, ymax, xmax; None if they are valid."""
  # NaN fails each comparison.
  is_near = all(-BOX_TOLERANCE <= side <= 1 + BOX_TOLERANCE for side in sides)
  clipped = [min(max(side, 0), 1) for side in sides]
  if is_near and example_message.is_sound_box(clipped):
    return None
  text = ', '.join(f'{side:g}' for side in sides)
  return f'a box is not ymin < ymax and xmin < xmax within [0, 1]: {text}'
