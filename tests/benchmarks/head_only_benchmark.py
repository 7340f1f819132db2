"""Cost of training the last layer alone against one pass of the network.

Each round trains with --trainable_scopes=head --recipe=modern on records whose
features are not cached, and then runs the folded network alone on as many
decoded images. Both use the same image size, precision and batch size. The
table divides the training into its parts:

  features   decoding the images, the network and writing, without its trace
  steps      all updates, without the trace of the step
  once       the rest, which does not grow with the number of images but for
             reading the records: model, checkpoint, traces and saving

A ratio is that of features and steps to the network alone. The processor's time
is the better measure on a machine that others use too.

  python tests/benchmarks/head_only_benchmark.py [--quick] \\
    [--data_dir=RECORDS --checkpoint=PRETRAINED --image_size=160 --rounds=5]
"""

import argparse
import dataclasses
import pathlib
import shutil
import statistics
import tempfile
import time

import numpy as np

from inception import dataset
from inception import inception_train
from inception.hardware import mixed_precision
from inception.inference import folded_network
from inception.input import input_pipeline
from inception.settings import config
from inception.settings import recipes
from inception.settings import training_config
from inception.testing import datasets
from inception.testing import goldens
from inception.testing import trained_models
from inception.training import train_events

_DRAWN_IMAGES = 256


def now():
  """Returns (processor time, wall time) in seconds."""
  return np.array([time.process_time(), time.perf_counter()])


class Marks:
  """Times of the events of a training, by what had been done."""

  def __init__(self):
    self.times = {'start': now()}
    self.num_batches = 0
    self.num_steps = 0

  def __call__(self, event):
    if isinstance(event, train_events.CachingFeatures):
      self.num_batches += event.done > 0
      if event.done:
        self.times.setdefault('first batch', now())
        self.times['features'] = now()
    elif isinstance(event, train_events.Stepped):
      self.num_steps += 1
      self.times.setdefault('first step', now())
      self.times['steps'] = now()

  def parts(self):
    """Returns {part: (processor time, wall time)}; `once` is the rest."""
    whole = now() - self.times['start']
    # The first of each includes the trace.
    features = self.times['features'] - self.times['first batch']
    features *= self.num_batches / max(1, self.num_batches - 1)
    steps = self.times['steps'] - self.times['first step']
    steps *= self.num_steps / max(1, self.num_steps - 1)
    return {
      'features': features,
      'steps': steps,
      'once': whole - features - steps,
    }


def train(data, checkpoint, inputs, settings):
  """Trains a head without cached features; returns the parts of its time."""
  shutil.rmtree(pathlib.Path(data.data_dir, 'features'), ignore_errors=True)
  with tempfile.TemporaryDirectory() as folder:
    marks = Marks()
    inception_train.train(
      data,
      training_config.TrainConfig(
        train_dir=folder,
        trainable_scopes=training_config.HEAD,
        pretrained_model_checkpoint_path=checkpoint,
        fine_tune=True,
        **settings,
      ),
      inputs,
      on_event=marks,
    )
    return marks.parts()


def network_alone(data, inputs, dtype):
  """Returns a function: (processor time, wall time) of a pass over the images.

  A third of the batches are decoded and measured, at most eight.
  """
  golden = goldens.load()
  network = folded_network.FoldedNetwork(
    goldens.seeded_weights(golden['seed'], golden['num_classes']),
    image_size=inputs.image_size,
    compute_dtype=dtype,
  )
  batches = input_pipeline.eval_batches(data, inputs)
  images = [batch for batch, _, _ in batches.take(8)]
  num_batches = -(-data.num_examples(inputs.subset) // inputs.batch_size)
  network(images[0])  # Traces.

  def run():
    start = now()
    for batch in images:
      network(batch).features.numpy()
    return (now() - start) * num_batches / len(images)

  return run


def report(rounds):
  """Prints the median of each part, and the ratios.

  Args:
    rounds: {part: (processor time, wall time)} of each round.
  """
  for name in rounds[0]:
    cpu, wall = np.median([parts[name] for parts in rounds], axis=0)
    print(f'{name:9} {cpu:7.2f} s of the processor, {wall:7.2f} s')
  for title, column in (('processor', 0), ('wall', 1)):
    ratios = [
      (parts['features'] + parts['steps'])[column] / parts['network'][column]
      for parts in rounds
    ]
    print(
      f'ratio by {title} time: {statistics.median(ratios):.2f} '
      f'(min {min(ratios):.2f}, max {max(ratios):.2f})'
    )


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument(
    '--quick', action='store_true', help='tiny: only shows that it runs'
  )
  parser.add_argument('--data_dir', default='', help='a folder of records')
  parser.add_argument('--checkpoint', default='', help='a pretrained network')
  parser.add_argument('--image_size', type=int, default=0)
  parser.add_argument('--rounds', type=int, default=5)
  args = parser.parse_args()
  settings = recipes.settings('modern', head_only=True)
  inputs = config.InputConfig(
    data_dir='unused',
    image_size=args.image_size or settings.pop('image_size'),
    augmentation=settings.pop('augmentation'),
    batch_size=settings.pop('batch_size'),
    seed=1,
  )
  settings.pop('image_size', None)
  num_drawn = _DRAWN_IMAGES
  if args.quick:
    args.rounds, num_drawn = 1, 6
    settings |= {'num_epochs': 2.0, 'min_steps': 0, 'precision': 'float32'}
    inputs = dataclasses.replace(inputs, image_size=75, batch_size=2)
  dtype = mixed_precision.compute_dtype(settings['precision'])
  with tempfile.TemporaryDirectory() as folder:
    records = pathlib.Path(folder, 'records')
    if args.data_dir:
      # The features are kept in the folder of the records.
      shutil.copytree(
        args.data_dir, records, ignore=shutil.ignore_patterns('features')
      )
      data = dataset.read_info(str(records))
    else:
      records.mkdir()
      data = datasets.write(
        records,
        {'train': num_drawn},
        class_names=trained_models.CLASS_NAMES,
        size=320,
      )
    inputs = dataclasses.replace(inputs, data_dir=data.data_dir)
    checkpoint = args.checkpoint or trained_models.write(folder)
    alone = network_alone(data, inputs, dtype)
    rounds = []
    for _ in range(args.rounds):
      parts = train(data, checkpoint, inputs, settings)
      rounds.append(parts | {'network': alone()})
  print(
    f'{data.num_examples("train")} images of {inputs.image_size} pixels, '
    f'{dtype.name}'
  )
  report(rounds)


if __name__ == '__main__':
  main()
