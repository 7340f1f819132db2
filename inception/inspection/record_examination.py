"""Examines the contents of one record and lists its problems.

  examine          a serialized Example -> ExaminedRecord
  ExaminedRecord   its fields, its image's size, and hashes to find copies

The record is checked against itself: the image must decode to the last pixel
and match the declarations of the other fields. class_check checks whether the
label belongs to the data set.
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

# Formats that training's decoder reads (besides GIF and BMP, which no writer of
# records uses).
_FORMATS = ('JPEG', 'PNG')
# Permitted values of image/format; TF-Slim writes 'jpg' and 'png'.
_FORMAT_NAMES = {'JPEG': 'JPEG', 'JPG': 'JPEG', 'PNG': 'PNG'}

# Training decodes all images to three channels.
_CHANNELS_DECODED = 3
_UPRIGHT = 1


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ExaminedRecord:
  """The facts about a record.

  Attributes:
    label: Class number; None if missing.
    text: Class name; '' if missing.
    synset: WordNet identifier of the class; '' if missing.
    filename: File name of the image; '' if missing.
    num_bytes: Length of the image file in bytes.
    height: Height in pixels as training decodes the image; 0 if it cannot be
      decoded.
    width: Width in pixels; 0 if the image cannot be decoded.
    image_format: Format of the image file: 'JPEG', 'PNG', ...; '' if it cannot
      be decoded.
    is_turned: True if EXIF asks to turn the image, which training does not do.
    digest: Hash of the image file, DIGEST_BYTES long; b'' without an image.
    signature: picture_signatures.signature of the image; b'' if it cannot be
      decoded.
    preview: Bytes of the preview of image_coder.Examination, uint8
      [PREVIEW_SIDE, PREVIEW_SIDE, 3]; b'' if the image cannot be decoded.
    flaw: Flaw of the image, from picture_flaws; '' if it has none.
    problems: Descriptions of the problems, one clause each.
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
  """Returns the facts about a record; problems are listed, never raised."""
  try:
    example = example_message.decode(serialized)
  except example_message.MessageError as error:
    return ExaminedRecord(problems=(str(error),))
  examined = ExaminedRecord(
    label=example.label,
    text=example.text,
    synset=example.synset,
    filename=example.filename,
    num_bytes=len(example.encoded),
  )
  problems: list[str] = []
  if example.label is None:
    problems.append(f'it has no {example_message.LABEL}')
  if not example.encoded:
    problems.append(f'it has no {example_message.ENCODED}')
  else:
    digest = hashlib.blake2b(example.encoded, digest_size=DIGEST_BYTES)
    examined = dataclasses.replace(examined, digest=digest.digest())
    try:
      examined, num_channels = _with_image(examined, example.encoded)
      problems += _wrong_declarations(example, examined, num_channels)
    except image_coder.ImageError as error:
      problems.append(f'its image: {error}')
  problems += filter(None, map(record_problems.box, example.boxes))
  return dataclasses.replace(examined, problems=tuple(problems))


def _with_image(
  examined: ExaminedRecord, encoded: bytes
) -> tuple[ExaminedRecord, int]:
  """Returns the record with the facts about its image, and its channels.

  Raises:
    image_coder.ImageError: The image cannot be decoded.
  """
  examination = image_coder.examine(encoded)
  # The stored size, which training sees: `examine` turns the image upright.
  header = image_reader.open_file(encoded)
  width, height = header.size
  return dataclasses.replace(
    examined,
    height=height,
    width=width,
    image_format=examination.source_format,
    is_turned=examination.source_format == 'JPEG'
    and (image_reader.orientation(header) != _UPRIGHT),
    signature=picture_signatures.signature(examination.thumbnail),
    preview=examination.preview.tobytes(),
    flaw=picture_flaws.of(examination)
    or picture_flaws.of_size(examination.width, examination.height),
  ), len(header.getbands())


def _wrong_declarations(
  example: example_message.Example, examined: ExaminedRecord, num_channels: int
) -> list[str]:
  """Returns the differences between the other fields and the image."""
  differences = []
  if examined.image_format not in _FORMATS:
    differences.append(
      f'its image is of the format {examined.image_format}, but '
      f'training reads {" and ".join(_FORMATS)}'
    )
  elif example.format and (
    _FORMAT_NAMES.get(example.format.upper()) != examined.image_format
  ):
    differences.append(
      f'{example_message.FORMAT} is {example.format!r}, but the '
      f'image is a {examined.image_format}'
    )
  for name, declared, real in (
    (example_message.HEIGHT, example.height, (examined.height,)),
    (example_message.WIDTH, example.width, (examined.width,)),
    (
      example_message.CHANNELS,
      example.channels,
      (num_channels, _CHANNELS_DECODED),
    ),
  ):
    if declared is not None and declared not in real:
      differences.append(f'{name} is {declared}, but the image has {real[0]}')
  return differences
