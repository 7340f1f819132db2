"""What one record holds, and what is wrong with it.

  examine          a serialized Example -> ExaminedRecord
  ExaminedRecord   its fields, its image's size, what its copies share

Looked at is what the record says of itself: whether its image can be decoded to
the last pixel, and is what the other fields declare. Whether the label is one
of the data set's, only who knows the data set can tell.
"""

import dataclasses
import hashlib

from inception.data.curation import picture_flaws
from inception.data.curation import picture_signatures
from inception.images import image_coder
from inception.images import image_reader
from inception.records import example_message
from inception.records import record_problems

DIGEST_BYTES = 16

# What training's decoder reads (and GIF and BMP, which nobody writes).
_FORMATS = ('JPEG', 'PNG')
# What image/format may say; TF-Slim writes 'jpg' and 'png'.
_FORMAT_NAMES = {'JPEG': 'JPEG', 'JPG': 'JPEG', 'PNG': 'PNG'}

# Training decodes whatever it gets to three channels.
_CHANNELS_DECODED = 3
_UPRIGHT = 1


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ExaminedRecord:
  """What is known of a record.

  Attributes:
    label: class number; None where there is none.
    text: class name; '' where there is none.
    synset: WordNet identifier of the class; '' where there is none.
    filename: of the image; '' where there is none.
    num_bytes: length of the image file.
    height: the image's pixel rows, as training decodes them; 0 where it cannot
      be decoded.
    width: its pixel columns.
    image_format: what the image file is: 'JPEG', 'PNG', ...; '' where it cannot
      be decoded.
    is_turned: the image is to be turned by its EXIF orientation, which training
      does not do.
    digest: DIGEST_BYTES that equal image files share; b'' without an image.
    signature: picture_signatures.signature of the image; b'' where it cannot be
      decoded.
    preview: uint8 [PREVIEW_SIDE, PREVIEW_SIDE, 3] of image_coder's Examination;
      b'' where the image cannot be decoded.
    flaw: picture_flaws.of the image; '' for none.
    problems: what is wrong, one clause each.
  """

  label: int | None = None
  text: str = ''
  synset: str = ''
  filename: str = ''
  num_bytes: int = 0
  height: int = 0
  width: int = 0
  image_format: str = ''
  is_turned: bool = False
  digest: bytes = b''
  signature: bytes = b''
  preview: bytes = b''
  flaw: str = ''
  problems: tuple[str, ...] = ()


def examine(serialized: bytes) -> ExaminedRecord:
  """Returns what a record holds; its problems are told, never raised."""
  try:
    example = example_message.decode(serialized)
  except example_message.MessageError as error:
    return ExaminedRecord(problems=(str(error),))
  known = {
    'label': example.label,
    'text': example.text,
    'synset': example.synset,
    'filename': example.filename,
    'num_bytes': len(example.encoded),
  }
  problems = []
  if example.label is None:
    problems.append(f'it has no {example_message.LABEL}')
  if not example.encoded:
    problems.append(f'it has no {example_message.ENCODED}')
  else:
    known['digest'] = hashlib.blake2b(
      example.encoded, digest_size=DIGEST_BYTES
    ).digest()
    try:
      image = _image(example.encoded)
      problems += _wrong_declarations(example, image)
      known |= image
      del known['channels']
    except image_coder.ImageError as error:
      problems.append(f'its image: {error}')
  problems += filter(None, map(record_problems.box, example.boxes))
  return ExaminedRecord(problems=tuple(problems), **known)


def _image(encoded: bytes) -> dict:
  """Returns what an image file holds.

  Raises:
    image_coder.ImageError: it cannot be decoded.
  """
  examination = image_coder.examine(encoded)
  # What is stored, which is what training sees: examine turns it upright.
  header = image_reader.open_file(encoded)
  width, height = header.size
  return {
    'height': height,
    'width': width,
    'channels': len(header.getbands()),
    'image_format': examination.source_format,
    'is_turned': examination.source_format == 'JPEG'
    and (image_reader.orientation(header) != _UPRIGHT),
    'signature': picture_signatures.signature(examination.thumbnail),
    'preview': examination.preview.tobytes(),
    'flaw': picture_flaws.of(examination)
    or picture_flaws.of_size(examination.width, examination.height),
  }


def _wrong_declarations(example, image) -> list[str]:
  """Returns in what the other fields differ from the image."""
  found = []
  if image['image_format'] not in _FORMATS:
    found.append(
      f'its image is of the kind {image["image_format"]}, and '
      f'training reads {" and ".join(_FORMATS)}'
    )
  elif example.format and (
    _FORMAT_NAMES.get(example.format.upper()) != image['image_format']
  ):
    found.append(
      f'{example_message.FORMAT} is {example.format!r}, and the '
      f'image is a {image["image_format"]}'
    )
  for name, declared, real in (
    (example_message.HEIGHT, example.height, (image['height'],)),
    (example_message.WIDTH, example.width, (image['width'],)),
    (
      example_message.CHANNELS,
      example.channels,
      (image['channels'], _CHANNELS_DECODED),
    ),
  ):
    if declared is not None and declared not in real:
      found.append(f'{name} is {declared}, and the image has {real[0]}')
  return found
