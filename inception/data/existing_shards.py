"""Shards that are in an output folder already.

check_shards   refuses to mix or overwrite what this program did not write
own_shards     in how many shards this program's records are
"""

import os
import pathlib
from collections.abc import Mapping

from inception import dataset
from inception.jobs import output_folder

_SUBSETS = ('train', 'validation', 'test')


def check_shards(
  folder: str | os.PathLike, num_shards: Mapping[str, int]
) -> None:
  """Checks that writing these shards mixes with and destroys nothing.

  Records with dataset_info.json beside them are this program's own and may be
  written anew.

  Args:
    folder: where the shards will be.
    num_shards: {subset: how many shards}.

  Raises:
    output_folder.FolderError: there are shards of another number, or of
      another program.
  """
  is_ours = (pathlib.Path(folder) / dataset.INFO_FILE).is_file()
  for subset in _SUBSETS:
    if subset not in num_shards and dataset.find_shards(folder, subset):
      raise output_folder.FolderError(
        f'{str(folder)!r} holds {subset} records, and this command would '
        'write other subsets beside them: move them away or choose another '
        'folder'
      )
  for subset, number in num_shards.items():
    sets = dataset.find_shards(folder, subset)
    others = sorted(set(sets) - {number})
    if sets and not is_ours:
      raise output_folder.FolderError(
        f'{str(folder)!r} holds {subset} records that this program did not '
        f'write (no {dataset.INFO_FILE} beside them): move them away or '
        'choose another folder'
      )
    if others:
      raise output_folder.FolderError(
        f'{str(folder)!r} holds {subset} records in {others[0]} shards, and '
        f'{number} would be added beside them: move the old ones away or ask '
        f'for {others[0]}'
      )


def own_shards(folder: str | os.PathLike, subset: str) -> int | None:
  """Returns in how many shards this program's records of a subset are.

  None where there are none, or where they are not this program's.
  """
  try:
    sets = dataset.find_shards(folder, subset)
  except OSError:
    return None
  is_ours = (pathlib.Path(folder) / dataset.INFO_FILE).is_file()
  return next(iter(sets)) if is_ours and len(sets) == 1 else None
