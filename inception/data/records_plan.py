"""The plan of a folder of records: what is to be written, and its fingerprint.

Description   what the records say besides their image
num_shards    the number of files of each subset
shuffled      the photos of a subset in the order of their records
fingerprint   a hash of all that the shards' bytes depend on
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
  """What the records say besides their image.

  Attributes:
    name: what the data is called.
    class_names: in the order of their labels; the first has label 1.
    texts: {class name: text}, where the class names are ImageNet's synsets:
      the records then hold both.
    boxes: relative path of an image -> its bounding boxes (ymin, xmin, ymax,
      xmax in [0, 1]); None where there are none.
    boxes_id: a hash of what the boxes are from.
  """

  name: str
  class_names: tuple[str, ...]
  texts: Mapping[str, str] | None = None
  boxes: Callable[[str], Sequence] | None = None
  boxes_id: str = ''

  @property
  def texts_in_order(self) -> tuple[str, ...]:
    """The texts of the classes, in the order of their labels; () for none."""
    if self.texts is None:
      return ()
    return tuple(self.texts[name] for name in self.class_names)


def num_shards(
  subsets: Mapping[str, Sequence], records_config: config.RecordsConfig
) -> dict[str, int]:
  """Returns {subset: its number of shards}.

  Where the number is not asked for, it is that of the records which this
  program has written into the folder before, or one for about 1,024 images.
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
  """Returns a hash of all that the shards' bytes depend on.

  Args:
    subsets: {subset: its photos}, shuffled.
    numbers: {subset: its number of shards}.
    records_config: of the output folder.
    description: what the records say besides their image.
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
