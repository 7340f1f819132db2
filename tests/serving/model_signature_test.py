"""Tests of the names and shapes of the model's outputs."""

import asyncio

import numpy as np

from inception.serving import model_signature
from inception.testing import served_model


def test_outputs_have_the_declared_shapes():
  service = served_model.service(top_k=2)
  files = [served_model.picture(colour) for colour in ('#ff0000', '#0000ff')]
  found = asyncio.run(service.classify_all(files))
  outputs = model_signature.outputs(service, found)
  shapes = model_signature.output_shapes(service)
  assert shapes == {
    'answer': [-1],
    'classes': [-1, 2],
    'scores': [-1, 2],
    'class_names': [-1, 3],
    'probabilities': [-1, 3],
  }
  assert list(outputs) == list(shapes)
  for name, rows in outputs.items():
    assert list(np.shape(rows)) == [2, *shapes[name][1:]]
  assert [row[0] for row in outputs['classes']] == ['red', 'blue']
  assert outputs['answer'] == ['red', 'blue']
  assert outputs['class_names'][1] == ['red', 'green', 'blue']
  assert outputs['scores'][1][0] == outputs['probabilities'][1][2]


def test_top_k_is_at_most_the_number_of_classes():
  shapes = model_signature.output_shapes(served_model.service(top_k=5))
  assert shapes['classes'] == [-1, 3]


def test_malformed_requests_are_the_clients_fault():
  assert model_signature.refused('reason').status_code == 400
