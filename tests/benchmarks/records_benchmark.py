"""Measures images per second of the command that writes records; run by hand.

  python tests/benchmarks/records_benchmark.py [--photos=FOLDER] [--rounds=5]
  python tests/benchmarks/records_benchmark.py --large=1000 --rounds=2
  python tests/benchmarks/records_benchmark.py --tiny=200000

Compares build_image_data with `plain`, a straightforward writer: it calls
tf.io.decode_jpeg on each file for its shape, and writes one tf.train.Example
per file, two shards per subset, split at random. Both are measured as processes
from start to end, alternately and into a new folder each time; printed are
medians with the range. The files are in the page cache. The time of
build_image_data includes decoding every file fully and comparing it with all
others, which `plain` does not do.

--large makes that many photographs of 12 megapixels: 40 different ones, and
copies of them that differ in a comment. --tiny makes that many images of 16 x
16 pixels, and a tenth of them, and prints the memory per image.

This process imports neither NumPy nor TensorFlow, since on Linux the peak
memory of a child process starts at that of its parent.
"""

import argparse
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

_ROOT = pathlib.Path(__file__).absolute().parents[2]
_CLASSES = 5
_DIFFERENT_LARGE = 40
_TINY_CLASSES = 100

_COMMAND = 'data.build_image_data'


def plain(photos: pathlib.Path, out: pathlib.Path) -> None:
  """Writes records of the JPEGs in a straightforward way."""
  import tensorflow as tf

  def integers(value):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))

  def text(value):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

  labels = {
    name: label
    for label, name in enumerate(
      sorted(path.name for path in photos.iterdir()), start=1
    )
  }
  files = sorted(photos.glob('*/*'))
  random.Random(0).shuffle(files)
  num_validation = len(files) * 15 // 100
  for subset, part in (
    ('validation', files[:num_validation]),
    ('train', files[num_validation:]),
  ):
    for shard in range(2):
      name = out / f'{subset}-{shard:05d}-of-00002'
      with tf.io.TFRecordWriter(str(name)) as writer:
        for path in part[shard::2]:
          encoded = path.read_bytes()
          height, width, channels = tf.io.decode_jpeg(encoded, channels=3).shape
          writer.write(
            tf.train.Example(
              features=tf.train.Features(
                feature={
                  'image/height': integers(height),
                  'image/width': integers(width),
                  'image/channels': integers(channels),
                  'image/colorspace': text(b'RGB'),
                  'image/format': text(b'JPEG'),
                  'image/class/label': integers(labels[path.parent.name]),
                  'image/class/text': text(path.parent.name.encode()),
                  'image/filename': text(path.name.encode()),
                  'image/encoded': text(encoded),
                }
              )
            ).SerializeToString()
          )


def make_photos(
  folder: pathlib.Path, count: int, width: int, height: int, different: int
) -> None:
  """Writes photo-like JPEGs with shapes of all sizes, and grain.

  Only `different` files have different pixels; the others are copies of them
  with different bytes.
  """
  import io

  import numpy as np
  from PIL import Image

  random_state = np.random.default_rng(0)
  grain = random_state.normal(0, 5, (height, width, 1)).astype(np.float32)
  for i in range(min(count, different)):
    pixels = np.full((height, width, 3), 128, np.float32)
    side = 2
    while side <= width:
      # Equal contrast at every size; each size is half of the one before.
      layer = Image.fromarray(
        random_state.integers(
          0, 256, (side * height // width + 1, side, 3), np.uint8
        )
      )
      pixels += (
        np.asarray(layer.resize((width, height)), np.float32) - 128
      ) * (0.5 if side < 32 else 12 / side)
      side *= 2
    pixels += np.roll(grain, i * 997, axis=1)
    buffer = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(
      buffer, 'JPEG', quality=90
    )
    jpeg = buffer.getvalue()
    for number in range(i, count, different):
      comment = b'\xff\xfe\x00\x0a%08d' % number if number != i else b''
      path = folder / f'class{number % _CLASSES}' / f'{number:06d}.jpg'
      path.parent.mkdir(parents=True, exist_ok=True)
      path.write_bytes(jpeg[:2] + comment + jpeg[2:])


def make_tiny(folder: pathlib.Path, count: int) -> None:
  """Writes images of 16 x 16 random pixels."""
  import numpy as np
  from PIL import Image

  random_state = np.random.default_rng(0)
  for i in range(_TINY_CLASSES):
    (folder / f'class{i:03d}').mkdir(parents=True)
  for i in range(count):
    Image.fromarray(random_state.integers(0, 256, (16, 16, 3), np.uint8)).save(
      folder / f'class{i % _TINY_CLASSES:03d}' / f'{i:07d}.jpg'
    )


def _command(*arguments) -> list[str]:
  return [sys.executable, '-m', f'inception.{_COMMAND}', *arguments]


def _self(name: str, *arguments) -> list[str]:
  """Returns the command that calls a function above in a new process."""
  return [sys.executable, __file__, f'--call={name}', *map(str, arguments)]


def run(arguments: list[str]) -> tuple[float, float]:
  """Runs a process; returns its seconds and its peak memory in MB."""
  environment = {
    **os.environ,
    'PYTHONPATH': str(_ROOT),
    'TF_CPP_MIN_LOG_LEVEL': '2',
  }
  megabytes = float('nan')
  with tempfile.TemporaryFile() as log:
    begin = time.perf_counter()
    process = subprocess.Popen(
      arguments, env=environment, stdout=log, stderr=log
    )
    if hasattr(os, 'wait4'):
      _, status, usage = os.wait4(process.pid, 0)
      process.returncode = os.waitstatus_to_exitcode(status)
      megabytes = usage.ru_maxrss / (1e6 if sys.platform == 'darwin' else 1e3)
    seconds = time.perf_counter() - begin
    if process.wait():
      log.seek(0)
      raise RuntimeError(log.read().decode(errors='replace'))
  return seconds, megabytes


def _warm(folder: pathlib.Path) -> tuple[int, int]:
  """Reads all files into the page cache; returns (number of files, bytes)."""
  sizes = [
    len(path.read_bytes()) for path in folder.rglob('*') if path.is_file()
  ]
  return len(sizes), sum(sizes)


def compare(photos: pathlib.Path, rounds: int, threads: int) -> None:
  """Prints a row for each of the two, and the ratio of their speeds."""
  num_files, num_bytes = _warm(photos)
  print(
    f'{num_files:,} files, {num_bytes / 1e6:,.1f} MB; {rounds} rounds, '
    f'{os.cpu_count()} cores'
  )
  print(
    f'{"":18s}{"images/s":>10s}{"min":>9s}{"max":>9s}{"seconds":>9s}{"MB":>8s}'
  )
  measured = {'build_image_data': [], 'plain': []}
  for _ in range(rounds):
    for name, results in measured.items():
      with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, 'out')
        out.mkdir()
        results.append(
          run(
            _self('plain', photos, out)
            if name == 'plain'
            else _command(
              f'--image_directory={photos}',
              f'--output_directory={out}',
              '--train_shards=2',
              '--validation_shards=2',
              f'--num_threads={threads}',
            )
          )
        )
  for name, results in measured.items():
    seconds = [second for second, _ in results]
    print(
      f'{name:18s}{num_files / statistics.median(seconds):10,.1f}'
      f'{num_files / max(seconds):9,.1f}{num_files / min(seconds):9,.1f}'
      f'{statistics.median(seconds):9.2f}'
      f'{max(peak for _, peak in results):8,.0f}',
      flush=True,
    )
  ratios = [other / ours for (ours, _), (other, _) in zip(*measured.values())]
  print(
    f'{"ratio":18s}{statistics.median(ratios):10.2f}{min(ratios):9.2f}'
    f'{max(ratios):9.2f}',
    flush=True,
  )


