"""Measures images per second of the input pipeline alone; run by hand.

  python tests/benchmarks/input_pipeline_benchmark.py [--photos=FOLDER_OR_TGZ]

Compares the augmentations with each other, and the 2016 distortions with
`plain`, a straightforward version of them. Rounds are interleaved; printed are
medians with the range. The time to the first batch includes filling the shuffle
buffer.
"""

import dataclasses
import os
import statistics
import tempfile
import time

import tensorflow as tf
from absl import app
from absl import flags

from inception.input import input_pipeline
from inception.settings import config
from inception.testing import plain_images
from tests.benchmarks import benchmark_photos

FLAGS = flags.FLAGS
flags.DEFINE_string(
  'photos',
  '',
  'Folder or .tgz of JPEG files; if empty, the shared '
  'photographs, or drawn pictures if there are none.',
)
flags.DEFINE_integer(
  'threads', os.cpu_count(), 'Value of num_preprocess_threads.'
)
flags.DEFINE_integer('images', 3000, 'Number of images per round.')
flags.DEFINE_integer('rounds', 5, 'Number of rounds of each pipeline.')
flags.DEFINE_bool('quick', False, 'Tiny run that only shows that it works.')


def measure(batches, num_batches):
  """Returns (seconds to the first batch, images/s, ms of CPU per image)."""
  start = time.perf_counter()
  iterator = iter(batches)
  first = next(iterator)
  seconds_to_first = time.perf_counter() - start
  for _ in range(3):
    next(iterator)
  start, cpu = time.perf_counter(), time.process_time()
  for _ in range(num_batches):
    next(iterator)
  images = num_batches * first[0].shape[0]
  return (
    seconds_to_first,
    images / (time.perf_counter() - start),
    (time.process_time() - cpu) / images * 1000,
  )


def main(argv):
  del argv
  photos = benchmark_photos.load(FLAGS.photos, 1000, quick=FLAGS.quick)
  rounds, images = (1, 64) if FLAGS.quick else (FLAGS.rounds, FLAGS.images)
  with tempfile.TemporaryDirectory() as folder:
    data = benchmark_photos.write(folder, photos, num_shards=2)
    settings = config.InputConfig(
      data_dir=folder,
      seed=0,
      num_preprocess_threads=FLAGS.threads,
      batch_size=8 if FLAGS.quick else 32,
    )
    pipelines = {
      'plain': lambda: benchmark_photos.plain_batches(
        data, settings, plain_images.train_image
      )
    }
    for name in config.AUGMENTATIONS:
      chosen = dataclasses.replace(settings, augmentation=name)
      pipelines[name] = lambda chosen=chosen: input_pipeline.train_batches(
        data, chosen
      )
    pipelines['evaluation'] = lambda: input_pipeline.eval_batches(
      data, settings
    ).repeat()
    figures = {name: [] for name in pipelines}
    for _ in range(rounds):
      for name, make in pipelines.items():
        figures[name].append(measure(make(), images // settings.batch_size))
  print(
    f'{len(photos)} images, {FLAGS.threads} threads, '
    f'{settings.image_size} pixels, TensorFlow {tf.__version__}'
  )
  print(
    f'{"":12s}{"images/s":>10s}{"(range)":>16s}{"CPU ms/image":>14s}'
    f'{"first batch s":>15s}'
  )
  for name, rows in figures.items():
    first, rate, cpu = (sorted(column) for column in zip(*rows))
    print(
      f'{name:12s}{statistics.median(rate):10.0f}'
      f'{f"({rate[0]:.0f}-{rate[-1]:.0f})":>16s}'
      f'{statistics.median(cpu):14.2f}{statistics.median(first):15.2f}'
    )


if __name__ == '__main__':
  app.run(main)
