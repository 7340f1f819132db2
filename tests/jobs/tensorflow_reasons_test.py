"""Tests of extracting the reason from TensorFlow's error messages."""

import pytest

from inception.jobs import tensorflow_reasons

NODE = '{{function_node __wrapped__IteratorGetNext_device_/job:localhost}}'


@pytest.mark.parametrize(
  ('message', 'reason'),
  [
    ('All is lost.', 'All is lost'),
    (
      f'{NODE} All bounding box coordinates must be in [0.0, 1.0]: 1.2\n\t '
      '[[{{node sample/SampleDistortedBoundingBoxV2}}]] [Op:IteratorGetNext] '
      'name: ',
      'All bounding box coordinates must be in [0.0, 1.0]: 1.2',
    ),
    (
      'Error in user-defined function passed to ParallelMapDatasetV2:34 '
      'transformation with iterator: Iterator::Root::Prefetch::BatchV2::'
      'ParallelMapV2: Input is empty.\n\t [[{{node DecodeJpeg}}]]',
      'Input is empty',
    ),
    (
      f'{NODE} Error in user-defined function passed to MapDataset:7 '
      'transformation with iterator: Iterator::Root::Map: {{function_node f}} '
      'Unknown image file format. [[{{node DecodeImage}}]] [Op:IteratorNext]',
      'Unknown image file format',
    ),
    (
      f'{NODE} /x/y; No such file or directory [Op:IteratorGetNext] name: ',
      '/x/y; No such file or directory',
    ),
    ('\n\nlate', 'late'),
    ('', ''),
  ],
)
def test_reason_is_extracted(message, reason):
  assert tensorflow_reasons.reason(message) == reason
