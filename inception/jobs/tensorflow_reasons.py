"""Extracts the reason from TensorFlow's error messages.

  reason   an error's text -> its reason, without the names of a graph's nodes

The texts begin with nodes in braces or with the data set's transformation, end
with the operation in brackets, and may have several lines:

  {{function_node __wrapped__...}} Error in user-defined function passed to
  ParallelMapDatasetV2:34 transformation with iterator: Iterator::Root::...:
  Input is empty. [[{{node DecodeJpeg}}]] [Op:IteratorGetNext] name:
"""

import re

_NODES = re.compile(r'\{\{.*?\}\}')
_TRANSFORMATION = re.compile(
  r'Error in user-defined function passed to \S+ transformation with '
  r'iterator: \S+ '
)


def reason(message: str) -> str:
  """Returns the reason given in an error's text, as one line."""
  line = next((line for line in message.split('\n') if line.strip()), '')
  line = _TRANSFORMATION.sub('', _NODES.sub('', line))
  line = line.partition(' [Op:')[0].partition(' [[')[0]
  return ' '.join(line.split()).rstrip('.')
