"""Tests of inception.inspection.record_examination."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from inception.data.curation import picture_signatures
from inception.images import image_coder
from inception.inspection import record_examination
from inception.testing import record_folders

SOUND = record_folders.record(1, 2, synset='n1', filename='a.jpg')


def problem_of(record):
  (problem,) = record_examination.examine(record).problems
  return problem


def test_valid_record_is_examined():
  encoded = record_folders.picture(1)
  examined = record_examination.examine(SOUND)
  assert examined == record_examination.ExaminedRecord(
    label=2,
    text='roses',
    synset='n1',
    filename='a.jpg',
    num_bytes=len(encoded),
    height=48,
    width=64,
    image_format='JPEG',
    digest=hashlib.blake2b(encoded, digest_size=16).digest(),
    signature=picture_signatures.signature(
      image_coder.examine(encoded).thumbnail
    ),
    preview=image_coder.examine(encoded).preview.tobytes(),
  )
  assert len(examined.digest) == record_examination.DIGEST_BYTES
  assert len(examined.signature) == picture_signatures.SIGNATURE_BYTES


@pytest.mark.parametrize(
  ('record', 'told'),
  [
    (b'nonsense', 'it is no tf.train.Example'),
    (
      record_folders.with_field(SOUND, 'image/class/label', 1, 2),
      'image/class/label has 2 values',
    ),
    (
      record_folders.with_field(SOUND, 'image/class/label'),
      'it has no image/class/label',
    ),
    (
      record_folders.with_field(SOUND, 'image/encoded'),
      'it has no image/encoded',
    ),
    (
      record_folders.with_field(SOUND, 'image/encoded', b''),
      'it has no image/encoded',
    ),
    (
      record_folders.with_field(SOUND, 'image/encoded', b'words'),
      'its image: not an image',
    ),
    (
      record_folders.with_field(
        SOUND, 'image/encoded', record_folders.picture(1)[:-200]
      ),
      'its image: truncated JPEG',
    ),
    (
      record_folders.with_field(SOUND, 'image/height', 47),
      'image/height is 47, but the image has 48',
    ),
    (
      record_folders.with_field(SOUND, 'image/width', 63),
      'image/width is 63, but the image has 64',
    ),
    (
      record_folders.with_field(SOUND, 'image/channels', 1),
      'image/channels is 1, but the image has 3',
    ),
    (
      record_folders.with_field(SOUND, 'image/format', b'PNG'),
      "image/format is 'PNG', but the image is a JPEG",
    ),
    (
      record_folders.with_field(SOUND, 'image/format', b'film'),
      "image/format is 'film', but the image is a JPEG",
    ),
    (
      record_folders.record(
        1, encoded=record_folders.picture(1, file_format='PNG')
      ),
      "image/format is 'JPEG', but the image is a PNG",
    ),
    (
      record_folders.record(
        1, encoded=record_folders.picture(1, file_format='WEBP')
      ),
      'its image is of the format WEBP, but training reads JPEG and PNG',
    ),
  ],
)
def test_problems_are_reported(record, told):
  assert problem_of(record).startswith(told)


@pytest.mark.parametrize(
  'box',
  [
    (0.0, 0.0, 1.5, 1.0),
    (0.5, 0.0, 0.5, 1.0),
    (-0.5, 0.0, 1.0, 1.0),
    (0.0, 0.75, 1.0, 0.25),
    (float('nan'), 0.0, 1.0, 1.0),
  ],
)
def test_box_outside_the_image_is_reported(box):
  record = record_folders.record(1, boxes=[(0.0, 0.0, 1.0, 1.0)])
  for side, value in zip(('ymin', 'xmin', 'ymax', 'xmax'), box):
    record = record_folders.with_field(
      record,
      f'image/object/bbox/{side}',
      0.0 if side[1:] == 'min' else 1.0,
      value,
    )
  assert problem_of(record) == (
    'a box is not ymin < ymax and xmin < xmax within [0, 1]: '
    + ', '.join(f'{value:g}' for value in box)
  )


def test_every_problem_of_a_record_is_reported():
  record = record_folders.with_field(SOUND, 'image/height', 1)
  record = record_folders.with_field(record, 'image/class/label')
  assert len(record_examination.examine(record).problems) == 2


@pytest.mark.parametrize('name', [b'png', b'PNG', b''])
def test_pngs_of_tf_slim_are_accepted(name):
  # TF-Slim writes only these five fields.
  png = record_folders.picture(1, file_format='PNG')
  record = b''
  for field, value in (
    ('encoded', png),
    ('format', name),
    ('class/label', 4),
    ('height', 48),
    ('width', 64),
  ):
    record = record_folders.with_field(record, f'image/{field}', value)
  examined = record_examination.examine(record)
  assert examined.problems == ()
  assert examined.image_format == 'PNG'


def test_grey_images_may_declare_the_decoded_channels():
  grey = record_folders.picture(1, mode='L')
  record = record_folders.record(
    1, encoded=grey
  )  # The record declares 3 channels.
  assert not record_examination.examine(record).problems
  record = record_folders.with_field(record, 'image/channels', 1)
  assert not record_examination.examine(record).problems
  record = record_folders.with_field(record, 'image/channels', 4)
  assert problem_of(record) == 'image/channels is 4, but the image has 1'


def test_turned_image_has_the_size_that_training_sees():
  record = record_folders.record(
    1, encoded=record_folders.picture(1, orientation=6)
  )
  examined = record_examination.examine(record)
  assert (examined.height, examined.width) == (48, 64)
  assert examined.is_turned
  assert not examined.problems
  assert not record_examination.examine(SOUND).is_turned


@pytest.mark.parametrize(
  ('image', 'flaw'),
  [
    (np.full([48, 64, 3], 90, np.uint8), 'of one colour'),
    (record_folders.noise(1) // 20, 'nearly black'),
    (
      record_folders.noise(1, height=48, width=200),
      'more than 4 times as long as wide',
    ),
    (record_folders.noise(1), ''),
  ],
)
def test_pictures_that_show_hardly_anything_are_marked(image, flaw):
  buffer = io.BytesIO()
  Image.fromarray(image).save(buffer, 'JPEG', quality=95)
  height, width, _ = image.shape
  examined = record_examination.examine(
    record_folders.record(
      1, encoded=buffer.getvalue(), height=height, width=width
    )
  )
  assert examined.flaw == flaw
  assert not examined.problems
