"""Measures a training step against the matrix product and Keras' InceptionV3.

Ours and Keras' step get the same random batch. The share of the matrix rate is
the step's arithmetic per second divided by that of a product of two square
matrices. Rounds are interleaved, so that a drift in the machine's speed affects
all of them; the processor's time is less affected by other programs.

  python tests/benchmarks/train_step_benchmark.py [--quick] [--no_keras]
"""

import argparse
import statistics
import time

import keras
import tensorflow as tf

from tests.benchmarks import peer_worker

_NUM_CLASSES = 5
_MATRIX_SIZE = 4096
# Forward and backward, of an image of 299 x 299 pixels.
_IMAGE_GFLOP = 34.2


def keras_step(batch_size, size, dtype, *, compiled):
  """Returns the step of Keras' network with RMSprop by train_on_batch.

  Args:
    batch_size: number of images.
    size: height and width in pixels.
    dtype: dtype of the arithmetic.
    compiled: whether Keras may compile the step by XLA, as is its default; it
      takes a minute.
  """
  keras.mixed_precision.set_global_policy(
    'float32' if dtype == tf.float32 else 'mixed_bfloat16'
  )
  model = keras.applications.InceptionV3(
    weights=None, classes=_NUM_CLASSES, input_shape=(size, size, 3)
  )
  model.compile(
    keras.optimizers.RMSprop(0.001, momentum=0.9),
    'sparse_categorical_crossentropy',
    jit_compile='auto' if compiled else False,
  )
  images = tf.random.uniform([batch_size, size, size, 3], -1, 1)
  labels = tf.ones([batch_size], tf.int32)
  return lambda: model.train_on_batch(images, labels)


def product(size, dtype):
  """Returns the product of two random matrices, and its work in GFLOP."""
  matrices = tf.cast(tf.random.uniform([2, size, size], -1, 1), dtype)
  run = tf.function(
    lambda: tf.reduce_sum(tf.linalg.matmul(matrices[0], matrices[1])[0, 0])
  )
  return lambda: float(run()), 2 * size**3 / 1e9


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument(
    '--quick', action='store_true', help='tiny: only shows that it runs'
  )
  parser.add_argument('--batch_size', type=int, default=32)
  parser.add_argument('--image_size', type=int, default=299)
  parser.add_argument('--rounds', type=int, default=7)
  parser.add_argument(
    '--precision', choices=('float32', 'bfloat16'), default='float32'
  )
  parser.add_argument('--no_keras', action='store_true')
  args = parser.parse_args()
  matrix_size = _MATRIX_SIZE
  if args.quick:
    matrix_size = 64
    args.batch_size, args.image_size, args.rounds = 2, 75, 1
  dtype = tf.as_dtype(args.precision)
  multiply, product_work = product(matrix_size, dtype)
  steps = {
    'product': multiply,
    'ours': peer_worker.ours(args.precision, args.batch_size, args.image_size),
  }
  if not args.no_keras:
    steps['keras'] = keras_step(
      args.batch_size, args.image_size, dtype, compiled=not args.quick
    )
  work = _IMAGE_GFLOP * args.batch_size * (args.image_size / 299) ** 2
  report(measured(steps, args.rounds), args.batch_size, work, product_work)


def measured(steps, rounds):
  """Returns {name: [(seconds by the clock, seconds of the processor)]}."""
  times = {name: [] for name in steps}
  for step in steps.values():
    step()  # Trace before the measurement.
  for _ in range(rounds):
    for name, step in steps.items():
      start, cpu = time.perf_counter(), time.process_time()
      step()
      times[name].append((
        time.perf_counter() - start,
        time.process_time() - cpu,
      ))
  return times


def report(times, batch_size, work, product_work):
  """Prints rates, shares of the matrix rate, and the ratio to Keras.

  Args:
    times: As measured returns them.
    batch_size: Number of images of a step.
    work: Arithmetic of a step, in GFLOP.
    product_work: Arithmetic of the matrix product, in GFLOP.
  """
  medians = {
    name: [statistics.median(seconds) for seconds in zip(*rounds, strict=True)]
    for name, rounds in times.items()
  }
  clock, processor = (product_work / seconds for seconds in medians['product'])
  print(
    f'product {clock:.0f} GFLOP/s ({processor:.0f} per second of the processor)'
  )
  for name in [name for name in medians if name != 'product']:
    seconds = sorted(by_clock for by_clock, _ in times[name])
    wall, cpu = medians[name]
    print(
      f'{name:7} {batch_size / wall:6.2f} images/s (min '
      f'{batch_size / seconds[-1]:.2f}, max {batch_size / seconds[0]:.2f}), '
      f'{1000 * cpu / batch_size:.1f} ms of the processor per image; share of '
      f'the matrix rate {work / wall / clock:.2f} by the clock, '
      f'{work / cpu / processor:.2f} by the processor'
    )
  if 'keras' in medians:
    ratios = [
      theirs / ours
      for (ours, _), (theirs, _) in zip(
        times['ours'], times['keras'], strict=True
      )
    ]
    print(f'ours / keras: {statistics.median(ratios):.2f}')


if __name__ == '__main__':
  main()
