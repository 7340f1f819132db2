"""Tests of class activation maps."""

import io

import numpy as np
from PIL import Image

from inception.prediction import activation_maps
from inception.testing import image_folders


def test_map_is_the_weighted_sum_by_hand():
  maps = np.float32([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])
  weights = np.float32([[0, 10], [0, -1]])
  np.testing.assert_array_equal(
    activation_maps.activation_map(maps, weights, 1),
    # The weights less their mean over the classes: 10 - 5 and -1 + 0.5.
    [[5 - 1, 15 - 2], [25 - 3, 35 - 4]],
  )


def test_mean_of_the_map_is_the_logit_among_all_logits():
  rng = np.random.default_rng(1)
  maps = rng.normal(size=(3, 4, 8)).astype(np.float32)
  weights = rng.normal(size=(8, 6)).astype(np.float32)
  logits = maps.mean(axis=(0, 1)) @ weights
  for label in range(6):
    activation = activation_maps.activation_map(maps, weights, label)
    np.testing.assert_allclose(
      activation.mean(), logits[label] - logits.mean(), atol=1e-5
    )


def test_overlay_colours_the_evidence_for_the_class():
  jpeg = image_folders.image_file(3, height=160, width=320)
  activation = np.float32([[1, -1], [-1, -1]])
  plain = np.asarray(Image.open(io.BytesIO(jpeg)), int)
  drawn = Image.open(io.BytesIO(activation_maps.overlay(jpeg, activation)))
  change = np.abs(np.asarray(drawn, int) - plain).max(-1)
  assert drawn.size == (320, 160)
  # The strongest place, half red; the far corner and the margin as they were.
  assert change[14:30, 24:60].mean() > 40
  assert change[110:, 220:].mean() < 3
  assert change[:6].mean() < 3


def test_overlay_of_a_large_picture_is_shrunk():
  jpeg = image_folders.image_file(3, height=1000, width=2048)
  drawn = activation_maps.overlay(jpeg, np.zeros([8, 8], np.float32))
  assert Image.open(io.BytesIO(drawn)).size == (1024, 500)


def test_file_names_are_distinct_and_reproducible():
  names = ['a/1.jpg', 'b/1.png', 'b/2.jpg', 'b/X.jpg', 'c/x.jpg', 'b/2.jpg']
  found = activation_maps.file_names(names)
  assert found['b/2.jpg'] == '2.explained.jpg'
  assert len({name.lower() for name in found.values()}) == 5
  assert found == activation_maps.file_names(names[::-1])


def test_long_file_names_are_cut_and_stay_distinct():
  names = [f'{"花" * 80}{i}.jpg' for i in range(3)]
  found = list(activation_maps.file_names(names).values())
  assert len(set(found)) == 3
  assert all(len(name.encode()) <= 230 for name in found)
  assert all(name.startswith('花' * 66 + '-') for name in found)
