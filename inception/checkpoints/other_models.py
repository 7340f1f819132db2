"""Recognises files that people give instead of a checkpoint.

  why_not   describes a file or folder, and what to give instead

Models are published in a dozen formats. Most of these would fail as 'damaged',
which would make people download them again.
"""

import os
import pathlib
import re
import zipfile

_GIVE = (
  "give a TensorFlow checkpoint or Keras' .h5 weights "
  '(download_inception_v3 gets one)'
)
_PYTORCH = f"is a PyTorch model, which TensorFlow's network cannot use: {_GIVE}"
_NAMED = re.compile(rb'model_checkpoint_path: *"([^"\r\n]*)"')

# (regular expression of the file's first bytes, description).
_STARTS = (
  (
    rb'(\xef\xbb\xbf)?\s*<[!?a-zA-Z]',
    'is a web page: download the model itself, from its own address',
  ),
  (
    rb'version https://git-lfs',
    'is a Git LFS pointer to a file: run git lfs pull',
  ),
  (rb'.{4}TFL3', f'is a TensorFlow Lite model: {_GIVE}'),
  (
    rb'.{8}\{"',
    f"is a safetensors file, which TensorFlow's network cannot use: {_GIVE}",
  ),
  (
    rb'\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!',
    'is an archive: unpack it and give the checkpoint in it',
  ),
  # An old torch.save is a pickle.
  (rb'\x80[\x02-\x05]', _PYTORCH),
)
# Extension -> description, for files whose content does not tell.
_ENDINGS = {
  '.pb': f'is a graph or SavedModel file, not a checkpoint: {_GIVE}',
  '.pbtxt': f'is a graph as text, not a checkpoint: {_GIVE}',
  '.onnx': f'is an ONNX model: {_GIVE}',
  '.pt': _PYTORCH,
  '.pth': _PYTORCH,
  '.tar': 'is an archive: unpack it and give the checkpoint in it',
  '.tgz': 'is an archive: unpack it and give the checkpoint in it',
  '.gz': 'is an archive: unpack it and give the checkpoint in it',
  '.zip': 'is an archive: unpack it and give the checkpoint in it',
}


def why_not(path: str | os.PathLike) -> str:
  """Describes a file or folder that holds no checkpoint.

  Args:
    path: an existing file or folder that holds no checkpoint.

  Returns:
    The rest of a sentence that begins with the path, such as 'is a PyTorch
    model, ...: give ...'; '' for an unknown file.
  """
  path = pathlib.Path(path)
  if path.is_dir():
    is_saved = any(
      (path / f'saved_model.{e}').is_file() for e in ('pb', 'pbtxt')
    )
    return f'is a SavedModel, not a checkpoint: {_GIVE}' if is_saved else ''
  try:
    with open(path, 'rb') as file:
      head = file.read(4096)
  except OSError:
    return ''
  if match := _NAMED.search(head):
    newest = match[1].decode('utf-8', 'replace')
    return (
      'is the list of the checkpoints in its folder: give '
      f'{str(path.parent)!r}, or {str(path.parent / newest)!r} itself'
    )
  if head.startswith(b'PK'):
    return _of_zip(path)
  for start, description in _STARTS:
    if re.match(start, head, re.DOTALL):
      return description
  return _ENDINGS.get(path.suffix.lower(), '')


def _of_zip(path: pathlib.Path) -> str:
  """Describes a ZIP file; Keras and PyTorch write such files, too."""
  try:
    with zipfile.ZipFile(path) as archive:
      names = archive.namelist()
  except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
    names = []
  if 'model.weights.h5' in names or path.suffix.lower() == '.keras':
    return (
      "is a complete Keras model: give its weights as model.save_weights('"
      f"{path.stem}.weights.h5') writes them"
    )
  if any(name.endswith('data.pkl') for name in names):
    return _PYTORCH
  return _ENDINGS['.zip']
