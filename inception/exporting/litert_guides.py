"""Writes the instructions beside a LiteRT (TFLite) file.

write   writes classify.py and ANDROID.md

classify.py is a script that imports nothing of this program and runs wherever
the file does. Both prepare a photograph as image_processing.eval_image does.
"""

import os
import pathlib
import string

from inception.exporting import litert_files
from inception.jobs import atomic_files

SCRIPT, ANDROID = 'classify.py', 'ANDROID.md'

_TEMPLATES = pathlib.Path(__file__).absolute().parent / 'templates'

_FLOATS = {
  'input_type': 'float32',
  'values': '(pixel - 127.5) / 127.5, in [-1, 1]',
  'output_type': 'float32, in [0, 1]',
  'write_input': (
    'inputs[0].writeFloat(FloatArray(pixels.size) { pixels[it] / 127.5f - 1f })'
  ),
  'read_output': 'val probabilities = outputs[0].readFloat()',
}
_BYTES = {
  'input_type': 'uint8',
  'values': 'pixels, in [0, 255]',
  'output_type': 'uint8, in units of 1/256',
  'write_input': (
    'inputs[0].writeInt8('
    'ByteArray(pixels.size) { pixels[it].roundToInt().toByte() })'
  ),
  'read_output': (
    'val probabilities = outputs[0].readInt8().map { '
    '(it.toInt() and 255) / 256f }'
  ),
}


def write(
  model_path: str | os.PathLike,
  *,
  image_size: int,
  num_classes: int,
  variant: str,
) -> None:
  """Writes classify.py and ANDROID.md into the folder of a LiteRT file.

  Args:
    model_path: path of the file.
    image_size: height and width of the file's input in pixels.
    num_classes: number of classes without the background class.
    variant: one of litert_files.VARIANTS.

  Raises:
    OSError: they cannot be written.
  """
  model_path = pathlib.Path(model_path)
  facts = {
    'model_file': model_path.name,
    'image_size': image_size,
    'num_classes': num_classes,
    **(_BYTES if variant == litert_files.INT8 else _FLOATS),
  }
  for name in (SCRIPT, ANDROID):
    template = (_TEMPLATES / f'{name}.txt').read_text(encoding='utf-8')
    text = string.Template(template).substitute(facts)
    atomic_files.write_text(model_path.with_name(name), text)
