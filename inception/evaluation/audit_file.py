"""Reads audit.json, the audit that build_image_data writes beside the records.

read          returns its content
groups        returns the groups of pictures under a key
entries       returns the single pictures under a key

Records of other programs have no audit. Malformed lists and entries are
skipped.
"""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

from inception.jobs import json_notes

FILE = 'audit.json'


def read(data_dir: str | os.PathLike) -> dict[str, Any]:
  """Returns the content of the audit of a folder; {} if there is none."""
  return json_notes.read(pathlib.Path(data_dir, FILE))


def groups(audit: Mapping[str, Any], key: str) -> list[list[Mapping[str, Any]]]:
  """Returns the groups of pictures under a key.

  Args:
    audit: result of `read`.
    key: key whose value is a list of groups.

  Returns:
    For each group the entries that have a path.
  """
  lists = audit.get(key)
  if not isinstance(lists, list):
    return []
  return [_with_path(group) for group in lists]


def entries(audit: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
  """Returns the entries of single pictures that have a path.

  Args:
    audit: result of `read`.
    key: key whose value is a list of pictures.
  """
  return _with_path(audit.get(key))


def _with_path(values: object) -> list[Mapping[str, Any]]:
  """Returns the entries of a list that have a path."""
  return [
    value
    for value in (values if isinstance(values, list) else ())
    if isinstance(value, dict) and isinstance(value.get('path'), str)
  ]
