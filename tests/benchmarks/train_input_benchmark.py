"""Measures what the input costs a training step; run by hand.

  python tests/benchmarks/train_input_benchmark.py [--photos=FOLDER_OR_TGZ]

For each image size, prints the rate of the step on one batch, with batches of
records and with batches of images that are kept decoded; then the CPU time per
image of these pipelines alone, and of `plain`, a straightforward tf.data
pipeline of the same light distortions. Rounds are interleaved; printed are
medians. On a machine with other work, compare the CPU times: a step and its
input keep all cores busy.
"""

import argparse
import dataclasses
import os
import statistics
import tempfile
import time

import tensorflow as tf

from inception import inception_model
from inception.input import decoded_images
from inception.input import input_pipeline
from inception.settings import config
from inception.testing import plain_images
from inception.training import train_state
from inception.training import train_step
from tests.benchmarks import benchmark_photos

_NUM_CLASSES = 5


def make_step(dtype):
  """Returns a function that makes one update from images and labels."""
  state = train_state.TrainState(
    inception_model.InceptionModel(
      num_classes=_NUM_CLASSES, compute_dtype=dtype
    )
  )
  step = train_step.make_train_step(state)
  return lambda images, labels: float(
    step(images, labels, tf.constant(0.001), tf.constant(0.0))['total_loss']
  )


def alone_ms(batches, num_batches):
  """Returns the CPU ms per image of a pipeline without a consumer.

  Batches that are prepared but not used are in both counts, and cancel out.
  """
  seconds = []
  for count in (2, 2 + num_batches):
    start = time.process_time()
    for images, _ in batches.take(count):
      batch_size = images.shape[0]
    seconds.append(time.process_time() - start)
  return (seconds[1] - seconds[0]) / num_batches / batch_size * 1000


def step_ms(step, iterator, num_steps):
  """Returns (CPU, wall) ms per image of steps on the iterator's batches."""
  num_images = 0
  start, cpu = time.perf_counter(), time.process_time()
  for _ in range(num_steps):
    images, labels = next(iterator)
    step(images, labels)
    num_images += images.shape[0]
  return (
    (time.process_time() - cpu) / num_images * 1000,
    (time.perf_counter() - start) / num_images * 1000,
  )


def repeated(batch):
  while True:
    yield batch


def measure(size, data, settings, decoded, step, args):
  """Prints the lines of one image size."""
  settings = dataclasses.replace(settings, image_size=size)
  pipelines = {
    'plain': benchmark_photos.plain_batches(
      data, settings, plain_images.light_image
    ),
    'records': input_pipeline.train_batches(data, settings),
    'decoded': input_pipeline.train_batches(data, settings, decoded=decoded),
  }
  alone = {name: [] for name in pipelines}
  for _ in range(args.rounds):
    for name, batches in pipelines.items():
      alone[name].append(alone_ms(batches, args.steps))
  sources = {
    'step only': repeated(next(iter(pipelines['records']))),
    'records': iter(pipelines['records']),
    'decoded': iter(pipelines['decoded']),
  }
  steps = {name: [] for name in sources}
  for iterator in sources.values():
    step_ms(step, iterator, 1)
  for _ in range(args.rounds):
    for name, iterator in sources.items():
      steps[name].append(step_ms(step, iterator, args.steps))
  cpu_only, wall_only = map(statistics.median, zip(*steps['step only']))
  plain = statistics.median(alone['plain'])
  print(f'{size} pixels')
  print(f'  {"plain":10s} alone {plain:6.2f} CPU ms/image')
  for name, rows in steps.items():
    cpu, wall = map(statistics.median, zip(*rows))
    print(
      f'  {name:10s} step {cpu:7.1f} CPU ms/image (ratio {cpu_only / cpu:.3f}),'
      f' {1000 / wall:6.1f} images/s (ratio {wall_only / wall:.3f})'
    )
    if name in alone:
      own = statistics.median(alone[name])
      print(
        f'  {name:10s} alone {own:6.2f} CPU ms/image, {plain / own:.2f} times '
        f'as fast as plain, bound {cpu_only / (cpu_only + own):.3f}'
      )


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument(
    '--quick', action='store_true', help='tiny: only shows that it runs'
  )
  parser.add_argument('--photos', default='', help='folder or .tgz of JPEGs')
  parser.add_argument(
    '--sizes', type=int, nargs='+', default=[128, 160, 224, 299]
  )
  parser.add_argument('--batch_size', type=int, default=32)
  parser.add_argument('--rounds', type=int, default=5)
  parser.add_argument('--steps', type=int, default=8, help='steps per round')
  parser.add_argument('--threads', type=int, default=4)
  parser.add_argument(
    '--precision', choices=('float32', 'bfloat16'), default='bfloat16'
  )
  args = parser.parse_args()
  if args.quick:
    args.sizes, args.batch_size, args.rounds, args.steps = [75], 2, 1, 1
  photos = benchmark_photos.load(args.photos, 1000, quick=args.quick)
  with tempfile.TemporaryDirectory() as folder:
    data = benchmark_photos.write(folder, photos, num_shards=1)
    settings = config.InputConfig(
      data_dir=folder,
      seed=0,
      augmentation='light',
      num_preprocess_threads=args.threads,
      batch_size=args.batch_size,
    )
    start, cpu = time.perf_counter(), time.process_time()
    decoded = decoded_images.load(data, settings, decoded_images.max_bytes())
    if decoded is None:
      parser.exit(1, 'there is not enough memory for the decoded images\n')
    print(
      f'{len(photos)} images, {os.cpu_count()} cores, TensorFlow '
      f'{tf.__version__}, {args.precision}; decoded once: '
      f'{decoded.pixels.shape[0] / 1e6:.0f} MB in '
      f'{time.perf_counter() - start:.1f} s '
      f'({(time.process_time() - cpu) / len(photos) * 1000:.2f} CPU ms/image)'
    )
    step = make_step(tf.as_dtype(args.precision))
    for size in args.sizes:
      measure(size, data, settings, decoded, step, args)


if __name__ == '__main__':
  main()
