"""Runs the entire workflow with one command: bazel run //inception:quickstart.

Draws pictures of five kinds of flowers, then runs the four commands on them as
a user would, each shown before it runs. Needs no network, no pretrained model
and no GPU. A second run with the same folder resumes the first one.
"""

import datetime
import hashlib
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tarfile
import time
import types
from collections.abc import Callable, Sequence
from typing import Any

from absl import flags

from inception.cli import command
from inception.cli import stop_signal
from inception.jobs import atomic_files
from inception.jobs import errors
from inception.settings import config

FLAGS = flags.FLAGS

# Handler of a signal; None stands for one that Python did not install.
_Handler = Callable[[int, types.FrameType | None], Any] | int | None

_PICTURES_PER_CLASS = 280
_VALIDATION_PER_CLASS = 40
_MAX_VALIDATION_PER_CLASS = 100

# Chosen for two and a half minutes on two cores. RMSProp's settings of 2016 are
# for days of training: on these pictures, after the same number of steps, Adam
# has converged where RMSProp still guesses (tests/benchmarks/RESULTS.md).
_TRAINING = (
  '--image_size=80',
  '--batch_size=32',
  '--max_steps=450',
  '--optimizer=adam',
  '--initial_learning_rate=0.002',
  '--learning_rate_schedule=cosine',
  '--augmentation=light',
  '--precision=auto',
  '--seed=1',
  '--input_queue_memory_factor=2',
)
_EVALUATION = (
  '--image_size=80',
  '--input_queue_memory_factor=1',
  '--precision=auto',
  '--run_once',
)

# Precision of a working installation on the drawn pictures, less a margin.
_EXPECTED_PRECISION = 0.9

_SCRIPTS = {
  'download_and_preprocess_flowers': (
    'data/download_and_preprocess_flowers.py'
  ),
  'build_image_data': 'data/build_image_data.py',
  'flowers_train': 'flowers_train.py',
  'flowers_eval': 'flowers_eval.py',
}
# Absolute but not resolved: beside Bazel's links are the other runfiles.
_PACKAGE = pathlib.Path(__file__).absolute().parent


def _define_flags() -> None:
  flags.DEFINE_string(
    'work_dir',
    config.temporary_folder('inception_quickstart'),
    'Folder for all output; no existing file in it is deleted.',
  )
  flags.DEFINE_string(
    'photos',
    '',
    'Photographs to use instead of drawn pictures: a folder with one subfolder '
    'per class, or a .tgz or .zip file of one, such as flower_photos.tgz.',
  )


_define_flags()


def main(argv: Sequence[str]) -> int:
  """Runs the workflow, and returns the exit code."""
  command.check_no_arguments(argv)
  start = time.monotonic()
  photos = command.resolve_path(FLAGS.photos)
  if photos and not pathlib.Path(photos).exists():
    raise errors.UserError(
      f'--photos: {photos!r} does not exist: give a folder, or a .tgz or .zip '
      'file'
    )
  work = pathlib.Path(command.resolve_path(FLAGS.work_dir)).absolute()
  command.make_folder(str(work), 'work_dir')
  work = work / _run_name(photos)
  _print(f'All output goes to {work}.')
  work.mkdir(exist_ok=True)
  if photos:
    archive = _archive_of(pathlib.Path(photos).absolute(), work)
    per_class = _validation_share(archive)
  else:
    archive, per_class = _draw(work), _VALIDATION_PER_CLASS
  lines = _run_all(work, archive, per_class)
  return _conclude(
    lines, work, drawn=not photos, seconds=time.monotonic() - start
  )


def _print(text: str) -> None:
  """Prints a line, separated from the output before it."""
  print(f'\n{text}')


def _run_name(photos: str) -> str:
  """Returns the name of the run's folder; different photos get another one."""
  if not photos:
    return 'drawn'
  path = str(pathlib.Path(photos).resolve())
  return 'photos-' + hashlib.sha256(path.encode('utf-8')).hexdigest()[:8]


