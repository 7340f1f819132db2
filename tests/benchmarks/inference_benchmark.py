"""Speed of inference: the networks, and the stream around them.

The networks take turns on one random batch, so that a machine whose speed
drifts is fair to all; each figure is the median of the rounds. The CPU time per
image is the better measure on a machine that others use too. The weights have
biases: Grappler removes those of a new network, which are zeros, and then
oneDNN cannot apply the ReLU inside the convolution.

  trained    the network as training and evaluation call it
  folded     FoldedNetwork, as prediction calls it
  openvino   the folded network read by OpenVINO; with --openvino=PYTHON, an
             interpreter that has the package openvino

The stream is prediction_run.classify on image files, beside the network alone
on as many images and the decoding alone:

  python tests/benchmarks/inference_benchmark.py [--quick] [--photos=FOLDER]
"""

import argparse
import pathlib
import statistics
import subprocess
import tempfile
import time

import tensorflow as tf
from tensorflow.python.framework import convert_to_constants

from inception import inception_model
from inception.inference import folded_network
from inception.prediction import file_list
from inception.prediction import pictures
from inception.prediction import prediction_run
from inception.prediction import prediction_settings
from inception.testing import golden_model
from inception.testing import goldens
from inception.testing import image_folders

_NUM_CLASSES = 5

# Runs in an interpreter of its own, whose packages may be others.
_OPENVINO = """
import sys, time
import numpy as np
import openvino
path, shape, precision = sys.argv[1], eval(sys.argv[2]), sys.argv[3]
core = openvino.Core()
model = core.read_model(path)
model.reshape(shape)
network = core.compile_model(model, 'CPU', {
    'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_PRECISION_HINT': precision})
images = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
request = network.create_infer_request()
request.infer({0: images})
request.infer({0: images})
print('ready', flush=True)
for line in sys.stdin:
  start, cpu = time.perf_counter(), time.process_time()
  for _ in range(int(line)):
    request.infer({0: images})
  print(time.perf_counter() - start, time.process_time() - cpu, flush=True)
"""


class OpenVino:
  """The network in another process; seconds(calls) as those of seconds_of."""

  def __init__(self, python, path, shape, precision):
    hint = {'float32': 'f32', 'bfloat16': 'bf16'}[precision]
    self._process = subprocess.Popen(
      [python, '-c', _OPENVINO, path, str(list(shape)), hint],
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      encoding='utf-8',
    )
    self._process.stdout.readline()

  def seconds(self, calls):
    self._process.stdin.write(f'{calls}\n')
    self._process.stdin.flush()
    return tuple(map(float, self._process.stdout.readline().split()))

  def close(self):
    self._process.stdin.close()
    self._process.wait()


def export(values, size, folder):
  """Writes the folded network for OpenVINO; returns the file's path."""
  weights = folded_network.fold(values)

  @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3])])
  def logits(images):
    return inception_model.folded(
      images,
      {name: tf.constant(value) for name, value in weights.items()},
      num_classes=_NUM_CLASSES,
    ).logits

  frozen = convert_to_constants.convert_variables_to_constants_v2(
    logits.get_concrete_function()
  )
  graph = frozen.graph.as_graph_def()
  return tf.io.write_graph(graph, folder, 'network.pb', as_text=False)


def seconds_of(call):
  """Returns a function: (seconds, CPU seconds) that so many calls take."""

  def seconds(calls):
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(calls):
      call()
    return time.perf_counter() - start, time.process_time() - cpu

  call()  # Traces.
  call()
  return seconds


def take_turns(runs, rounds, calls=1):
  """Returns {name: [(seconds, CPU seconds) of a call in each round]}."""
  times = {name: [] for name in runs}
  for _ in range(rounds):
    for name, seconds in runs.items():
      times[name].append([value / calls for value in seconds(calls)])
  return times


def ratio(times, name, base, part=0):
  """Returns the median ratio of the times of `base` to those of `name`."""
  return statistics.median(
    other[part] / own[part]
    for own, other in zip(times[name], times[base], strict=True)
  )


def report(title, times, count, base):
  """Prints rates and CPU times per image, and their ratios to `base`."""
  for name, pairs in times.items():
    rates = sorted(count / wall for wall, _ in pairs)
    cpu = sorted(1e3 * cpu / count for _, cpu in pairs)
    print(
      f'{title} {name:9} {statistics.median(rates):7.2f} images/s '
      f'(min {rates[0]:.2f}, max {rates[-1]:.2f}), '
      f'{ratio(times, name, base):.2f} x {base}; CPU '
      f'{statistics.median(cpu):.2f} ms (min {cpu[0]:.2f}), '
      f'{ratio(times, name, base, 1):.2f} x'
    )


