"""Tests of mean activation maps, computed by hand."""

import dataclasses

import numpy as np

from inception.evaluation import class_activations
from inception.testing import answers


def test_maps_of_correct_examples_are_averaged():
  made = answers.make(
    [[0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], [1, 1, 2, 2]
  )
  maps = np.arange(4 * 12, dtype=np.float32).reshape(4, 3, 4)
  found = class_activations.compute(dataclasses.replace(made, maps=maps))
  np.testing.assert_array_equal(found.maps[0], (maps[0] + maps[1]) / 2)
  np.testing.assert_array_equal(found.maps[1], maps[3])
  assert np.isnan(found.maps[2]).all() and found.maps.shape == (3, 3, 4)
  assert found.num_examples.tolist() == [2, 1, 0]


def test_share_of_the_border():
  maps = np.ones([4, 4, 4])
  maps[1, 1:-1, 1:-1] = 7  # 12 at the border, 28 inside.
  maps[2] = -1
  maps[2, 1, 1] = 5
  maps[3] = -1
  found = class_activations.ClassActivations(
    maps=maps, num_examples=np.ones(4, np.int64)
  )
  np.testing.assert_allclose(found.border_share, [0.75, 0.3, 0, np.nan])
  assert found.even_share == 0.75


def test_no_maps():
  assert class_activations.compute(answers.make([[0, 1]], [1])) is None
  tiny = class_activations.compute(
    dataclasses.replace(
      answers.make([[0, 1]], [1]), maps=np.ones([1, 2, 2], np.float32)
    )
  )
  assert tiny.even_share == 1 and tiny.border_share.tolist() == [1]
