"""Photos without files, and their audit, for tests of the audit.

photo, photos   surveyed photos
findings        the findings about them
made            their audit
"""

from collections.abc import Iterable, Sequence
from typing import Any

from inception.data.curation import audit
from inception.data.curation import curation
from inception.data.curation import image_survey
from inception.settings import config


def photo(relative: str, **values: Any) -> image_survey.Photo:
  """Returns a surveyed photo; its class is the first part of the path."""
  class_name = relative.split('/')[0]
  fields: dict[str, Any] = {
    'path': f'/photos/{relative}',
    'relative': relative,
    'class_name': class_name,
    'label': 1,
    'key': b'k',
    'num_bytes': 1000,
    'width': 200,
    'height': 100,
    'source_format': 'JPEG',
    'is_original': True,
    'signature': b's',
  }
  return image_survey.Photo(**(fields | values))


def photos(class_name: str, count: int) -> list[image_survey.Photo]:
  """Returns `count` photos of one class."""
  return [photo(f'{class_name}/{i}.jpg') for i in range(count)]


def findings(
  images: Iterable[image_survey.Photo],
  subsets: Sequence[str] | None = None,
  **values: Any,
) -> audit.Findings:
  """Returns findings without any problem, except for those in `values`."""
  photos_found = list(images)
  fields: dict[str, Any] = {
    'photos': photos_found,
    'subsets': subsets or ['train'] * len(photos_found),
    'skipped': (),
    'found': curation.Curation(groups=(), left_out={}),
    'class_names': sorted({image.class_name for image in photos_found}),
    'folders': {'': '/photos'},
    'records_config': config.RecordsConfig(output_directory='out'),
  }
  return audit.Findings(**(fields | values))


def made(
  images: Iterable[image_survey.Photo],
  subsets: Sequence[str] | None = None,
  **values: Any,
) -> dict[str, Any]:
  """Returns the audit of these findings."""
  return audit.make(findings(images, subsets, **values))
