"""Writes, checks and publishes the files of one export.

  Job      one export into a folder
  Outcome  its result
  Export   one written and checked format

Every format is written into a folder with a temporary name, loaded again and
compared with the checkpoint. At the end, those that pass get their names, one
right after the other; the others are removed.
"""

import contextlib
import dataclasses
import gc
import os
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

from inception.exporting import check_pictures
from inception.exporting import export_check
from inception.exporting import export_files
from inception.exporting import formats
from inception.jobs import output_folder


@dataclasses.dataclass(frozen=True, kw_only=True)
class Export:
  """One written and checked format.

  Attributes:
    name: name of the format.
    path: folder of the version; it does not exist if the check failed.
    num_bytes: size of its files.
    result: result of the check.
  """

  name: str
  path: pathlib.Path
  num_bytes: int
  result: export_check.Result

  def to_json(self) -> dict[str, Any]:
    """Returns the entry for export.json."""
    return {
      'format': self.name,
      'path': f'{self.name}/{self.path.name}',
      'bytes': self.num_bytes,
      **self.result.to_json(),
    }


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
  """Result of an export.

  Attributes:
    version: number of the export.
    exports: formats that were checked, whether they passed or not.
    checkpoint_images_per_sec: speed of the checkpoint on the same pictures.
    source: origin of the pictures of the check.
  """

  version: int
  exports: Sequence[Export]
  checkpoint_images_per_sec: float
  source: str

  @property
  def passed(self) -> list[Export]:
    """Formats that were published."""
    return [export for export in self.exports if not export.result.faults]

  @property
  def failed(self) -> list[Export]:
    """Formats that were removed."""
    return [export for export in self.exports if export.result.faults]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Job:
  """One export into a folder.

  Attributes:
    output: existing folder.
    names: names of the formats, without repetition.
    request: model and data.
    log: called with a line before each step.
  """

  output: str | os.PathLike
  names: Sequence[str]
  request: formats.Request
  log: Callable[[str], None]

  def run(
    self, reference: export_check.Reference, finish: Callable[[Outcome], None]
  ) -> Outcome:
    """Writes, checks and publishes.

    Args:
      reference: answers of the checkpoint.
      finish: called when everything is published, while the folder is still
        locked; writes the other files of the export.

    Raises:
      output_folder.FolderError: another export is writing into the folder.
      export_files.ExportError: export.json is damaged or has another format
        version, or the folder of the version has appeared meanwhile.
      OSError: a file cannot be written.
    """
    with output_folder.exclusive(self.output), contextlib.ExitStack() as stack:
      version = export_files.next_version(self.output)
      # Before anything is written, because this releases the network.
      reference.compute()
      exports = []
      for name in self.names:
        folder = stack.enter_context(
          export_files.temporary(self.output, name, version)
        )
        exports.append(self._export(name, folder, version, reference))
      outcome = Outcome(
        version=version,
        exports=exports,
        checkpoint_images_per_sec=reference.images_per_sec,
        source=reference.pictures.source,
      )
      for export in outcome.passed:
        export_files.publish(self.output, export.name, version)
      if outcome.passed:
        finish(outcome)
      return outcome

  def _export(
    self,
    name: str,
    folder: pathlib.Path,
    version: int,
    reference: export_check.Reference,
  ) -> Export:
    """Writes and checks one format."""
    form = formats.FORMATS[name]
    self.log(f'Writing {name}.')
    form.write(folder, self.request)
    gc.collect()  # TensorFlow's functions are reference cycles.
    num_pictures = len(reference.pictures.encoded)
    self.log(f'Checking {name} on {num_pictures:,} pictures.')
    result = export_check.check(
      form.open(folder, self.request),
      reference,
      form.bound[self.request.model.precision],
    )
    return Export(
      name=name,
      path=export_files.folder(self.output, name, version),
      num_bytes=export_files.size(folder),
      result=result,
    )


def pictures(
  request: formats.Request, *, subset: str, limit: int
) -> check_pictures.Pictures:
  """Returns the pictures of the check: those of the records, or generated ones.

  Raises:
    dataset.DatasetError: the records cannot be used.
  """
  if request.data is None:
    return check_pictures.made(limit)
  return check_pictures.of_records(request.data, subset=subset, limit=limit)
