"""Tests that mobile libraries find the facts, at the positions of the schema.

The positions here are those of metadata_schema.fbs of tflite-support.
"""

import pytest

from inception.exporting import litert_metadata
from inception.testing import flatbuffer_reader


def read(takes_pixels):
  """Returns the metadata's root, its input and its output."""
  data = litert_metadata.metadata(
    name='flowers',
    description='Classifies flowers.',
    version='150',
    image_size=299,
    takes_pixels=takes_pixels,
  )
  assert data[4:8] == b'M001'
  root = flatbuffer_reader.root(data)
  (subgraph,) = root.tables(3)
  (image,), (probabilities,) = subgraph.tables(2), subgraph.tables(3)
  return root, image, probabilities


def test_model_is_described():
  root, _, _ = read(takes_pixels=False)
  assert root.text(0) == 'flowers'
  assert root.text(1) == 'Classifies flowers.'
  assert root.text(2) == '150'
  assert root.text(7) == '1.0.0'


@pytest.mark.parametrize(
  ('takes_pixels', 'values', 'extremes'),
  [
    (False, r'Values are (pixel - 127.5) / 127.5, in [-1, 1].', (1, -1)),
    (True, r'Values are pixels, in [0, 255].', (255, 0)),
  ],
)
def test_input_is_a_normalized_rgb_image(takes_pixels, values, extremes):
  _, image, _ = read(takes_pixels)
  assert image.text(0) == 'image'
  assert 'central 87.5 %' in image.text(1)
  assert image.text(1).endswith(values)
  content = image.table(3)
  assert content.number(0) == 2  # ContentProperties.ImageProperties
  properties = content.table(1)
  assert properties.number(0) == 1  # ColorSpaceType.RGB
  size = properties.table(1)
  assert (size.number(0, bits=32), size.number(1, bits=32)) == (299, 299)
  (unit,) = image.tables(4)
  assert unit.number(0) == 1  # ProcessUnitOptions.NormalizationOptions
  assert unit.table(1).floats(0) == [127.5]
  assert unit.table(1).floats(1) == [127.5]
  stats = image.table(5)
  assert (*stats.floats(0), *stats.floats(1)) == extremes


@pytest.mark.parametrize(('takes_pixels', 'most'), [(False, 1), (True, 255)])
def test_output_is_probabilities_with_labels(takes_pixels, most):
  _, _, probabilities = read(takes_pixels)
  assert probabilities.text(0) == 'probabilities'
  assert 'in the order of labels.txt' in probabilities.text(1)
  assert probabilities.table(3).number(0) == 1  # FeatureProperties
  stats = probabilities.table(5)
  assert (*stats.floats(0), *stats.floats(1)) == (most, 0)
  (labels,) = probabilities.tables(6)
  assert labels.text(0) == 'labels.txt'
  assert labels.number(2) == 2  # AssociatedFileType.TENSOR_AXIS_LABELS
