"""Training step against those of other programs, by turns in one run.

The others are installed into a virtual environment, which --environment keeps
for the next run. Each program is a process that holds its network. A pair of
processes is open at a time, ours and one peer, and their steps take turns, so
that a machine whose speed drifts is fair to both:

  timm          inception_v3 of timm
  torchvision   inception_v3 of torchvision
  keras         InceptionV3 of Keras on TensorFlow

PyTorch's networks have channels last and autocast; *_compiled uses
torch.compile, which needs a C++ compiler. All use two threads. Keras' network,
and PyTorch's below 299 pixels, have no auxiliary classifier, which saves them
some of the work.

  python tests/benchmarks/peers_benchmark.py --environment=FOLDER \\
    [--peers=timm,torchvision,keras] [--image_sizes=299,160] [--rounds=3]
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import venv

from tests.benchmarks import worker_process

_WORKER = pathlib.Path(__file__).with_name('peer_worker.py')
_THREADS = {
  'OMP_NUM_THREADS': '2',
  'TF_NUM_INTRAOP_THREADS': '2',
  'TF_NUM_INTEROP_THREADS': '2',
  'TF_CPP_MIN_LOG_LEVEL': '3',
}


def start(python, name, *arguments):
  """Returns the worker of one program, which has made its first steps."""
  # Ours imports this project; the peers have packages of their own.
  changes = {'PYTHONPATH': os.pathsep.join(filter(None, sys.path))}
  environment = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}
  worker = worker_process.Worker(
    [python, str(_WORKER), name, *map(str, arguments)],
    environment | _THREADS | (changes if name == 'ours' else {}),
  )
  if (answer := worker.line()) != 'ready\n':
    sys.exit(f'{name} answered {answer!r} instead of ready')
  return worker


def seconds(worker, count):
  """Returns (seconds, processor seconds) of a step, as the mean of `count`."""
  return tuple(float(value) / count for value in worker.ask(str(count)).split())


def interpreter(folder, requirements):
  """Returns the path of the environment's Python; makes it if missing."""
  folder = pathlib.Path(folder).absolute()
  name = 'Scripts/python.exe' if os.name == 'nt' else 'bin/python'
  python = folder / name
  if not python.exists():
    venv.create(folder, with_pip=True)
  # An environment that has all of them is left as it is.
  subprocess.run(
    [python, '-m', 'pip', 'install', '--quiet', *requirements],
    check=True,
    stdout=sys.stderr,
  )
  return str(python)


def compare(python, peer, args, size):
  """Prints a row for each of the two programs, and their ratio."""
  arguments = args.precision, args.batch_size, size
  workers, times = {}, {'ours': [], peer: []}
  try:
    workers['ours'] = start(sys.executable, 'ours', *arguments)
    workers[peer] = start(python, peer, *arguments)
    for _ in range(args.rounds):
      for name, worker in workers.items():
        times[name].append(seconds(worker, args.steps))
  finally:
    for worker in workers.values():
      worker.close()
  for name, pairs in times.items():
    rates = sorted(args.batch_size / wall for wall, _ in pairs)
    cpu = statistics.median(cpu for _, cpu in pairs) * 1e3 / args.batch_size
    print(
      f'{size} px {name:20} {statistics.median(rates):6.2f} images/s '
      f'(min {rates[0]:.2f}, max {rates[-1]:.2f}); '
      f'CPU {cpu:.1f} ms per image'
    )
  wall, cpu = (
    statistics.median(
      theirs[part] / our[part]
      for our, theirs in zip(times['ours'], times[peer], strict=True)
    )
    for part in (0, 1)
  )
  print(
    f'{size} px ours / {peer}: {wall:.2f}, by processor time {cpu:.2f}',
    flush=True,
  )


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument(
    '--quick',
    action='store_true',
    help='tiny, against a product of matrices: only shows that it runs',
  )
  parser.add_argument('--environment', help='a folder, made if missing')
  parser.add_argument(
    '--requirements',
    default='torch,torchvision,timm,keras,tensorflow-cpu',
    help='what pip installs into it; versions may be given',
  )
  parser.add_argument('--peers', default='timm,torchvision,keras')
  parser.add_argument('--precision', default='bfloat16')
  parser.add_argument('--batch_size', type=int, default=32)
  parser.add_argument('--image_sizes', default='299,160')
  parser.add_argument('--rounds', type=int, default=5)
  parser.add_argument('--steps', type=int, default=1, help='per round')
  args = parser.parse_args()
  python = sys.executable
  if args.quick:
    args.batch_size, args.image_sizes, args.rounds = 2, '75', 1
    args.peers, args.precision = 'matrix', 'float32'
  elif not args.environment:
    parser.error('--environment must name a folder')
  else:
    python = interpreter(args.environment, args.requirements.split(','))
  for size in map(int, args.image_sizes.split(',')):
    for peer in args.peers.split(','):
      compare(python, peer, args, size)


if __name__ == '__main__':
  main()
