"""Describes a folder of TFRecord shards: classes, counts, shard files.

build_image_data writes `dataset_info.json` next to its shards; training and
evaluation read it, so that custom data needs no changes in Python. A folder
without it (made in 2016) is described by a fallback: see flowers_data.

  Dataset                 class names, counts, shard files
  read_info, write_info   convert dataset_info.json to and from Dataset
  mark_unfinished, unfinished_plan
                          mark a folder whose records are being replaced
  shard_name, find_shards, shard_files
                          names and paths of the shards
"""

import collections.abc
import dataclasses
import json
import os
import pathlib
import re

from inception.jobs import atomic_files
from inception.jobs import errors

INFO_FILE = 'dataset_info.json'
# Value of Dataset.tool for the records that this program writes.
TOOL = 'inception 0.1.0'
# Every subset together, unless a subset has this name.
ALL = 'all'

_FORMAT_VERSION = 1
_UNFINISHED = 'unfinished'
_PLAN = 'plan'
_SHARD = re.compile(r'(?P<subset>.+)-\d{5}-of-(?P<total>\d{5})$')


class DatasetError(errors.UserError):
  """The records in a folder cannot be used; the text says which and why."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Dataset:
  """A folder of records.

  Attributes:
    name: Name of the data in messages, such as 'flowers'.
    data_dir: Path of the folder.
    class_names: Names of the classes in the order of their labels; the first
      has label 1, because label 0 is the unused background class.
    num_examples_of: {subset: number of examples}.
    examples_per_class: {subset: {class name: number of examples}}; empty if
      the folder does not contain this information.
    class_texts: Full names of the classes if class_names are identifiers
      (ImageNet's synsets); otherwise empty.
    seed: Seed of the split into subsets; None if unknown.
    tool: Name and version of the program that wrote the records.
  """

  name: str
  data_dir: str
  class_names: tuple[str, ...]
  num_examples_of: collections.abc.Mapping[str, int]
  examples_per_class: collections.abc.Mapping[
    str, collections.abc.Mapping[str, int]
  ] = dataclasses.field(default_factory=dict)
  class_texts: tuple[str, ...] = ()
  seed: int | None = None
  tool: str = ''

  @property
  def num_classes(self) -> int:
    """Number of classes without background; labels are in [1, num_classes]."""
    return len(self.class_names)

  def num_examples(self, subset: str) -> int:
    """Returns the number of examples in `subset`, or in ALL subsets together.

    Raises:
      DatasetError: the folder has no such subset.
    """
    if subset == ALL and subset not in self.num_examples_of:
      return sum(self.num_examples_of.values())
    if subset not in self.num_examples_of:
      raise DatasetError(
        f'{self.data_dir} has no subset {subset!r}; it has: '
        f'{", ".join(sorted(self.num_examples_of)) or "none"}'
      )
    return self.num_examples_of[subset]

  def shard_files(self, subset: str) -> list[str]:
    """Returns the paths of the subset's shards, or of ALL, in order.

    Raises:
      DatasetError: there are no shards, or one of the set is missing.
    """
    if subset == ALL and subset not in self.num_examples_of:
      return [
        path
        for name, number in sorted(self.num_examples_of.items())
        if number
        for path in shard_files(self.data_dir, name)
      ]
    return shard_files(self.data_dir, subset)


def shard_name(subset: str, index: int, total: int) -> str:
  """Returns the file name of shard `index`, counted from 0, of `total`."""
  return f'{subset}-{index:05d}-of-{total:05d}'


def find_shards(
  data_dir: str | os.PathLike, subset: str
) -> dict[int, list[str]]:
  """Returns {number of shards in the set: sorted existing paths} of a subset.

  A valid folder has one set of each subset, with as many paths as its number.
  """
  sets: dict[int, list[str]] = {}
  for path in pathlib.Path(data_dir).iterdir():
    match = _SHARD.fullmatch(path.name)
    if match and match['subset'] == subset:
      sets.setdefault(int(match['total']), []).append(str(path))
  return {total: sorted(paths) for total, paths in sets.items()}


def shard_files(data_dir: str | os.PathLike, subset: str) -> list[str]:
  """Returns the paths of `<subset>-NNNNN-of-NNNNN` in data_dir, in order.

  Raises:
    DatasetError: the folder is missing, or has no shard of the subset, several
      sets of them, or an incomplete set.
  """
  folder = pathlib.Path(data_dir)
  if not folder.is_dir():
    raise DatasetError(
      f'data_dir {str(data_dir)!r} is not a folder: give the '
      'folder that holds the TFRecord shards'
    )
  totals = find_shards(data_dir, subset)
  if not totals:
    raise DatasetError(
      f'no {subset}-?????-of-????? files in {str(data_dir)!r}: prepare the '
      'data there first, or give another --data_dir or --subset'
    )
  if len(totals) > 1:
    raise DatasetError(
      f'{str(data_dir)!r} holds {subset} shards of {len(totals)} different '
      f'sets (of {", ".join(str(t) for t in sorted(totals))} shards): move '
      'one of them away'
    )
  ((total, paths),) = totals.items()
  if len(paths) != total:
    raise DatasetError(
      f'{str(data_dir)!r} holds {len(paths)} of the {total} {subset} shards: '
      'prepare the data again to make the missing ones'
    )
  return paths


def write_info(dataset: Dataset) -> str:
  """Writes dataset_info.json into dataset.data_dir; returns its path.

  The file is written atomically: a killed process leaves no partial file.
  """
  texts = (
    {'class_texts': list(dataset.class_texts)} if dataset.class_texts else {}
  )
  return _write(
    dataset.data_dir,
    {
      'format_version': _FORMAT_VERSION,
      'name': dataset.name,
      'tool': dataset.tool,
      'seed': dataset.seed,
      'class_names': list(dataset.class_names),
      **texts,
      'num_examples': dict(dataset.num_examples_of),
      'examples_per_class': {
        subset: dict(counts)
        for subset, counts in dataset.examples_per_class.items()
      },
    },
  )


def mark_unfinished(data_dir: str | os.PathLike, *, plan: str = '') -> str:
  """Makes read_info reject the folder until the next write_info.

  This is called before the first shard is put in place, because an interruption
  leaves a mixture of old and new shards, which must not be trained on.

  Args:
    data_dir: Folder of the records.
    plan: Description of the new records, which unfinished_plan returns.

  Returns:
    The path of the written file.
  """
  return _write(
    data_dir,
    {'format_version': _FORMAT_VERSION, _UNFINISHED: True, _PLAN: plan},
  )


def unfinished_plan(data_dir: str | os.PathLike) -> str:
  """Returns the plan given to mark_unfinished; '' if the folder is finished."""
  try:
    info = json.loads((pathlib.Path(data_dir) / INFO_FILE).read_bytes())
    return str(info.get(_PLAN, '')) if info.get(_UNFINISHED) else ''
  except (OSError, ValueError, AttributeError):
    return ''


def _write(data_dir: str | os.PathLike, info: dict) -> str:
  path = pathlib.Path(data_dir) / INFO_FILE
  atomic_files.write_text(
    path, json.dumps(info, indent=2, ensure_ascii=False) + '\n'
  )
  return str(path)


def read_info(data_dir: str | os.PathLike) -> Dataset | None:
  """Reads data_dir/dataset_info.json; returns None if there is no such file.

  Raises:
    DatasetError: the file has invalid content, or the preparation of the
      records was interrupted.
  """
  path = pathlib.Path(data_dir) / INFO_FILE
  try:
    text = path.read_bytes()
  except FileNotFoundError:
    return None
  try:
    info = json.loads(text)
    if info['format_version'] != _FORMAT_VERSION:
      raise DatasetError(
        f'{path} has format_version '
        f'{info["format_version"]}, this program reads '
        f'{_FORMAT_VERSION}: use the program that wrote it'
      )
    if info.get(_UNFINISHED):
      raise DatasetError(
        f'the preparation of {str(data_dir)!r} was '
        'interrupted: run its command again'
      )
    return Dataset(
      name=str(info['name']),
      data_dir=str(data_dir),
      class_names=tuple(str(name) for name in info['class_names']),
      num_examples_of={str(k): int(v) for k, v in info['num_examples'].items()},
      examples_per_class={
        str(subset): {str(k): int(v) for k, v in counts.items()}
        for subset, counts in info['examples_per_class'].items()
      },
      class_texts=tuple(str(text) for text in info.get('class_texts', ())),
      seed=info['seed'],
      tool=str(info['tool']),
    )
  except DatasetError:
    raise
  except (ValueError, KeyError, TypeError, AttributeError) as error:
    raise DatasetError(
      f'{path} is not a dataset_info.json that '
      f'build_image_data wrote ({error!r}): prepare the data '
      'again'
    ) from error
