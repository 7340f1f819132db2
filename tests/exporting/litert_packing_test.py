"""Tests that a packed model still runs, and carries its names and files."""

import io
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

from inception.exporting import litert_packing

METADATA = b'1234M001 anything'
FILES = {'labels.txt': 'R\u00f6schen\n'.encode(), 'more.txt': b''}


@pytest.fixture(name='packed', scope='module')
def _packed():
  """Returns a packed model that multiplies by a matrix of 1 to 32."""
  matrix = np.arange(1, 33, dtype=np.float32).reshape(8, 4)
  function = tf.function(
    lambda image: tf.matmul(image, matrix),
    input_signature=[tf.TensorSpec([None, 8], tf.float32)],
  )
  converter = tf.lite.TFLiteConverter.from_concrete_functions([
    function.get_concrete_function()
  ])
  return litert_packing.pack(
    converter.convert(),
    description='Multiplies.',
    metadata=METADATA,
    files=FILES,
  )


def test_model_runs_by_its_names(packed):
  interpreter = tf.lite.Interpreter(model_content=packed)
  assert interpreter.get_signature_list() == {
    'serving_default': {'inputs': ['image'], 'outputs': ['probabilities']}
  }
  assert interpreter.get_input_details()[0]['name'] == 'image'
  assert interpreter.get_output_details()[0]['name'] == 'probabilities'
  run = interpreter.get_signature_runner('serving_default')
  result = run(image=np.ones([2, 8], np.float32))['probabilities']
  # The sums of the columns: 8 times their means of 15 to 18.
  np.testing.assert_allclose(result, [[120, 128, 136, 144]] * 2)


def test_metadata_is_added_to_the_converters(packed):
  model = schema.Model.GetRootAs(packed, 0)
  assert schema.Model.ModelBufferHasIdentifier(packed, 0)
  assert model.Description() == b'Multiplies.'
  entries = [model.Metadata(i) for i in range(model.MetadataLength())]
  buffers = {entry.Name(): entry.Buffer() for entry in entries}
  assert b'min_runtime_version' in buffers
  data = model.Buffers(buffers[b'TFLITE_METADATA']).DataAsNumpy()
  assert data.tobytes() == METADATA


def test_constants_are_aligned_as_the_schema_demands(packed):
  model = schema.Model.GetRootAs(packed, 0)
  start = np.frombuffer(packed, np.uint8).ctypes.data
  offsets = [
    model.Buffers(i).DataAsNumpy().ctypes.data - start
    for i in range(model.BuffersLength())
    if model.Buffers(i).DataLength()
  ]
  assert len(offsets) >= 2
  assert all(offset % 16 == 0 for offset in offsets)


def test_files_are_stored_without_compression(packed):
  with zipfile.ZipFile(io.BytesIO(packed)) as archive:
    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == FILES
    for entry in archive.infolist():
      assert entry.compress_type == zipfile.ZIP_STORED
      # Absolute positions, for readers that expect them.
      assert packed[entry.header_offset :].startswith(b'PK\3\4')