def _draw(work: pathlib.Path) -> pathlib.Path:
  """Draws the pictures, and packs them with the layout of flower_photos.tgz."""
  from inception.data.flowers import drawn_flowers

  folder = work / 'flower_photos'
  _print(
    f'Drawing {_PICTURES_PER_CLASS} pictures of each of '
    f'{len(drawn_flowers.CLASS_NAMES)} kinds of flowers in {folder}.'
  )
  drawn = drawn_flowers.write_pictures(
    folder,
    pictures_per_class=_PICTURES_PER_CLASS,
    report=lambda done, total: print(f'{done} of {total}'),
  )
  archive = work / 'flower_photos.tar'
  if drawn or not archive.exists():
    _pack(folder, archive)
  return archive


def _archive_of(photos: pathlib.Path, work: pathlib.Path) -> pathlib.Path:
  """Returns an archive of the user's photographs, packing a folder first."""
  if photos.is_file():
    return photos
  archive = work / 'photos.tar'
  _print(f'Packing {photos} into {archive}.')
  _pack(photos, archive)
  return archive


def _pack(folder: pathlib.Path, archive: pathlib.Path) -> None:
  """Packs a folder such that equal folders give equal archives."""

  def plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ''
    member.mode = 0o755 if member.isdir() else 0o644
    return member if member.isdir() or member.isreg() else None

  try:
    with atomic_files.writing(archive) as temporary:
      with tarfile.open(temporary, 'w') as tar:
        tar.add(folder, arcname='flower_photos', filter=plain)
  except OSError as error:
    raise errors.UserError(
      f'cannot pack {str(folder)!r} into {str(archive)!r} '
      f'({error.strerror}): free some disk space, or give another --work_dir'
    ) from error


