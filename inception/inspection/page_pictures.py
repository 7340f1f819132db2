"""Pictures and their captions, for the templates of inspection_page.

picture        the thumbnail of a record
side_by_side   the records of one picture
strip          a card with one row of pictures, evenly spaced
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from inception.data.curation import repeats
from inception.images import image_reader
from inception.inspection import record_inspection
from inception.records import example_message
from inception.records import tfrecord_file
from inception.reports import pages
from inception.reports import thumbnails


def picture(
  inspection: record_inspection.Inspection, index: int
) -> dict[str, str]:
  """Returns the file name of a record, and its thumbnail as a URI.

  The URI is '' if the image cannot be decoded.
  """
  try:
    example = inspection.table.read(index)
    jpeg = thumbnails.jpeg(example.encoded)
  except (
    tfrecord_file.RecordError,
    example_message.MessageError,
    image_reader.ImageError,
    OSError,
  ):
    return {'uri': '', 'file': ''}
  return {'uri': pages.data_uri(jpeg, 'image/jpeg'), 'file': example.filename}


def side_by_side(
  inspection: record_inspection.Inspection,
  pictures: repeats.Group,
  *,
  most: int,
  is_wide: bool,
  badge: str = '',
) -> dict[str, Any]:
  """Returns the records of one picture, side by side.

  Args:
    inspection: The inspection of the records.
    pictures: The group of records.
    most: Largest number of records to show.
    is_wide: Use the full width of the page.
    badge: Text that says how the records are alike; '' selects the text for the
      results of the hash.
  """
  if not badge:
    badge = 'identical files' if pictures.is_exact else 'look alike'
  badges = [(badge, 'plain')]
  if pictures.is_conflict:
    badges.append(('classes differ', 'bad'))
  if pictures.is_leak:
    badges.append(('subsets differ', 'warn'))
  return {
    'badges': badges,
    'is_wide': is_wide,
    'members': [
      {'picture': picture(inspection, index), 'named': inspection.name(index)}
      for index in pictures.members[:most]
    ],
    'num_hidden': len(pictures.members) - most,
  }


def strip(
  inspection: record_inspection.Inspection,
  indices: Sequence[int],
  *,
  most: int,
  title: str,
  note: str = '',
) -> dict[str, Any]:
  """Returns a card with one row of pictures, evenly spaced over the indices.

  Args:
    inspection: The inspection of the records.
    indices: Indices of the records.
    most: Largest number of pictures to show.
    title: Heading of the card.
    note: Text after the heading.
  """
  positions = np.linspace(0, len(indices) - 1, min(most, len(indices)))
  return {
    'title': title,
    'note': note,
    'pictures': [
      picture(inspection, int(indices[position]))
      for position in np.unique(positions.round().astype(int))
    ],
  }
