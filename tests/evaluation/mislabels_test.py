"""Tests that wrong labels are found, by hand and among drawn ones."""

import numpy as np
import pytest

from inception.evaluation import mislabels


def test_suspects_equal_hand_computed_ones():
  probabilities = np.array([
    [0.9, 0.1],
    [0.7, 0.3],
    [0.1, 0.9],  # Labelled 1, and surer than the mean of class 2: suspect.
    [0.2, 0.8],
    [0.4, 0.6],
    [0.52, 0.48],  # Labelled 2, but below the mean of class 1.
  ])
  labels = np.array([1, 1, 1, 2, 2, 2])
  # Means: of class 1 (0.9 + 0.7 + 0.1) / 3 = 0.567; of 2 it is 0.627.
  assert mislabels.find(probabilities, labels) == [
    mislabels.Suspect(index=2, label=1, suggested=2, margin=pytest.approx(0.8))
  ]


def test_most_certain_suspects_come_first():
  probabilities = np.array([[0.95, 0.05], [0.2, 0.8], [0.1, 0.9], [0.3, 0.7]])
  found = mislabels.find(probabilities, np.array([1, 1, 1, 2]))
  assert [suspect.index for suspect in found] == [2, 1]


def test_class_without_examples_is_never_suggested():
  probabilities = np.array([[0.1, 0.2, 0.7], [0.3, 0.6, 0.1]])
  assert not mislabels.find(probabilities, np.array([1, 2]))


def test_planted_wrong_labels_are_found():
  rng = np.random.default_rng(4)
  true = rng.integers(1, 5, 2000)
  logits = rng.normal(size=(2000, 4))
  logits[np.arange(2000), true - 1] += 5
  probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
  labels = true.copy()
  planted = rng.choice(2000, 100, replace=False)
  labels[planted] = labels[planted] % 4 + 1
  found = mislabels.find(probabilities, labels)
  hits = {suspect.index for suspect in found} & set(planted.tolist())
  # An example counts only above its class's mean confidence, so not all are.
  assert len(hits) >= 80
  assert len(hits) >= 0.8 * len(found)
  right = sum(suspect.suggested == true[suspect.index] for suspect in found)
  assert right >= 0.8 * len(found)
