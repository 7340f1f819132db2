"""One measurement of growth_benchmark, in a process of its own.

  python growth_worker.py records FOLDER COUNT    writes pictures and records
  python growth_worker.py input FOLDER COUNT      reads one epoch of them
  python growth_worker.py steps SIZES IMAGE_SIZE CORES REPLICAS

The first two print '{"cpu": ..., "wall": ...}' in seconds per picture. The last
waits for a line on its standard input, and for each makes a round of steps and
prints {batch size: such a pair}. Each round has as many images for every size.
"""

import json
import os
import pathlib
import runpy
import sys
import time

_IMAGE_SIZE = 75
_CLASSES = 5


def _now():
  return time.process_time(), time.perf_counter()


def _since(start, images):
  cpu, wall = (end - begin for end, begin in zip(_now(), start, strict=True))
  return {'cpu': cpu / images, 'wall': wall / images}


def records(folder, count):
  """Returns the time of build_image_data on so many small pictures."""
  from inception.testing import image_folders

  photos = pathlib.Path(folder, 'photos')
  image_folders.write(
    photos, {f'class {i}': count // _CLASSES for i in range(_CLASSES)}
  )
  sys.argv = [
    'build_image_data',
    f'--image_directory={photos}',
    f'--output_directory={pathlib.Path(folder, "records")}',
  ]
  start = _now()
  stdout, sys.stdout = sys.stdout, sys.stderr
  try:
    runpy.run_module('inception.data.build_image_data', run_name='__main__')
  except SystemExit as end:
    if end.code:
      raise
  finally:
    sys.stdout = stdout
  return _since(start, count)


def read_input(folder, count):
  """Returns the time of an epoch of training batches, without its start."""
  from inception.cli import command

  command.load_tensorflow()
  from inception import dataset
  from inception.input import input_pipeline
  from inception.settings import config

  data = dataset.read_info(str(pathlib.Path(folder, 'records')))
  settings = config.InputConfig(
    data_dir=data.data_dir,
    subset='train',
    batch_size=min(32, count // 10),
    image_size=_IMAGE_SIZE,
    augmentation='light',
    seed=1,
  )
  batches = iter(input_pipeline.train_batches(data, settings))
  next(batches)
  start = _now()
  num_batches = data.num_examples('train') // settings.batch_size
  for _ in range(num_batches):
    next(batches)
  return _since(start, num_batches * settings.batch_size)


def steps(sizes, image_size, cores, replicas):
  """Returns a function that makes a round of steps of each batch size."""
  if cores and hasattr(os, 'sched_setaffinity'):
    # TensorFlow makes as many threads as it may use cores.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
  from inception.cli import command

  if replicas == 1:
    # It uses the devices, which can no longer be divided then.
    command.load_tensorflow()
  import tensorflow as tf

  if replicas > 1:
    tf.config.set_logical_device_configuration(
      tf.config.list_physical_devices('CPU')[0],
      [tf.config.LogicalDeviceConfiguration()] * replicas,
    )
  from inception import inception_model
  from inception.hardware import mixed_precision
  from inception.hardware import replicas as replicas_lib
  from inception.training import train_state
  from inception.training import train_step

  hosts = replicas_lib.make(devices=[f'/cpu:{i}' for i in range(replicas)])
  with hosts.strategy.scope():
    state = train_state.TrainState(
      inception_model.InceptionModel(
        num_classes=_CLASSES,
        compute_dtype=mixed_precision.compute_dtype('auto'),
      ),
      optimizer_name='sgd',
    )
  step = train_step.make_train_step(state, strategy=hosts.strategy)

  def update(batch_size):
    images, labels = hosts.share(
      tf.zeros([batch_size, image_size, image_size, 3]),
      tf.ones([batch_size], tf.int32),
    )
    results = step(images, labels, tf.constant(0.001), tf.constant(0.0))
    return float(results['total_loss'])

  def round_of_steps():
    times = {}
    for size in sizes:
      count = max(sizes) // size
      start = _now()
      for _ in range(count):
        update(size)
      times[size] = _since(start, count * size)
    return times

  for size in sizes:
    update(size)  # Traces.
  return round_of_steps


def main():
  kind, *arguments = sys.argv[1:]
  if kind == 'records':
    print(json.dumps(records(arguments[0], int(arguments[1]))))
    return
  if kind == 'input':
    print(json.dumps(read_input(arguments[0], int(arguments[1]))))
    return
  sizes = [int(size) for size in arguments[0].split(',')]
  run = steps(sizes, *map(int, arguments[1:]))
  print('ready', flush=True)
  for _ in sys.stdin:
    print(json.dumps(run()), flush=True)


if __name__ == '__main__':
  main()