def networks(args, values, path):
  """Compares the networks for each precision and batch size."""
  for precision in args.precisions.split(','):
    dtype = tf.as_dtype(precision)
    model = golden_model.make(compute_dtype=dtype)
    trained = tf.function(
      lambda images, model=model: (
        model.inference(images, is_training=False).logits
      )
    )
    folded = folded_network.FoldedNetwork(
      values, image_size=args.image_size, compute_dtype=dtype
    )
    for size in map(int, args.batch_sizes.split(',')):
      shape = [size, args.image_size, args.image_size, 3]
      images = tf.random.uniform(shape, -1, 1)
      runs = {
        'trained': seconds_of(lambda f=trained, x=images: f(x).numpy()),
        'folded': seconds_of(lambda f=folded, x=images: f(x).logits.numpy()),
      }
      peer = None
      if args.openvino:
        peer = OpenVino(args.openvino, path, shape, precision)
        runs['openvino'] = peer.seconds
      calls = max(1, 8 // size)
      times = take_turns(runs, args.rounds, calls)
      report(f'{precision} batch {size}:', times, size, 'trained')
      if peer:
        print(
          f'{precision} batch {size}: folded / openvino: '
          f'{ratio(times, "folded", "openvino"):.2f}, by CPU time '
          f'{ratio(times, "folded", "openvino", 1):.2f}'
        )
        peer.close()


class Network:
  """Stand-in for a classifier, with the methods that prediction_run calls."""

  class_names = tuple(map(str, range(_NUM_CLASSES)))
  class_texts = ()

  def __init__(self, values, size, dtype):
    self._network = folded_network.FoldedNetwork(
      values, image_size=size, compute_dtype=dtype
    )

  def __call__(self, images):
    results = self._network(tf.concat(images, axis=0))
    return tf.nn.softmax(results.logits).numpy(), results.maps


def stream(args, values, folder):
  """Compares the stream with the network alone."""
  photos = args.photos
  if not photos:
    photos = pathlib.Path(folder, 'photos')
    image_folders.write(photos, {'flower': args.files})
  names = file_list.expand([str(photos)]).names[: args.files]
  dtype = tf.as_dtype(args.precisions.split(',')[-1])
  network = Network(values, args.image_size, dtype)
  settings = prediction_settings.Settings(
    batch_size=min(32, len(names)), num_threads=args.num_threads
  )
  read = pictures.Reader(image_size=args.image_size, dtype=dtype)
  shape = [settings.batch_size, args.image_size, args.image_size, 3]
  images = tf.cast(tf.random.uniform(shape, -1, 1), dtype)
  batches = len(names) // settings.batch_size
  names = names[: batches * settings.batch_size]

  def alone():
    for _ in range(batches):
      network([images])

  def whole():
    for _ in prediction_run.classify(names, network, read, settings):
      pass

  def decoding():
    for name in names:
      read(name)

  runs = {'alone': alone, 'stream': whole, 'decoding': decoding}
  times = take_turns(
    {name: seconds_of(call) for name, call in runs.items()}, args.rounds
  )
  report(f'{dtype.name} {len(names)} files:', times, len(names), 'alone')
  network_cpu, decoding_cpu = (
    statistics.median(cpu for _, cpu in times[name])
    for name in ('alone', 'decoding')
  )
  # Both keep every core busy.
  print(
    f'{dtype.name} {len(names)} files: bound of stream / alone: '
    f'{network_cpu / (network_cpu + decoding_cpu):.2f}'
  )


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument(
    '--quick', action='store_true', help='tiny: only shows that it runs'
  )
  parser.add_argument('--image_size', type=int, default=299)
  parser.add_argument('--rounds', type=int, default=7)
  parser.add_argument('--precisions', default='float32,bfloat16')
  parser.add_argument('--batch_sizes', default='1,32')
  parser.add_argument('--openvino', default='', help='an interpreter')
  parser.add_argument('--photos', default='', help='a folder of image files')
  parser.add_argument('--files', type=int, default=320)
  parser.add_argument('--num_threads', type=int, default=2)
  parser.add_argument('--part', choices=('all', 'networks', 'stream'))
  args = parser.parse_args()
  if args.quick:
    args.image_size, args.rounds, args.files = 75, 1, 4
    args.precisions, args.batch_sizes = 'float32', '2'

  golden = goldens.load()
  values = goldens.seeded_weights(golden['seed'], golden['num_classes'])
  with tempfile.TemporaryDirectory() as folder:
    if args.part != 'stream':
      path = export(values, args.image_size, folder) if args.openvino else ''
      networks(args, values, path)
    if args.part != 'networks':
      stream(args, values, folder)


if __name__ == '__main__':
  main()
