"""The plan for a folder of records: its contents and their fingerprint.

Description   contents of the records besides the images
num_shards    the number of shards of each subset
shuffled      the photos of a subset in the order of their records
fingerprint   a hash of everything that determines the shards' bytes
"""

import dataclasses
import hashlib
import random
from collections.abc import Callable, Mapping, Sequence

from inception import dataset
from inception.data import existing_shards
from inception.data.curation import image_survey
from inception.jobs import checksums
from inception.settings import config

_IMAGES_PER_SHARD = 1024


@dataclasses.dataclass(frozen=True, kw_only=True)
class Description:
  """Contents of the records besides the images.

  Attributes:
    name: Name of the data set.
    class_names: Names in the order of their labels; the first has label 1.
    texts: {class name: text} if the class names are ImageNet's synsets: the
      records then hold both. None otherwise.
    boxes: Function from an image's relative path to its bounding boxes (ymin,
      xmin, ymax, xmax in [0, 1]); None if the data has no boxes.
    boxes_id: A hash of the source of the boxes.
  """

  name: str
  class_names: tuple[str, ...]
  texts: Mapping[str, str] | None = None
  boxes: Callable[[str], Sequence[tuple[float, float, float, float]]] | None = (
    None
  )
  boxes_id: str = ''

  @property
  def texts_in_order(self) -> tuple[str, ...]:
    """The texts of the classes in the order of their labels; () if None."""
    if self.texts is None:
      return ()
    return tuple(self.texts[name] for name in self.class_names)


def num_shards(
  subsets: Mapping[str, Sequence], records_config: config.RecordsConfig
) -> dict[str, int]:
  """Returns {subset: its number of shards}.

  If the settings give no number, it is that of this program's existing records
  in the folder, or else one shard for about 1,024 images.
  """
  folder = records_config.output_directory
  numbers = {}
  for subset, images in subsets.items():
    number = records_config.shards_asked_for(subset)
    if number is None:
      number = existing_shards.own_shards(folder, subset) or max(
        1, round(len(images) / _IMAGES_PER_SHARD)
      )
    numbers[subset] = min(number, config.MAX_SHARDS)
  return numbers


def shuffled(
  photos: Sequence[image_survey.Photo], seed: int
) -> list[image_survey.Photo]:
  """Returns the photos in the order of their records."""
  ordered = list(photos)
  random.Random(seed).shuffle(ordered)
  return ordered


def fingerprint(
  subsets: Mapping[str, Sequence[image_survey.Photo]],
  numbers: Mapping[str, int],
  records_config: config.RecordsConfig,
  description: Description,
) -> str:
  """Returns a hash of everything that determines the shards' bytes.

  Args:
    subsets: {subset: its photos}, shuffled.
    numbers: {subset: its number of shards}.
    records_config: Settings of the records.
    description: Contents of the records besides the images.
  """
  digest = hashlib.sha256()
  for subset, photos in subsets.items():
    for photo in photos:
      digest.update(
        repr((subset, photo.relative, photo.label, photo.key)).encode()
      )
  return checksums.fingerprint({
    'tool': dataset.TOOL,
    'shards': numbers,
    'seed': records_config.seed,
    'max_side': records_config.max_side,
    'name': description.name,
    'class_names': description.class_names,
    'class_texts': description.texts_in_order,
    'boxes': description.boxes_id,
    'photos': digest.hexdigest(),
  })
