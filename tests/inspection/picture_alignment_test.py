"""Tests of inception.inspection.picture_alignment."""

import numpy as np
import pytest
from PIL import Image

from inception.inspection import picture_alignment
from inception.testing import record_folders

SIDE = 32


def photo(seed=1):
  """Returns a picture of 240 x 240 pixels with details of all sizes."""
  detail = np.asarray(
    Image.fromarray(record_folders.noise(seed + 50, 24, 24)).resize((240, 240))
  )
  return record_folders.noise(seed, 240, 240) // 2 + detail // 2


def prepared(*pictures):
  return picture_alignment.prepared(
    np.stack([
      np.asarray(
        Image.fromarray(np.ascontiguousarray(picture)).resize(
          (SIDE, SIDE), Image.Resampling.BOX
        )
      )
      for picture in pictures
    ])
  )


def score(picture, other):
  """Returns the better score of the two orders of the pictures."""
  first, second = prepared(picture, other)
  return max(
    picture_alignment.match(first, second[np.newaxis])[0],
    picture_alignment.match(second, first[np.newaxis])[0],
  )


@pytest.mark.parametrize(
  'change',
  [
    lambda picture: picture,
    lambda picture: picture[:, ::-1],
    lambda picture: picture[::-1],
    lambda picture: np.rot90(picture),
    lambda picture: np.rot90(picture, 3)[:, ::-1],
    lambda picture: picture // 2 + 60,
    lambda picture: np.asarray(
      Image.fromarray(picture).convert('L').convert('RGB')
    ),
    lambda picture: picture[12:-12, 12:-12],
    lambda picture: picture[20:, 5:-15, :],
    lambda picture: picture[24:-24, 24:-24][:, ::-1],
  ],
)
def test_copies_fit(change):
  assert score(photo(), change(photo())) > picture_alignment.MIN_SCORE


def test_other_pictures_do_not_fit():
  scores = [score(photo(1), photo(seed)) for seed in range(2, 12)]
  assert max(scores) < 0.9


def test_score_of_full_pictures_is_their_correlation():
  first, second = prepared(photo(1), photo(2))
  mixed = np.rint(0.8 * first + 0.2 * second).astype(np.uint8)
  found = picture_alignment.match(first, mixed[np.newaxis])[0]
  correlation = np.corrcoef(first.ravel(), mixed.ravel())[0, 1]
  assert correlation <= found + 1e-5
  # No smaller rectangle fits better.
  np.testing.assert_allclose(found, correlation, atol=1e-4)


def test_flat_pictures_fit_nothing():
  flat = np.full([SIDE, SIDE], 90, np.uint8)
  flat[::2] += 3
  (picture,) = prepared(photo())
  found = picture_alignment.match(picture, np.stack([flat, picture]))
  assert found[0] == 0 and found[1] > 0.999
  assert picture_alignment.match(flat, flat[np.newaxis]).tolist() == [0]


def test_no_others_have_no_scores():
  (picture,) = prepared(photo())
  none = np.zeros([0, SIDE, SIDE], np.uint8)
  assert picture_alignment.match(picture, none).shape == (0,)


def test_prepared_pictures_are_grey_and_blurred():
  preview = np.zeros([1, 4, 4, 3], np.uint8)
  preview[0, 1, 1] = [0, 200, 0]
  # 200 * 0.587 = 117.4, blurred by (1, 2, 1) / 4 along both axes.
  once = np.outer([1, 2, 1, 0], [1, 2, 1, 0]) * 117.4 / 16
  np.testing.assert_array_equal(
    picture_alignment.prepared(preview), np.rint(once)[np.newaxis]
  )
  edge = np.zeros([1, 4, 4, 3], np.uint8)
  edge[0, 0] = 100
  np.testing.assert_array_equal(
    picture_alignment.prepared(edge)[0, :, 0], [75, 25, 0, 0]
  )