def _validation_share(archive: pathlib.Path) -> int:
  """Returns the number of validation images per class.

  It is a fifth of the smallest class, but at least 1 and at most 100.
  """
  from inception.downloads import archives

  counts: dict[str, int] = {}
  try:
    paths = [name.split('/') for name in archives.file_names(archive)]
    # The classes' folders may be in one folder, beside other files.
    depth = 3 if any(len(parts) >= 3 for parts in paths) else 2
    for parts in paths:
      if len(parts) >= depth:
        counts[parts[-2]] = counts.get(parts[-2], 0) + 1
  except (archives.ArchiveError, OSError) as error:
    raise errors.UserError(
      f'--photos: {error} (give a folder, or a complete .tgz or .zip file)'
    ) from error
  if not counts:
    raise errors.UserError(
      '--photos contains no folders of images: put the images of each class '
      'into a folder of their own'
    )
  return max(1, min(_MAX_VALIDATION_PER_CLASS, min(counts.values()) // 5))


def _commands(
  work: pathlib.Path, archive: pathlib.Path, validation_per_class: int
) -> list[tuple[str, list[str]]]:
  """Returns (command, arguments) of the four commands, in order."""
  flowers, own = work / 'flowers-data', work / 'own-data'
  train, evaluation = work / 'train', work / 'eval'
  return [
    (
      'download_and_preprocess_flowers',
      [
        str(flowers),
        f'--archive={archive}',
        f'--validation_per_class={validation_per_class}',
      ],
    ),
    (
      'build_image_data',
      [
        f'--train_directory={flowers / "raw-data" / "train"}',
        f'--validation_directory={flowers / "raw-data" / "validation"}',
        f'--labels_file={flowers / "raw-data" / "labels.txt"}',
        f'--output_directory={own}',
      ],
    ),
    (
      'flowers_train',
      [f'--train_dir={train}', f'--data_dir={own}', *_TRAINING],
    ),
    (
      'flowers_eval',
      [
        f'--eval_dir={evaluation}',
        f'--data_dir={own}',
        f'--checkpoint_dir={train}',
        *_EVALUATION,
      ],
    ),
  ]


def _typed(name: str, arguments: Sequence[str]) -> str:
  """Returns the command line as the user would type it on this system."""
  if sys.platform == 'win32':
    return subprocess.list2cmdline([
      f'bazel-bin\\inception\\{name}.exe',
      *arguments,
    ])
  return shlex.join([f'bazel-bin/inception/{name}', *arguments])


def _run_all(
  work: pathlib.Path, archive: pathlib.Path, validation_per_class: int
) -> list[str]:
  """Runs the four commands, and returns the output of the last one."""
  for name, arguments in _commands(work, archive, validation_per_class):
    _print(f'$ {_typed(name, arguments)}')
    code, lines = _run(name, arguments)
    if code:
      print(
        f'quickstart: {name} ended with exit code {code}, see above; '
        'the next run of quickstart resumes there.',
        file=sys.stderr,
      )
      # -N means killed by signal N, for which shells return 128 + N.
      sys.exit(code if code > 0 else 128 - code)
  return lines


def _run(name: str, arguments: Sequence[str]) -> tuple[int, list[str]]:
  """Runs a command and prints its output; returns (exit code, lines).

  Ctrl-C and the closing of the terminal reach the command, too; it is given the
  time to save and to end by itself.
  """
  environment = os.environ | {
    'PYTHONPATH': str(_PACKAGE.parent),
    'PYTHONIOENCODING': 'utf-8:backslashreplace',
  }
  process = subprocess.Popen(
    [sys.executable, str(_PACKAGE / _SCRIPTS[name]), *arguments],
    env=environment,
    stdin=subprocess.DEVNULL,
    stdout=subprocess.PIPE,
    encoding='utf-8',
    errors='backslashreplace',
  )
  before = _pass_on_signals(process)
  lines: list[str] = []
  try:
    while True:
      try:
        for line in process.stdout or ():
          print(line, end='')
          lines.append(line.rstrip('\n'))
        return process.wait(), lines
      except KeyboardInterrupt:
        continue
  finally:
    for number, handler in before.items():
      signal.signal(number, handler)


def _pass_on_signals(process: subprocess.Popen[str]) -> dict[int, _Handler]:
  """Passes signals on to a process; returns {signal: previous handler}."""

  def hang_up(number: int, _: types.FrameType | None) -> None:
    stop_signal.survive_output()
    process.send_signal(number)

  before: dict[int, _Handler] = {
    signal.SIGTERM: signal.getsignal(signal.SIGTERM)
  }
  signal.signal(signal.SIGTERM, lambda *_: process.terminate())
  number = getattr(signal, 'SIGHUP', None)
  # nohup makes the signal ignored from the start; it stays so.
  if number and signal.getsignal(number) != signal.SIG_IGN:
    before[number] = signal.signal(number, hang_up)
  return before


def _conclude(
  lines: Sequence[str], work: pathlib.Path, *, drawn: bool, seconds: float
) -> int:
  """Prints the result and the next steps; returns the exit code."""
  result = next((line for line in lines if 'precision @ 1 =' in line), '')
  _print(f'Done in {datetime.timedelta(seconds=round(seconds))}: {result}')
  if not drawn:
    print(
      'This training started from random weights and took a few minutes; a '
      'pretrained model gives far better results (README.md, "Get the '
      'pretrained model").'
    )
    return 0
  match = re.search(r'precision @ 1 = (\d\.\d+)', result)
  if match is None or float(match[1]) < _EXPECTED_PRECISION:
    print(
      f'quickstart: precision @ 1 should be over {_EXPECTED_PRECISION} on '
      'these pictures: something is wrong with this installation; all output '
      f'is in {work}.',
      file=sys.stderr,
    )
    return 1
  print("""
Next, the real flowers (README.md explains each step, for Windows too):
  ./bazelw build //inception/...
  bazel-bin/inception/download_and_preprocess_flowers flowers-data
  bazel-bin/inception/flowers_train --train_dir=flowers-train \\
    --data_dir=flowers-data --fine_tune=True --initial_learning_rate=0.001 \\
    --pretrained_model_checkpoint_path=PATH_OF_THE_PRETRAINED_MODEL
  bazel-bin/inception/flowers_eval --eval_dir=flowers-eval \\
    --data_dir=flowers-data --checkpoint_dir=flowers-train --run_once
or your own photographs, one folder per class:
  ./bazelw run //inception:quickstart -- --photos=FOLDER""")
  return 0


if __name__ == '__main__':
  command.run(main)
