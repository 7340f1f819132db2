"""Metadata of a LiteRT (TFLite) file: preprocessing, labels, descriptions.

metadata       returns the FlatBuffer with the metadata
LABELS_FILE    name of the labels file that the metadata refers to
BUFFER_NAME    name under which a model holds the metadata
PIXEL_MEAN, PIXEL_STD   normalization of pixels in [0, 255]

MediaPipe's tasks, TFLite's task library and Android Studio read these facts and
do the preprocessing themselves. The numbers below are positions of fields in
metadata_schema.fbs of github.com/google/tflite-support, schema version 1.0.0.
"""

import numpy as np

from inception.exporting import flatbuffer_tables

BUFFER_NAME = 'TFLITE_METADATA'
LABELS_FILE = 'labels.txt'
# (pixel - mean) / std is in [-1, 1].
PIXEL_MEAN = PIXEL_STD = 127.5

_IDENTIFIER = b'M001'
_MIN_PARSER_VERSION = '1.0.0'

# ModelMetadata
_NAME, _DESCRIPTION, _VERSION, _SUBGRAPHS = 0, 1, 2, 3
_PARSER_VERSION = 7
# SubGraphMetadata, TensorMetadata and AssociatedFile begin with name and
# description too.
_INPUTS, _OUTPUTS = 2, 3
_CONTENT, _PROCESS_UNITS, _STATS, _FILES = 3, 4, 5, 6
_FILE_TYPE, _AXIS_LABELS = 2, np.int8(2)
# Content: a union of properties
_PROPERTIES_TYPE, _PROPERTIES = 0, 1
_FEATURE, _IMAGE = np.uint8(1), np.uint8(2)
# ImageProperties, ImageSize
_COLOUR_SPACE, _RGB, _DEFAULT_SIZE = 0, np.int8(1), 1
_WIDTH, _HEIGHT = 0, 1
# ProcessUnit: a union of options
_OPTIONS_TYPE, _OPTIONS, _NORMALIZATION = 0, 1, np.uint8(1)
# NormalizationOptions
_MEAN, _STD = 0, 1
# Stats
_MAX, _MIN = 0, 1

_INPUT_TEXT = (
  'RGB image, upright: the central 87.5 % of its height and of its width, '
  'resized bilinearly. {values}'
)
_FLOAT_VALUES = 'Values are (pixel - 127.5) / 127.5, in [-1, 1].'
_PIXEL_VALUES = 'Values are pixels, in [0, 255].'
_OUTPUT_TEXT = (
  'Probability of each class, in the order of labels.txt. They sum to 1 less '
  'the probability of the background class, which is never an answer.'
)


def metadata(
  *,
  name: str,
  description: str,
  version: str,
  image_size: int,
  takes_pixels: bool,
) -> bytes:
  """Returns the FlatBuffer with the metadata of a model.

  Args:
    name: name of the model.
    description: description of the model for people.
    version: version of the model; may be empty.
    image_size: height and width of the input in pixels.
    takes_pixels: True for an input of uint8 pixels, False for float32 in
      [-1, 1].
  """
  subgraph = {
    _INPUTS: [_input(image_size, takes_pixels)],
    _OUTPUTS: [_output(takes_pixels)],
  }
  return flatbuffer_tables.write(
    {
      _NAME: name,
      _DESCRIPTION: description,
      _VERSION: version,
      _SUBGRAPHS: [subgraph],
      _PARSER_VERSION: _MIN_PARSER_VERSION,
    },
    identifier=_IDENTIFIER,
  )


def _input(image_size: int, takes_pixels: bool) -> flatbuffer_tables.Table:
  size = {_WIDTH: np.uint32(image_size), _HEIGHT: np.uint32(image_size)}
  image = {_COLOUR_SPACE: _RGB, _DEFAULT_SIZE: size}
  # By the schema, a model of quantized pixels has these options as well.
  normalization = {_MEAN: [PIXEL_MEAN], _STD: [PIXEL_STD]}
  values = _PIXEL_VALUES if takes_pixels else _FLOAT_VALUES
  return {
    _NAME: 'image',
    _DESCRIPTION: _INPUT_TEXT.format(values=values),
    _CONTENT: {_PROPERTIES_TYPE: _IMAGE, _PROPERTIES: image},
    _PROCESS_UNITS: [{_OPTIONS_TYPE: _NORMALIZATION, _OPTIONS: normalization}],
    _STATS: {_MAX: [255.0], _MIN: [0.0]}
    if takes_pixels
    else {_MAX: [1.0], _MIN: [-1.0]},
  }


def _output(is_quantized: bool) -> flatbuffer_tables.Table:
  labels = {
    _NAME: LABELS_FILE,
    _DESCRIPTION: 'Names of the classes.',
    _FILE_TYPE: _AXIS_LABELS,
  }
  return {
    _NAME: 'probabilities',
    _DESCRIPTION: _OUTPUT_TEXT,
    _CONTENT: {_PROPERTIES_TYPE: _FEATURE, _PROPERTIES: {}},
    _STATS: {_MAX: [255.0 if is_quantized else 1.0], _MIN: [0.0]},
    _FILES: [labels],
  }
