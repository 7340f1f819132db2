"""The steps of data preparation: image folders -> an audited set of records.

prepare            surveys, curates, splits, audits and writes
Source             the folders, and the way they become subsets
PreparationError   the images cannot be used as requested; gives the reason
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

# Writing order. Train comes last, since the log of 2016 ends with the number of
# training images.
SUBSETS = (content_split.VALIDATION, content_split.TEST, content_split.TRAIN)

_JOURNAL = '.survey{}.jsonl'
_NAMES_SHOWN = 3


class PreparationError(errors.UserError):
  """The images cannot be used as requested; the text gives the reason."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
  """The image folders, and the way they become subsets.

  Attributes:
    folders: {subset: its folder}, or {'': folder} for a folder to split.
    listings: {key of folders: listing of that folder}.
    split: Parameters for splitting the one folder; None if every subset has
      its own folder.
    series_of: Function from an image's relative path to the name of its series,
      or None if it belongs to none. A series is never split between subsets.
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
  """Writes the records of all usable images, and audit.json.

  Args:
    source: The images.
    records_config: Settings of the records. The output folder must exist, and
      the caller must have locked it.
    description: Contents of the records besides the images.
    log: Called with each line for the user.

  Returns:
    The data set that the output folder now holds.

  Raises:
    PreparationError: There is an unusable file or a conflict and the settings
      say to fail, or a subset has no images; audit.json has been written. Or a
      class has too few images to split. No records have been changed.
    And the errors of image_dataset.write.
  """
  image_dataset.check_output(_wanted(source), records_config)
  photos, given, skipped = _survey(source, records_config, log)
  curated = curation.curate(photos, records_config, subsets=given or None)
  subsets = (
    given
    if source.split is None
    else _drawn(photos, curated, source, source.split, description.class_names)
  )
  report = audit.make(
    audit.Findings(
      photos=photos,
      subsets=subsets,
      skipped=skipped,
      found=curated,
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
  _check(skipped, curated, photos, records_config)
  parts = _parts(photos, subsets, curated, source)
  _check_parts(parts, photos, given, curated, source)
  try:
    return image_dataset.write(
      parts, records_config, description=description, log=log
    )
  except image_survey.ChangedError:
    for subset in source.folders:
      _journal(records_config, subset).unlink(missing_ok=True)
    raise


def _drawn(
  photos: Sequence[image_survey.Photo],
  curated: curation.Curation,
  source: Source,
  split: config.SplitConfig,
  class_names: Sequence[str],
) -> list[str]:
  """Returns the subset of every photo of a folder that is to be split."""
  try:
    return photo_split.draw(
      photos,
      curated,
      split,
      class_names=class_names,
      series_of=source.series_of,
    )
  except content_split.SplitError as error:
    raise PreparationError(f'--validation_per_class: {error}') from error


def _journal(records_config: config.RecordsConfig, subset: str) -> pathlib.Path:
  """Returns the path of the survey's journal of a subset."""
  name = _JOURNAL.format(f'-{subset}' if subset else '')
  return pathlib.Path(records_config.output_directory, name)


def _survey(
  source: Source, records_config: config.RecordsConfig, log: progress.Log
) -> tuple[list[image_survey.Photo], list[str], list[image_files.Skipped]]:
  """Returns (photos, their subsets if these are given, skipped files)."""
  photos: list[image_survey.Photo] = []
  subsets: list[str] = []
  skipped: list[image_files.Skipped] = []
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


def _wanted(source: Source) -> Sequence[str]:
  """Returns the subsets to produce."""
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


def _merged(source: Source, field: str) -> list[str]:
  """Returns the names in a field of all listings, sorted."""
  return sorted({
    name
    for listing in source.listings.values()
    for name in getattr(listing, field)
  })


def _check(
  skipped: Sequence[image_files.Skipped],
  curated: curation.Curation,
  photos: Sequence[image_survey.Photo],
  records_config: config.RecordsConfig,
) -> None:
  """Raises an error for problems that the user has asked to fail on."""
  if skipped and records_config.on_bad_image == 'fail':
    first = skipped[0]
    raise PreparationError(
      f'--on_bad_image=fail: {len(skipped)} files are not usable images, '
      f'the first is {display_names.printable(first.path)}: {first.reason}'
    )
  if curated.conflicts and records_config.on_conflict == 'fail':
    names = [
      display_names.printable(photos[index].relative)
      for index in curated.conflicts[0].members[:_NAMES_SHOWN]
    ]
    raise PreparationError(
      f'--on_conflict=fail: {len(curated.conflicts)} pictures are in more than '
      f'one class, the first is {" = ".join(names)}: keep only one of each, or '
      'pass --on_conflict=drop'
    )


def _parts(
  photos: Sequence[image_survey.Photo],
  subsets: Sequence[str],
  curated: curation.Curation,
  source: Source,
) -> dict[str, list[image_survey.Photo]]:
  """Returns {subset: the photos to write}, in the order of SUBSETS."""
  parts: dict[str, list[image_survey.Photo]] = {
    subset: [] for subset in SUBSETS if subset in _wanted(source)
  }
  for index, photo in enumerate(photos):
    if index not in curated.left_out:
      parts[subsets[index]].append(photo)
  return parts


def _check_parts(
  parts: Mapping[str, Sequence[image_survey.Photo]],
  photos: Sequence[image_survey.Photo],
  given: Sequence[str],
  curated: curation.Curation,
  source: Source,
) -> None:
  """Raises an error for the first subset without images."""
  for subset, kept in parts.items():
    if kept:
      continue
    listing = source.listings.get(subset) or source.listings['']
    reason = empty_subsets.reason(
      subset,
      photos,
      curated,
      candidates=[
        index
        for index in range(len(photos))
        if source.split or given[index] == subset
      ],
      num_files=len(listing.images),
      series_of=source.series_of,
    )
    raise PreparationError(f'no {subset} images: {reason}')
