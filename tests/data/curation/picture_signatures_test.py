"""Tests of inception.data.curation.picture_signatures."""

import numpy as np
import pytest

from inception.data.curation import picture_signatures
from inception.testing import tiny_pictures


def distance(a, b):
  """Returns the number of gradient bits in which two signatures differ."""
  a, b = (int.from_bytes(one[:32], 'big') for one in (a, b))
  return (a ^ b).bit_count()


def test_bits_mark_the_brighter_neighbour():
  falling = np.repeat(
    np.repeat(
      np.arange(200, 30, -10, dtype=np.uint8)[None, :, None], 17, axis=0
    ),
    3,
    axis=2,
  )
  across = picture_signatures.signature(falling)
  down = picture_signatures.signature(falling.transpose(1, 0, 2))
  rising = picture_signatures.signature(falling[:, ::-1])
  count = lambda one: int.from_bytes(one[:32], 'big').bit_count()  # noqa: E731
  assert (count(across), count(down), count(rising)) == (128, 128, 0)
  assert distance(across, down) == 256
  assert distance(across, rising) == 128


def test_flat_areas_ignore_noise():
  noisy = tiny_pictures.BLANK + np.random.default_rng(0).integers(
    3, size=tiny_pictures.BLANK.shape, dtype=np.uint8
  )
  assert picture_signatures.signature(noisy)[:32] == bytes(32)
  assert picture_signatures.signature(tiny_pictures.BLANK) == bytes(32) + bytes(
    [90] * 48
  )


def test_colours_are_the_means_of_a_grid():
  thumbnail = tiny_pictures.BLANK.copy()
  thumbnail[:, 13:, 2] = 250  # The last cell begins at 12.75 pixels.
  colours = np.frombuffer(
    picture_signatures.signature(thumbnail)[32:], np.uint8
  ).reshape(3, 4, 4)
  assert (colours[:2] == 90).all() and (colours[2, :, :3] == 90).all()
  assert (colours[2, :, 3] == round((4 * 250 + 0.25 * 90) / 4.25)).all()


def test_batch_equals_single_signatures():
  thumbnails = np.stack([tiny_pictures.blobs(seed) for seed in range(5)])
  together = picture_signatures.signatures(thumbnails)
  assert together.shape == (5, picture_signatures.SIGNATURE_BYTES)
  for thumbnail, row in zip(thumbnails, together):
    assert picture_signatures.signature(thumbnail) == row.tobytes()


@pytest.mark.parametrize(
  'thumbnail',
  [
    np.zeros((17, 17, 3)),
    np.zeros((16, 17, 3), np.uint8),
    np.zeros((17, 17), np.uint8),
  ],
)
def test_wrong_thumbnail_is_refused(thumbnail):
  with pytest.raises(ValueError, match=r'thumbnails must be uint8 \[n, 17'):
    picture_signatures.signature(thumbnail)
