"""Examines the shards that an output folder already holds.

check_shards   refuses to mix with or overwrite another program's records
own_shards     the number of shards of this program's existing records
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
  """Checks that writing these shards neither mixes with nor destroys others.

  Records with dataset_info.json beside them are this program's own and may be
  replaced.

  Args:
    folder: The output folder.
    num_shards: {subset: number of shards to write}.

  Raises:
    output_folder.FolderError: The folder holds records of another subset, in
      another number of shards, or by another program.
  """
  is_ours = (pathlib.Path(folder) / dataset.INFO_FILE).is_file()
  for subset in _SUBSETS:
    if subset not in num_shards and dataset.find_shards(folder, subset):
      raise output_folder.FolderError(
        f'{str(folder)!r} holds {subset} records, and this command would '
        'write other subsets beside them: move the old records away or choose '
        'another folder'
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
        f'{number} would be added beside them: move the old ones away, or '
        f'request {others[0]} shards'
      )


def own_shards(folder: str | os.PathLike, subset: str) -> int | None:
  """Returns the number of shards of this program's records of a subset.

  Returns None if there are none, or if another program wrote them.
  """
  try:
    sets = dataset.find_shards(folder, subset)
  except OSError:
    return None
  is_ours = (pathlib.Path(folder) / dataset.INFO_FILE).is_file()
  return next(iter(sets)) if is_ours and len(sets) == 1 else None
