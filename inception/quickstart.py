"""The whole workflow by one command: bazel run //inception:quickstart.

Draws pictures of five kinds of flowers, then runs the four commands on them as
a user would, each shown before it runs. Needs no network, no pretrained model
and no GPU. A second run over the same folder goes on where the first one was.
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
from collections.abc import Sequence

from absl import flags

from inception.cli import command
from inception.cli import stop_signal
from inception.jobs import atomic_files
from inception.jobs import errors
from inception.settings import config

FLAGS = flags.FLAGS

_PICTURES_PER_CLASS = 280
_VALIDATION_PER_CLASS = 40
_MAX_VALIDATION_PER_CLASS = 100

# Chosen for two cores and two and a half minutes. RMSProp's 2016 settings are
# for days: on these pictures, after as many steps, Adam is right where RMSProp
# still guesses (tests/benchmarks/RESULTS.md).
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

# What a sound installation reaches on the drawn pictures, with a margin.
_EXPECTED_PRECISION = 0.9

_SCRIPTS = {
  'download_and_preprocess_flowers': (
    'data/download_and_preprocess_flowers.py'
  ),
  'build_image_data': 'data/build_image_data.py',
  'flowers_train': 'flowers_train.py',
  'flowers_eval': 'flowers_eval.py',
}
# Absolute, but through Bazel's links: the files beside it are the runfiles.
_PACKAGE = pathlib.Path(__file__).absolute().parent


def _define_flags() -> None:
  flags.DEFINE_string(
    'work_dir',
    config.temporary_folder('inception_quickstart'),
    'Folder for everything that is made; nothing in it is deleted.',
  )
  flags.DEFINE_string(
    'photos',
    '',
    'Photographs to use instead of drawn pictures: a folder with one folder '
    'for each class, or a .tgz or .zip file of one, such as flower_photos.tgz.',
  )


_define_flags()


def main(argv: Sequence[str]) -> int:
  """Runs the workflow; returns the exit code."""
  command.check_no_arguments(argv)
  start = time.monotonic()
  photos = command.resolve_path(FLAGS.photos)
  if photos and not pathlib.Path(photos).exists():
    raise errors.UserError(
      f'--photos: there is no {photos!r}: give a folder, or a .tgz or .zip file'
    )
  work = pathlib.Path(command.resolve_path(FLAGS.work_dir)).absolute()
  command.make_folder(str(work), 'work_dir')
  work = work / _run_name(photos)
  _say(f'Everything this makes is in {work}.')
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


def _say(text: str) -> None:
  print(f'\n{text}')


def _run_name(photos: str) -> str:
  """Returns the folder of a run: other photographs get another one."""
  if not photos:
    return 'drawn'
  path = str(pathlib.Path(photos).resolve())
  return 'photos-' + hashlib.sha256(path.encode('utf-8')).hexdigest()[:8]


def _draw(work: pathlib.Path) -> pathlib.Path:
  """Draws the pictures; returns an archive laid out as flower_photos.tgz."""
  from inception.data.flowers import drawn_flowers

  folder = work / 'flower_photos'
  _say(
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
  """Returns an archive of the user's photographs."""
  if photos.is_file():
    return photos
  archive = work / 'photos.tar'
  _say(f'Packing {photos} into {archive}.')
  _pack(photos, archive)
  return archive


def _pack(folder: pathlib.Path, archive: pathlib.Path) -> None:
  """Packs a folder so that equal folders give equal archives."""

  def plain(member):
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
      f'({error.strerror}): make room, or give another --work_dir'
    ) from error


