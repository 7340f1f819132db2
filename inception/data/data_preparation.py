"""The loop of data preparation: folders of images -> an audited set of records.

prepare            surveys, curates, splits, audits and writes
Source             the folders, and how they become subsets
PreparationError   the images cannot be used as asked; says which and why
"""

import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence

from inception import dataset
from inception.data import image_dataset
from inception.data import records_plan
from inception.data.curation import audit
from inception.data.curation import audit_summary
from inception.data.curation import content_split
from inception.data.curation import curation
from inception.data.curation import empty_subsets
from inception.data.curation import image_survey
from inception.data.curation import photo_split
from inception.images import image_files
from inception.jobs import display_names
from inception.jobs import errors
from inception.jobs import progress
from inception.settings import config

# The order in which they are written: the last line of the log tells how many
# training images there are, as in 2016.
SUBSETS = (content_split.VALIDATION, content_split.TEST, content_split.TRAIN)

_JOURNAL = '.survey{}.jsonl'
_NAMES_SHOWN = 3


class PreparationError(errors.UserError):
  """The images cannot be used as asked; the text says which and why."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
  """Where the images are, and how they become subsets.

  Attributes:
    folders: {subset: its folder}, or {'': folder} of one that is to be split.
    listings: {the same keys: what the folder has}.
    split: how the one folder is split; None where there is one a subset.
    series_of: relative path -> name of the series that an image is of, None
      for none; all of a series have one subset.
  """

  folders: Mapping[str, str]
  listings: Mapping[str, image_files.Listing]
  split: config.SplitConfig | None = None
  series_of: Callable[[str], str | None] | None = None


def prepare(
  source: Source,
  records_config: config.RecordsConfig,
  *,
  description: records_plan.Description,
  log: progress.Log,
) -> dataset.Dataset:
  """Makes the records of all usable images, and audit.json.

  Args:
    source: the images.
    records_config: of the output folder, which exists and which the caller has
      locked.
    description: what the records say besides their image.
    log: called with each line for the user.

  Raises:
    PreparationError: a file or conflict that should not be skipped, or a subset
      without images. audit.json is there; no records have been changed.
    And what image_dataset.write raises.
  """
  image_dataset.check_output(_wanted(source), records_config)
  photos, given, skipped = _survey(source, records_config, log)
  found = curation.curate(photos, records_config, subsets=given or None)
  subsets = (
    given
    if source.split is None
    else _drawn(photos, found, source, description.class_names)
  )
  report = audit.make(
    audit.Findings(
      photos=photos,
      subsets=subsets,
      skipped=skipped,
      found=found,
      class_names=description.class_names,
      folders=source.folders,
      records_config=records_config,
      split=source.split,
      empty_classes=_merged(source, 'empty_classes'),
      stray=_merged(source, 'stray'),
      sidecars=_merged(source, 'sidecars'),
    )
  )
  path = audit.write(report, records_config.output_directory)
  for line in audit_summary.summary(report):
    log(line)
  log(f'The whole audit is in {path}.')
  _check(skipped, found, photos, records_config)
  parts = {subset: [] for subset in SUBSETS if subset in _wanted(source)}
  for index, photo in enumerate(photos):
    if index not in found.left_out:
      parts[subsets[index]].append(photo)
  _check_parts(parts, photos, given, found, source)
  try:
    return image_dataset.write(
      parts, records_config, description=description, log=log
    )
  except image_survey.ChangedError:
    for subset in source.folders:
      _journal(records_config, subset).unlink(missing_ok=True)
    raise


def _drawn(photos, found, source, class_names) -> list[str]:
  try:
    return photo_split.draw(
      photos,
      found,
      source.split,
      class_names=class_names,
      series_of=source.series_of,
    )
  except content_split.SplitError as error:
    raise PreparationError(f'--validation_per_class: {error}') from error


def _journal(records_config, subset) -> pathlib.Path:
  name = _JOURNAL.format(f'-{subset}' if subset else '')
  return pathlib.Path(records_config.output_directory, name)


def _survey(source, records_config, log):
  """Returns (photos, their subsets where these are given, skipped files)."""
  photos, subsets, skipped = [], [], []
  for subset, listing in source.listings.items():
    surveyed = image_survey.survey(
      listing.images,
      seed=records_config.seed,
      num_threads=records_config.num_threads,
      max_side=records_config.max_side,
      journal=_journal(records_config, subset),
      log=log,
    )
    bad = [*listing.skipped, *surveyed.skipped]
    for file in bad:
      log(f'SKIPPED: {display_names.printable(file.path)}: {file.reason}.')
    if bad:
      log(
        f'Skipped {len(bad)} of {len(listing.images) + len(listing.skipped)}'
        f'{f" {subset}" if subset else ""} files.'
      )
    photos += surveyed.photos
    subsets += [subset] * len(surveyed.photos) if subset else []
    skipped += bad
  return photos, subsets, skipped


def _wanted(source) -> Sequence[str]:
  """Returns the subsets that there shall be."""
  if source.split is None:
    return tuple(source.folders)
  split = source.split
  return tuple(
    subset
    for subset, is_wanted in (
      (content_split.TRAIN, True),
      (
        content_split.VALIDATION,
        split.validation_per_class or split.validation_fraction,
      ),
      (content_split.TEST, split.test_fraction),
    )
    if is_wanted
  )


def _merged(source, field) -> list[str]:
  return sorted({
    name
    for listing in source.listings.values()
    for name in getattr(listing, field)
  })


def _check(skipped, found, photos, records_config) -> None:
  """Refuses what the user has asked to be refused."""
  if skipped and records_config.on_bad_image == 'fail':
    first = skipped[0]
    raise PreparationError(
      f'--on_bad_image=fail: {len(skipped)} files are no usable images, '
      f'the first is {display_names.printable(first.path)}: {first.reason}'
    )
  if found.conflicts and records_config.on_conflict == 'fail':
    names = [
      display_names.printable(photos[index].relative)
      for index in found.conflicts[0].members[:_NAMES_SHOWN]
    ]
    raise PreparationError(
      f'--on_conflict=fail: {len(found.conflicts)} pictures are in more than '
      f'one class, the first is {" = ".join(names)}: remove one of each, or '
      'pass --on_conflict=drop'
    )


def _check_parts(parts, photos, given, found, source) -> None:
  for subset, kept in parts.items():
    if kept:
      continue
    listing = source.listings.get(subset) or source.listings.get('')
    reason = empty_subsets.reason(
      subset,
      photos,
      found,
      candidates=[
        index
        for index in range(len(photos))
        if source.split or given[index] == subset
      ],
      num_files=len(listing.images),
      series_of=source.series_of,
    )
    raise PreparationError(f'no {subset} images: {reason}')
