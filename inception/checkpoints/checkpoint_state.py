"""The state file of a folder of checkpoints: TensorFlow's `checkpoint`.

It is a protocol buffer as text that names the newest checkpoint, and all that
the program keeps.

  read                     returns its content
  write                    replaces it atomically
  restored_after_an_error  restores it after an error in a block
  last_part                returns the name in a path of any system
  temporary_prefix         makes a name to write a file or checkpoint under
"""

import contextlib
import os
import pathlib
import re
import shutil
from collections.abc import Iterator, Sequence

from inception.checkpoints import file_moves
from inception.jobs import atomic_files

FILE_NAME = 'checkpoint'

_STATE_LINE = re.compile(
  rb'^[ \t]*(?P<field>(?:all_)?model_checkpoint_paths?)[ \t]*:[ \t]*'
  rb'"(?P<value>(?:[^"\\\r\n]|\\.)*)"',
  re.MULTILINE,
)
_ESCAPE = re.compile(rb'\\([0-7]{1,3}|.)')
_ESCAPED = {b'n': b'\n', b't': b'\t', b'r': b'\r'}


def read(directory: str | os.PathLike) -> tuple[str | None, list[str]]:
  """Returns (newest, all) as in the state file; (None, []) without one."""
  newest: str | None = None
  every: list[str] = []
  with contextlib.suppress(OSError, UnicodeDecodeError):
    state = pathlib.Path(directory, FILE_NAME).read_bytes()
    for match in _STATE_LINE.finditer(state):
      value = _ESCAPE.sub(_unescaped, match['value']).decode('utf-8')
      if match['field'] == b'model_checkpoint_path':
        newest = value
      else:
        every.append(value)
  return newest, every


def write(directory: str, names: Sequence[str]) -> None:
  """Writes the state file; the last name is the newest.

  The names exclude the folder, so that it may be moved.
  """
  quoted = ['"' + name.replace('"', r'\"') + '"' for name in names]
  lines = [f'model_checkpoint_path: {quoted[-1]}']
  lines += [f'all_model_checkpoint_paths: {name}' for name in quoted]
  path = os.path.join(directory, FILE_NAME)
  temporary = temporary_prefix(path)
  try:
    with open(temporary, 'w', encoding='utf-8', newline='\n') as file:
      file.write('\n'.join(lines) + '\n')
    atomic_files.sync_file(temporary)
    atomic_files.replace(temporary, path)
  except OSError:
    file_moves.unlink(temporary)
    raise


@contextlib.contextmanager
def restored_after_an_error(directory: str) -> Iterator[None]:
  """Restores the state file from a copy after an error in the block.

  The copy is made beforehand, because a full disk takes no new file.
  """
  path = os.path.join(directory, FILE_NAME)
  copy = temporary_prefix(path)
  try:
    if os.path.exists(path):
      shutil.copyfile(path, copy)
    try:
      yield
    except OSError:
      with contextlib.suppress(OSError):
        if os.path.exists(copy):
          atomic_files.replace(copy, path)
        else:
          os.unlink(path)
      raise
  finally:
    file_moves.unlink(copy)


def last_part(path: str) -> str:
  r"""Returns what follows the last / or \, whichever system wrote the path."""
  return re.split(r'[\\/]', path)[-1]


def temporary_prefix(prefix: str) -> str:
  """Returns a name in the same folder that no other save uses."""
  return f'{prefix}.tmp-{os.urandom(4).hex()}'


def _unescaped(match: re.Match) -> bytes:
  code = match[1]
  if code.isdigit():
    return bytes([int(code, 8) & 0xFF])
  return _ESCAPED.get(code, code)