def _validation_share(archive: pathlib.Path) -> int:
  """Returns a fifth of the smallest class, at most 100."""
  from inception.downloads import archives

  counts: dict[str, int] = {}
  try:
    paths = [name.split('/') for name in archives.file_names(archive)]
    # The folders of classes may lie in one folder, beside other files.
    depth = 3 if any(len(parts) >= 3 for parts in paths) else 2
    for parts in paths:
      if len(parts) >= depth:
        counts[parts[-2]] = counts.get(parts[-2], 0) + 1
  except (archives.ArchiveError, OSError) as error:
    raise errors.UserError(
      f'--photos: {error} (give a folder, or a whole .tgz or .zip file)'
    ) from error
  if not counts:
    raise errors.UserError(
      '--photos holds no folders of images: put the images of each class '
      'into a folder of their own'
    )
  return max(1, min(_MAX_VALIDATION_PER_CLASS, min(counts.values()) // 5))


def _commands(
  work: pathlib.Path, archive: pathlib.Path, validation_per_class: int
) -> list[tuple[str, list[str]]]:
  """Returns (command, arguments) of the four, in order."""
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
  """Returns the command line as the user would type it here."""
  if sys.platform == 'win32':
    return subprocess.list2cmdline([
      f'bazel-bin\\inception\\{name}.exe',
      *arguments,
    ])
  return shlex.join([f'bazel-bin/inception/{name}', *arguments])


def _run_all(work, archive, validation_per_class) -> list[str]:
  """Runs the four commands; returns what the last one printed."""
  for name, arguments in _commands(work, archive, validation_per_class):
    _say(f'$ {_typed(name, arguments)}')
    code, lines = _run(name, arguments)
    if code:
      print(
        f'quickstart: {name} ended with exit code {code}, see above; '
        'the next run of quickstart goes on from there.',
        file=sys.stderr,
      )
      # -N is the end by signal N, which shells call 128 + N.
      sys.exit(code if code > 0 else 128 - code)
  return lines


def _run(name: str, arguments: Sequence[str]) -> tuple[int, list[str]]:
  """Runs a command, showing what it prints; returns (exit code, lines).

  Ctrl-C reaches the command too: it is left to save and end by itself. So it
  is with a terminal that is closed.
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
  lines = []
  try:
    while True:
      try:
        for line in process.stdout:
          print(line, end='')
          lines.append(line.rstrip('\n'))
        return process.wait(), lines
      except KeyboardInterrupt:
        continue
  finally:
    for number, handler in before.items():
      signal.signal(number, handler)


def _pass_on_signals(process: subprocess.Popen) -> dict[int, object]:
  """Lets a command end by itself; returns the handlers of before."""

  def hang_up(number, _):
    stop_signal.survive_output()
    process.send_signal(number)

  before = {signal.SIGTERM: signal.getsignal(signal.SIGTERM)}
  signal.signal(signal.SIGTERM, lambda *_: process.terminate())
  number = getattr(signal, 'SIGHUP', None)
  # Ignored from the start by nohup.
  if number and signal.getsignal(number) != signal.SIG_IGN:
    before[number] = signal.signal(number, hang_up)
  return before


def _conclude(
  lines: Sequence[str], work: pathlib.Path, *, drawn: bool, seconds: float
) -> int:
  """Says what came out and what to do next; returns the exit code."""
  result = next((line for line in lines if 'precision @ 1 =' in line), '')
  _say(f'Done in {datetime.timedelta(seconds=round(seconds))}: {result}')
  if not drawn:
    print(
      'That is from random weights, after a few minutes: a pretrained '
      'model makes it far better (README.md, "Get the pretrained model").'
    )
    return 0
  match = re.search(r'precision @ 1 = (\d\.\d+)', result)
  if match is None or float(match[1]) < _EXPECTED_PRECISION:
    print(
      f'quickstart: precision @ 1 should be over {_EXPECTED_PRECISION} on '
      'these pictures: something is wrong with this installation; '
      f'everything it made is in {work}.',
      file=sys.stderr,
    )
    return 1
  print("""
Next, the real flowers (README.md has each step, and the same for Windows):
  ./bazelw build //inception/...
  bazel-bin/inception/download_and_preprocess_flowers flowers-data
  bazel-bin/inception/flowers_train --train_dir=flowers-train \\
    --data_dir=flowers-data --fine_tune=True --initial_learning_rate=0.001 \\
    --pretrained_model_checkpoint_path=PATH_OF_THE_PRETRAINED_MODEL
  bazel-bin/inception/flowers_eval --eval_dir=flowers-eval \\
    --data_dir=flowers-data --checkpoint_dir=flowers-train --run_once
or your own photographs, one folder a class:
  ./bazelw run //inception:quickstart -- --photos=FOLDER""")
  return 0


if __name__ == '__main__':
  command.run(main)
