"""Completes a converted LiteRT (TFLite) model: names, signature, metadata.

pack   returns the content of the file

A LiteRT file is one FlatBuffer. Files that its metadata refers to follow it as
a zip archive, which the FlatBuffer's readers ignore; `unzip` finds them.
"""

import io
import zipfile
from collections.abc import Mapping

import flatbuffers
import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from inception.exporting import litert_metadata

INPUT, OUTPUT = 'image', 'probabilities'
SIGNATURE = 'serving_default'

_IDENTIFIER = b'TFL3'
# The schema requires this alignment of constants; Python's builder ignores it.
_ALIGNMENT = 16
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # Equal models give equal files.


def pack(
  model: bytes, *, description: str, metadata: bytes, files: Mapping[str, bytes]
) -> bytes:
  """Returns a model with one input and one output as a complete file.

  Args:
    model: result of the converter.
    description: description of the model.
    metadata: result of litert_metadata.metadata.
    files: {name: content} of the files that the metadata refers to.
  """
  packed = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
  packed.description = description
  _name(packed)
  packed.metadata = [*(packed.metadata or []), _entry(packed, metadata)]
  builder = _AlignedBuilder(len(model) + 2**20)
  builder.Finish(packed.Pack(builder), file_identifier=_IDENTIFIER)
  return _with_files(bytes(builder.Output()), files)


class _AlignedBuilder(flatbuffers.Builder):
  """Aligns the content of buffers as the schema requires."""

  def StartVector(self, elemSize: int, numElems: int, alignment: int) -> int:
    """Starts a vector; vectors of bytes are the buffers."""
    if elemSize == 1:
      alignment = _ALIGNMENT
    return super().StartVector(elemSize, numElems, alignment)


def _name(model: schema.ModelT) -> None:
  """Names the input, the output and a signature of them."""
  subgraph = model.subgraphs[0]
  ends = {INPUT: subgraph.inputs[0], OUTPUT: subgraph.outputs[0]}
  for name, index in ends.items():
    subgraph.tensors[index].name = name
  signature = schema.SignatureDefT()
  signature.signatureKey = SIGNATURE
  signature.subgraphIndex = 0
  signature.inputs = [_end(INPUT, ends[INPUT])]
  signature.outputs = [_end(OUTPUT, ends[OUTPUT])]
  model.signatureDefs = [signature]


def _end(name: str, index: int) -> schema.TensorMapT:
  """Returns a signature's input or output."""
  end = schema.TensorMapT()
  end.name, end.tensorIndex = name, index
  return end


def _entry(model: schema.ModelT, metadata: bytes) -> schema.MetadataT:
  """Appends a buffer with the metadata; returns the entry that refers to it."""
  buffer = schema.BufferT()
  buffer.data = np.frombuffer(metadata, np.uint8)
  model.buffers.append(buffer)
  entry = schema.MetadataT()
  entry.name = litert_metadata.BUFFER_NAME
  entry.buffer = len(model.buffers) - 1
  return entry


def _with_files(model: bytes, files: Mapping[str, bytes]) -> bytes:
  """Returns the model followed by a zip archive of the files."""
  content = io.BytesIO(model)
  content.seek(0, io.SEEK_END)
  # Android reads them in place, so they must not be compressed.
  with zipfile.ZipFile(content, 'w', zipfile.ZIP_STORED) as archive:
    for name, data in files.items():
      archive.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), data)
  return content.getvalue()