def measure_memory(count: int, home: pathlib.Path, threads: int) -> None:
  """Prints time and memory for a tenth of the tiny images, and for all."""
  print(
    f'{"tiny images":>12s}{"seconds":>9s}{"images/s":>10s}{"MB":>8s}'
    f'{"again, s":>10s}'
  )
  peaks = {}
  for number in (count // 10, count):
    photos, out = home / f'tiny{number}', home / f'out{number}'
    run(_self('make_tiny', photos, number))
    arguments = _command(
      f'--image_directory={photos}',
      f'--output_directory={out}',
      f'--num_threads={threads}',
    )
    seconds, peaks[number] = run(arguments)
    again, _ = run(arguments)
    print(
      f'{number:12,d}{seconds:9.1f}{number / seconds:10,.0f}'
      f'{peaks[number]:8,.0f}{again:10.1f}',
      flush=True,
    )
    shutil.rmtree(photos)
    shutil.rmtree(out)
  more = peaks[count] - peaks[count // 10]
  print(
    f'{more * 1e6 / (count - count // 10):,.0f} bytes of memory per image',
    flush=True,
  )


def _called(name: str, *arguments: str) -> None:
  {
    'plain': lambda photos, out: plain(pathlib.Path(photos), pathlib.Path(out)),
    'make_photos': lambda folder, *numbers: make_photos(
      pathlib.Path(folder), *map(int, numbers)
    ),
    'make_tiny': lambda folder, count: make_tiny(
      pathlib.Path(folder), int(count)
    ),
  }[name](*arguments)


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument(
    '--photos',
    type=pathlib.Path,
    help=('folder with one folder of JPEGs for each class'),
  )
  parser.add_argument(
    '--images',
    type=int,
    default=1000,
    help=('number of images of 320 x 240 pixels to make without --photos'),
  )
  parser.add_argument('--rounds', type=int, default=5)
  parser.add_argument(
    '--threads',
    type=int,
    default=os.cpu_count(),
    help='--num_threads of build_image_data',
  )
  parser.add_argument(
    '--large',
    type=int,
    default=0,
    help='compare on this number of images of 4000 x 3000 pixels',
  )
  parser.add_argument(
    '--tiny',
    type=int,
    default=0,
    help='measure the memory for this number of tiny images',
  )
  parser.add_argument(
    '--quick', action='store_true', help='tiny: only shows that it runs'
  )
  parser.add_argument('--call', default='', help=argparse.SUPPRESS)
  parser.add_argument('arguments', nargs='*', help=argparse.SUPPRESS)
  args = parser.parse_args()
  if args.call:
    _called(args.call, *args.arguments)
    return
  with tempfile.TemporaryDirectory() as folder:
    home = pathlib.Path(folder)
    if args.tiny:
      measure_memory(args.tiny, home, args.threads)
    elif args.large:
      run(
        _self(
          'make_photos',
          home / 'large',
          args.large,
          4000,
          3000,
          _DIFFERENT_LARGE,
        )
      )
      compare(home / 'large', args.rounds, args.threads)
    else:
      photos = args.photos
      if not photos:
        photos = home / 'photos'
        count = 20 if args.quick else args.images
        run(_self('make_photos', photos, count, 320, 240, count))
      compare(photos, 1 if args.quick else args.rounds, args.threads)
    if args.quick:
      measure_memory(2000, home, args.threads)


if __name__ == '__main__':
  main()
