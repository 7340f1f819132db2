"""Finds and reads exports, without TensorFlow.

locate            returns the SavedModel that a path refers to
read_description  returns the description in a SavedModel
rule_of           returns its rule for "none of these"
"""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

from inception.checkpoints import threshold
from inception.exporting import export_files

_FIELDS = frozenset(('class_names', 'image_size', 'none_of_these', 'precision'))


def locate(path: str | os.PathLike) -> pathlib.Path:
  """Returns the SavedModel that a path refers to.

  Args:
    path: a SavedModel, the folder of its versions or the folder of an export;
      the newest of several versions is taken.

  Raises:
    export_files.ExportError: the path refers to no SavedModel.
  """
  given = pathlib.Path(path)
  for base in (given, given / export_files.SAVED_MODEL):
    for candidate in (base, *export_files.versions(base)[-1:]):
      if (candidate / export_files.NETWORK).is_file():
        return candidate
  raise export_files.ExportError(
    f'{str(path)!r} holds no SavedModel: give the --output folder of an export '
    f'with --format={export_files.SAVED_MODEL}'
  )


def read_description(saved_model: str | os.PathLike) -> dict[str, Any]:
  """Returns the description in a SavedModel; see export_model.

  Args:
    saved_model: result of locate().

  Raises:
    export_files.ExportError: the file is missing, damaged or of another
      format version.
  """
  path = pathlib.Path(saved_model, export_files.EXTRA, export_files.DESCRIPTION)
  values = export_files.read_json(
    path, 'give a SavedModel that export has written'
  )
  if not values.keys() >= _FIELDS:
    raise export_files.unreadable(
      path, 'lacks a field', 'export the checkpoint again'
    )
  return values


def rule_of(description: Mapping[str, Any]) -> threshold.Rule | None:
  """Returns the rule for "none of these"; None if there is none.

  Args:
    description: result of read_description().
  """
  fields = description['none_of_these']
  return fields and threshold.Rule(**fields)
