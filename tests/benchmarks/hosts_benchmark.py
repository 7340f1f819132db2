"""Measures how long hosts take to exchange the gradients of one step.

The hosts are processes on this machine. Each step they average 393 tensors:
gradients, batch-norm statistics and losses, 97 MB of float32. TensorFlow logs
"393 all_reduces", but concatenates them: `packs` is the number of collective
operations that the graph really has. The first row is what training does. The
processor's time is the sum over the hosts: on this machine they share its
cores, which real hosts do not.

  python tests/benchmarks/hosts_benchmark.py [--quick] [--hosts=2]
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time

from inception.cli import command
from inception.testing import goldens

_COLLECTIVE = 'CollectiveReduceV2'


def _shapes(*, quick):
  """Returns the shapes of what a step exchanges."""
  shapes = [shape for _, _, shape in goldens.variables()] + [()] * 5
  return shapes[-8:] if quick else shapes


def _worker(rounds, *, quick):
  """Prints {packing: [number of collectives, seconds, processor seconds]}.

  The seconds are those of each round.
  """
  command.load_tensorflow(distributed=True)
  import tensorflow as tf  # pylint: disable=import-outside-toplevel

  from inception.hardware import replicas  # pylint: disable=all
  from inception.training import train_step

  # Name -> the size of a pack in bytes; 0 is one pack.
  packings = {
    'as training': train_step.PACK_BYTES,
    'one pack': 0,
    'no packs': 1,
  }

  hosts = replicas.make()
  shapes = _shapes(quick=quick)
  results = {}
  for name, size in packings.items():
    options = tf.distribute.experimental.CommunicationOptions(
      bytes_per_pack=size
    )

    def exchange(scale, options=options):
      tensors = [tf.fill(shape, scale) for shape in shapes]
      reduced = tf.distribute.get_replica_context().all_reduce(
        tf.distribute.ReduceOp.MEAN, tensors, options
      )
      return tf.add_n([tf.reduce_mean(tensor) for tensor in reduced])

    function = tf.function(
      lambda scale, replica=exchange: hosts.strategy.run(replica, (scale,))
    )
    scale = tf.constant(2.0)
    graph = function.get_concrete_function(scale).graph
    count = sum(op.type == _COLLECTIVE for op in graph.get_operations())
    seconds, cpu_seconds = [], []
    for _ in range(rounds + 1):
      start, cpu = time.perf_counter(), time.process_time()
      total = float(function(scale))
      seconds.append(time.perf_counter() - start)
      cpu_seconds.append(time.process_time() - cpu)
    if abs(total - 2 * len(shapes)) > 1e-3:
      raise ValueError(f'the mean of equal tensors is {total / len(shapes)}')
    results[name] = [count, seconds[1:], cpu_seconds[1:]]
  print(json.dumps(results), flush=True)


def _start(num_hosts, arguments):
  """Starts the hosts; returns the processes."""
  sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(num_hosts)]
  addresses = [f'127.0.0.1:{each.getsockname()[1]}' for each in sockets]
  for each in sockets:
    each.close()
  return [
    subprocess.Popen(
      [sys.executable, __file__, '--worker', *arguments],
      env=os.environ
      | {
        'PYTHONPATH': os.pathsep.join(sys.path),
        'TF_CONFIG': json.dumps({
          'cluster': {'worker': addresses},
          'task': {'type': 'worker', 'index': index},
        }),
      },
      stdout=subprocess.PIPE,
      encoding='utf-8',
    )
    for index in range(num_hosts)
  ]


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument(
    '--quick', action='store_true', help='tiny: only shows that it runs'
  )
  parser.add_argument('--hosts', type=int, default=2)
  parser.add_argument('--rounds', type=int, default=9)
  parser.add_argument('--worker', action='store_true', help=argparse.SUPPRESS)
  args = parser.parse_args()
  if args.quick:
    args.rounds = 1
  if args.worker:
    _worker(args.rounds, quick=args.quick)
    return
  processes = _start(
    args.hosts, [f'--rounds={args.rounds}', *['--quick'] * args.quick]
  )
  try:
    outputs = [process.communicate(timeout=600)[0] for process in processes]
  finally:
    for process in processes:
      process.kill()
  print(f'{args.hosts} hosts, {len(_shapes(quick=args.quick))} tensors')
  results = [json.loads(output) for output in outputs]
  for name, (count, seconds, _) in results[0].items():
    cpu = sum(statistics.median(result[name][2]) for result in results)
    print(
      f'{name:12} {count:4} packs  {statistics.median(seconds):.3f} s '
      f'(min {min(seconds):.3f}, max {max(seconds):.3f}); {cpu:.3f} s of the '
      'processor'
    )


if __name__ == '__main__':
  main()
