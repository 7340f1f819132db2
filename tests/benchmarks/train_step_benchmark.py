"""Measures images per second of a training step, against Keras' InceptionV3.

Both get the same random batch. Rounds are interleaved, so that a drift in the
machine's speed affects both.

  python tests/benchmarks/train_step_benchmark.py [--quick]
"""

import argparse
import statistics
import time

import keras
import tensorflow as tf

from inception import inception_model
from inception.training import train_state
from inception.training import train_step

_NUM_CLASSES = 5


def ours(batch_size, size, dtype):
  """Returns this project's step with optimizer, averages and batch norm."""
  state = train_state.TrainState(
    inception_model.InceptionModel(
      num_classes=_NUM_CLASSES, compute_dtype=dtype
    )
  )
  step = train_step.make_train_step(state)
  images = tf.random.uniform([batch_size, size, size, 3], -1, 1)
  labels = tf.ones([batch_size], tf.int32)
  return lambda: float(
    step(images, labels, tf.constant(0.001), tf.constant(0.0))['total_loss']
  )


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
  args = parser.parse_args()
  if args.quick:
    args.batch_size, args.image_size, args.rounds = 2, 75, 1
  dtype = tf.as_dtype(args.precision)
  steps = {
    'ours': ours(args.batch_size, args.image_size, dtype),
    'keras': keras_step(
      args.batch_size, args.image_size, dtype, compiled=not args.quick
    ),
  }
  times = {name: [] for name in steps}
  for step in steps.values():
    step()  # Trace before the measurement.
  for _ in range(args.rounds):
    for name, step in steps.items():
      start = time.perf_counter()
      step()
      times[name].append(time.perf_counter() - start)
  for name, seconds in times.items():
    rates = sorted(args.batch_size / s for s in seconds)
    print(
      f'{name:6} {statistics.median(rates):6.2f} images/s '
      f'(min {rates[0]:.2f}, max {rates[-1]:.2f})'
    )
  ratios = [k / o for o, k in zip(times['ours'], times['keras'], strict=True)]
  print(f'ours / keras: {statistics.median(ratios):.2f}')


if __name__ == '__main__':
  main()
