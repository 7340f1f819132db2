"""Growth of the costs with records, batch size, cores and replicas.

Each row is the time per image, and its ratio to that of the first row of its
table; 1.00 or less is linear growth or better.

  records    build_image_data on small pictures
  input      an epoch of batches of them for training
  batch      the training step
  cores      the same with one core and with two (Linux only)
  replicas   the same batch on one device and on two, both of this processor

The last three take turns. A measurement runs in a process of its own; see
growth_worker.

  python tests/benchmarks/growth_benchmark.py [--quick] [--plot=FILE.svg] \\
    [--records=1000,10000,100000] [--batch_sizes=8,16,32,64]
"""

import argparse
import json
import math
import os
import pathlib
import statistics
import sys
import tempfile

from tests.benchmarks import line_plot
from tests.benchmarks import worker_process

_WORKER = pathlib.Path(__file__).with_name('growth_worker.py')


def _start(*arguments):
  return worker_process.Worker(
    [sys.executable, str(_WORKER), *map(str, arguments)],
    os.environ | {'PYTHONPATH': os.pathsep.join(filter(None, sys.path))},
  )


def growth_of_records(counts):
  """Returns {'records' and 'input': {count: time per image}}."""
  tables = {'records': {}, 'input': {}}
  for count in counts:
    with tempfile.TemporaryDirectory() as folder:
      for kind, table in tables.items():
        worker = _start(kind, folder, count)
        table[count] = json.loads(worker.line())
        worker.close()
  return tables


def growth_of_steps(batch_sizes, image_size, rounds):
  """Returns {'batch', 'cores' and 'replicas': {number: time per image}}."""
  base = 32 if 32 in batch_sizes else batch_sizes[-1]
  sizes = ','.join(map(str, batch_sizes))
  workers = {
    'batch': _start('steps', sizes, image_size, 0, 1),
    'cores': _start('steps', base, image_size, 1, 1),
    'replicas': _start('steps', base, image_size, 0, 2),
  }
  for worker in workers.values():
    worker.line()  # It is ready.
  times = {name: [] for name in workers}
  for _ in range(rounds):
    for name, worker in workers.items():
      times[name].append(json.loads(worker.ask('go')))
  for worker in workers.values():
    worker.close()

  def median(name, size):
    return {
      part: statistics.median(made[str(size)][part] for made in times[name])
      for part in ('cpu', 'wall')
    }

  whole = median('batch', base)
  tables = {
    'batch': {size: median('batch', size) for size in batch_sizes},
    'replicas': {1: whole, 2: median('replicas', base)},
  }
  if hasattr(os, 'sched_setaffinity') and os.cpu_count() > 1:
    tables['cores'] = {1: median('cores', base), os.cpu_count(): whole}
  return tables


def report(tables):
  """Prints a row for each measurement."""
  for name, rows in tables.items():
    first = next(iter(rows.values()))
    for number, times in rows.items():
      print(
        f'{name:9} {number:7,}  {1e3 * times["cpu"]:8.3f} ms of the processor '
        f'({times["cpu"] / first["cpu"]:.2f})  {1e3 * times["wall"]:8.3f} ms '
        f'({times["wall"] / first["wall"]:.2f})'
      )


def plot(tables):
  """Returns an SVG of the processor's time per image against the growth."""
  lines = {
    name: [
      (
        number / next(iter(rows)),
        times['cpu'] / next(iter(rows.values()))['cpu'],
      )
      for number, times in rows.items()
    ]
    for name, rows in tables.items()
  }
  points = [point for line in lines.values() for point in line]
  right = math.log(max(x for x, _ in points)) or 1
  top = max(1.5, *(y for _, y in points))
  return line_plot.svg(
    "processor's time per image, by the growth",
    {
      name: [(math.log(x) / right, y / top) for x, y in line]
      for name, line in lines.items()
    },
    columns=[
      (math.log(factor) / right, f'x{factor:g}')
      for factor in sorted({x for x, _ in points})
    ],
    rows=[(value / top, f'{value:.1f}') for value in (0, 0.5, 1, 1.5)],
  )


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument(
    '--quick', action='store_true', help='tiny: only shows that it runs'
  )
  parser.add_argument('--records', default='1000,10000,100000')
  parser.add_argument('--batch_sizes', default='8,16,32,64')
  parser.add_argument('--image_size', type=int, default=160)
  parser.add_argument('--rounds', type=int, default=5)
  parser.add_argument('--part', choices=('all', 'records', 'steps'))
  parser.add_argument('--plot', type=pathlib.Path, help='an SVG file')
  args = parser.parse_args()
  if args.quick:
    args.records, args.part = '20', 'records'
  tables = {}
  if args.part != 'steps':
    tables |= growth_of_records(map(int, args.records.split(',')))
  if args.part != 'records':
    tables |= growth_of_steps(
      [int(size) for size in args.batch_sizes.split(',')],
      args.image_size,
      args.rounds,
    )
  report(tables)
  if args.plot:
    args.plot.write_text(plot(tables), encoding='utf-8')


if __name__ == '__main__':
  main()
