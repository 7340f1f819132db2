"""Prints the results of accuracy_benchmark.py as tables and draws the curve.

  python tests/benchmarks/accuracy_tables.py [RESULTS] [--curve=FILE.svg]
    [--line=NAME:SIZE ...]

A row is the mean over the splits, with its standard error where there are
several. The best of several sizes would be too good: it is chosen on the same
pictures, so that the curve is of the size that the checkpoint records.
"""

import argparse
import collections
import json
import math
import pathlib
import statistics

from tests.benchmarks import line_plot

_HERE = pathlib.Path(__file__).parent
_COLUMNS = (
  'settings',
  'start',
  'cost',
  'steps',
  'splits',
  'at the recorded size',
  'at other sizes',
)


def grouped(results):
  """Returns {(name, start, cost): results of its splits}, in their order."""
  groups = collections.defaultdict(list)
  for result in results:
    groups[result['name'], result['start'], result['cost']].append(result)
  return dict(groups)


def mean(values):
  """Returns the mean, and its standard error or None for a single value."""
  if len(values) == 1:
    return values[0], None
  error = statistics.stdev(values) / math.sqrt(len(values))
  return statistics.mean(values), error


def precision(results, size):
  """Returns (mean, standard error) of precision @ 1 at one image size."""
  return mean([result['sizes'][size]['p1'] for result in results])


def other_sizes(results):
  """Returns the sizes of every split, without the recorded one."""
  common = [
    size
    for size in results[0]['sizes']
    if all(size in result['sizes'] for result in results)
  ]
  return [size for size in common if size != own_size(results)]


def own_size(results):
  """Returns the image size that the checkpoints record, as results name it.

  Results that lack it were evaluated at the size of the training.
  """
  first = results[0]
  return str(first.get('eval_size', first['flags'].get('image_size', 160)))


def table(results):
  """Returns the lines of a Markdown table."""
  lines = [f'| {" | ".join(_COLUMNS)} |', f'|{" --- |" * len(_COLUMNS)}']
  for (name, start, cost), runs in grouped(results).items():
    own = own_size(runs)
    others = [
      f'{size}: {_shown(precision(runs, size))}' for size in other_sizes(runs)
    ]
    lines.append(
      f'| {name} | {start} | {cost:,} | {runs[0]["steps"]} | {len(runs)} | '
      f'{_shown(precision(runs, own))} ({own}) | '
      f'{", ".join(others)} |'
    )
  return lines


def _shown(value):
  average, error = value
  return f'{average:.3f}' + (f' ± {error:.3f}' if error is not None else '')


def curve(results, shown=()):
  """Returns an SVG of precision @ 1 against cost, a line for each setting.

  Args:
    results: Results of accuracy_benchmark.
    shown: Lines to draw, as (name, image size as results name it); the size
      'own' is that which each checkpoint records, 'ownf' the same with two
      views. Empty draws every setting at its own size.
  """
  lines = collections.defaultdict(list)
  for (name, start, cost), runs in grouped(results).items():
    sizes = [size for wanted, size in shown if wanted == name]
    for size in sizes if shown else [own_size(runs)]:
      pixels = size.rstrip('fr')
      label = f'{name} ({start}), '
      label += 'its own sizes' if pixels == 'own' else f'{pixels} pixels'
      if 'f' in size:
        label += ', 2 views'
      found = size.replace('own', own_size(runs))
      lines[label].append((cost, precision(runs, found)[0]))
  values = [value for line in lines.values() for _, value in line]
  costs = [cost for line in lines.values() for cost, _ in line]
  lowest = math.floor(min(values) * 20) / 20
  left, right = math.log(min(costs)), math.log(max(costs))

  def across(cost):
    return (math.log(cost) - left) / ((right - left) or 1)

  def up(value):
    return (value - lowest) / (1 - lowest)

  levels = [lowest + step / 20 for step in range(round((1 - lowest) * 20) + 1)]
  return line_plot.svg(
    'precision @ 1, by the cost of the training in images of 299 pixels',
    {
      name: [(across(cost), up(value)) for cost, value in sorted(points)]
      for name, points in lines.items()
    },
    columns=[(across(cost), f'{cost:,}') for cost in sorted(set(costs))],
    rows=[(up(level), f'{level:.2f}') for level in levels],
  )


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument(
    'results',
    nargs='?',
    type=pathlib.Path,
    default=_HERE / 'accuracy_results.jsonl',
  )
  parser.add_argument('--curve', type=pathlib.Path)
  parser.add_argument(
    '--line', action='append', default=[], help='NAME:SIZE to draw, or NAME:own'
  )
  args = parser.parse_args()
  results = [
    json.loads(line)
    for line in args.results.read_text(encoding='utf-8').splitlines()
  ]
  print('\n'.join(table(results)))
  if args.curve:
    shown = [tuple(line.rsplit(':', 1)) for line in args.line]
    args.curve.write_text(curve(results, shown), encoding='utf-8')


if __name__ == '__main__':
  main()
