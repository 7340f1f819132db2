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
import subprocess
import sys
import tempfile

_WORKER = pathlib.Path(__file__).with_name('growth_worker.py')
_WIDTH, _HEIGHT, _MARGIN = 480, 300, 40
_COLOURS = ('#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00')


def _start(*arguments):
  return subprocess.Popen(
    [sys.executable, str(_WORKER), *map(str, arguments)],
    env=os.environ | {'PYTHONPATH': os.pathsep.join(filter(None, sys.path))},
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    encoding='utf-8',
  )


def _line(process):
  line = process.stdout.readline()
  if not line:
    sys.exit(f'{" ".join(process.args)} ended with code {process.wait()}')
  return line


def growth_of_records(counts):
  """Returns {'records' and 'input': {count: time per image}}."""
  tables = {'records': {}, 'input': {}}
  for count in counts:
    with tempfile.TemporaryDirectory() as folder:
      for kind, table in tables.items():
        with _start(kind, folder, count) as process:
          table[count] = json.loads(_line(process))
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
  for process in workers.values():
    _line(process)  # It is ready.
  times = {name: [] for name in workers}
  for _ in range(rounds):
    for name, process in workers.items():
      process.stdin.write('go\n')
      process.stdin.flush()
      times[name].append(json.loads(_line(process)))
  for process in workers.values():
    process.stdin.close()
    process.wait()

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

  def place(x, y):
    across = math.log(x) / right
    return (
      round(_MARGIN + across * (_WIDTH - 2 * _MARGIN), 1),
      round(_HEIGHT - _MARGIN - y / top * (_HEIGHT - 2 * _MARGIN), 1),
    )

  parts = [
    f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" '
    f'height="{_HEIGHT + 16 * len(lines)}" font-family="sans-serif" '
    'font-size="11">'
  ]
  for value in (0, 0.5, 1, 1.5):
    _, y = place(1, value)
    parts.append(
      f'<path d="M{_MARGIN} {y}H{_WIDTH - _MARGIN}" stroke="#ddd"/>'
      f'<text x="4" y="{y + 4}">{value:.1f}</text>'
    )
  for factor in sorted({x for x, _ in points}):
    x, _ = place(factor, 0)
    parts.append(
      f'<text x="{x}" y="{_HEIGHT - 20}" text-anchor="middle">x{factor:g}'
      '</text>'
    )
  for index, (name, line) in enumerate(lines.items()):
    colour = _COLOURS[index % len(_COLOURS)]
    spots = [place(*point) for point in line]
    path = ' '.join(f'{x},{y}' for x, y in spots)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}"/>')
    parts += [
      f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in spots
    ]
    parts.append(
      f'<text x="{_MARGIN}" y="{_HEIGHT + 16 * index}" fill="{colour}">'
      f'{name}</text>'
    )
  return '\n'.join([*parts, '</svg>', ''])


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
