"""Seconds from a command to its first result, the start of Python included.

The programs take turns, each in a process of its own, on a few photographs:

  training     flowers_train --recipe=modern, until its first step is made
  last layer   the same with --trainable_scopes=head, whose first step needs the
               features of all 64 photographs
  evaluation   flowers_eval of one batch of 32, until its precision is printed

The disk is warm from the second round on; the first is not counted:

  python tests/benchmarks/start_benchmark.py [--quick] \\
    [--checkpoint=PRETRAINED --rounds=5]
"""

import argparse
import pathlib
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence

from inception.testing import commands
from inception.testing import datasets
from inception.testing import trained_models

_NUM_PHOTOS = 64


def seconds_until(text: str, command: str, arguments: Sequence[str]) -> float:
  """Returns the seconds until a command prints a line that contains a text.

  The command runs to its end.

  Raises:
    SystemExit: it failed, or never printed such a line.
  """
  start = time.perf_counter()
  found, lines = 0.0, []
  with commands.start(command, arguments, stderr=subprocess.STDOUT) as process:
    for line in process.stdout:
      if text in line and not found:
        found = time.perf_counter() - start
      lines.append(line)
  if process.returncode or not found:
    raise SystemExit(f'{command} failed:\n{"".join(lines[-20:])}')
  return found


def programs(
  folder: pathlib.Path,
  checkpoint: str,
  train_flags: Sequence[str],
  all_layers_flags: Sequence[str],
) -> dict[str, tuple[str, str, list[str]]]:
  """Returns {title: (text of the first result, command, its arguments)}.

  Args:
    folder: Folder of `records` and of what the programs write.
    checkpoint: Pretrained network.
    train_flags: Further flags of each training.
    all_layers_flags: Further flags of the training of all layers.
  """
  records = f'--data_dir={folder / "records"}'
  train = [
    records,
    f'--pretrained_model_checkpoint_path={checkpoint}',
    '--fine_tune',
    '--recipe=modern',
    '--max_steps=1',
    '--seed=1',
    *train_flags,
  ]
  return {
    'training': (
      ': step 0,',
      'flowers_train',
      [*train, *all_layers_flags, f'--train_dir={folder / "all"}'],
    ),
    'last layer': (
      ': step 0,',
      'flowers_train',
      [*train, f'--train_dir={folder / "head"}', '--trainable_scopes=head'],
    ),
    'evaluation': (
      'precision @ 1',
      'flowers_eval',
      [
        records,
        f'--checkpoint_dir={folder / "all"}',
        f'--eval_dir={folder / "eval"}',
        '--subset=train',
        '--num_examples=32',
        '--run_once',
      ],
    ),
  }


def main() -> None:
  """Measures and prints the table."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--checkpoint', default='', help='a pretrained network')
  parser.add_argument('--rounds', type=int, default=5)
  parser.add_argument(
    '--quick', action='store_true', help='tiny: only shows that it runs'
  )
  args = parser.parse_args()
  num_photos, size = _NUM_PHOTOS, 320
  train_flags, all_layers_flags = [], []
  if args.quick:
    args.rounds, num_photos, size = 1, 4, 96
    train_flags = ['--image_size=75', '--batch_size=2', '--precision=float32']
    all_layers_flags = [
      '--eval_image_size=75',
      '--batch_norm_recalibration_batches=0',
    ]
  times: dict[str, list[float]] = {}
  with tempfile.TemporaryDirectory() as name:
    base = pathlib.Path(name)
    checkpoint = args.checkpoint or trained_models.write(base)
    # Further rounds start from nothing, as the first does.
    for index in range(args.rounds + (not args.quick)):
      folder = base / f'round {index}'
      records = folder / 'records'
      records.mkdir(parents=True)
      datasets.write(
        records,
        {'train': num_photos, 'validation': 2},
        class_names=trained_models.CLASS_NAMES,
        size=size,
      )
      runs = programs(folder, checkpoint, train_flags, all_layers_flags)
      for title, program in runs.items():
        found = seconds_until(*program)
        if index or args.quick:
          times.setdefault(title, []).append(found)
  for title, found in times.items():
    print(
      f'{title:10} {statistics.median(found):5.1f} s '
      f'({min(found):.1f}-{max(found):.1f})'
    )


if __name__ == '__main__':
  main()
