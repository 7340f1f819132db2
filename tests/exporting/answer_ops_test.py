"""Tests of the answers in a graph, against those of `predict`."""

import numpy as np
import pytest
import tensorflow as tf

from inception.checkpoints import threshold
from inception.exporting import answer_ops
from inception.prediction import answers

_NAMES = ('daisy', 'R\u00f6schen', 'tulip')
_LOGITS = np.random.default_rng(3).normal(size=[40, 4]).astype(np.float32) * 2


@pytest.mark.parametrize(
  'rule',
  [
    None,
    threshold.Rule(temperature=1.0, threshold=0.6),
    threshold.Rule(temperature=2.5, threshold=0.4),
  ],
)
def test_answers_are_those_of_predict(rule):
  outputs = answer_ops.answers(
    tf.constant(_LOGITS), class_names=_NAMES, rule=rule
  )
  powers = np.exp(_LOGITS.astype(np.float64))
  probabilities = powers / powers.sum(axis=1, keepdims=True)
  np.testing.assert_allclose(
    outputs['probabilities'], probabilities[:, 1:], rtol=1e-6
  )
  for i, row in enumerate(probabilities):
    expected = answers.answer_of(
      '', row, class_names=_NAMES, top_k=3, rule=rule
    )
    assert outputs['answer'][i].numpy().decode() == expected.name
    assert [name.decode() for name in outputs['classes'][i].numpy()] == [
      candidate.name for candidate in expected.candidates
    ]
    np.testing.assert_allclose(
      outputs['scores'][i],
      [candidate.probability for candidate in expected.candidates],
      rtol=1e-6,
    )
  if rule:
    assert len(set(outputs['answer'].numpy())) == 4


def test_every_output_has_the_batch():
  outputs = answer_ops.answers(
    tf.constant(_LOGITS), class_names=_NAMES, rule=None
  )
  assert {output.shape[0] for output in outputs.values()} == {len(_LOGITS)}
  assert outputs['class_names'][7].numpy()[1].decode() == _NAMES[1]


def test_at_most_five_classes_are_listed():
  outputs = answer_ops.answers(
    tf.zeros([1, 9]), class_names=list('abcdefgh'), rule=None
  )
  assert outputs['classes'].numpy()[0].tolist() == [
    b'a',
    b'b',
    b'c',
    b'd',
    b'e',
  ]
