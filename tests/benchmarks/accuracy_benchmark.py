"""Measures precision @ 1 against the cost of a training, by lists of settings.

Each line of a file of configurations is a JSON object:

  {"name": "modern", "cost": 1250, "splits": [1, 2], "seed": 1,
   "start": "stand-in", "flags": {"image_size": 160},
   "warmup_share": 0.2, "average_share": 0.1, "eval_sizes": [160, 208],
   "first": {"flags": {"trainable_scopes": "head", ...}}}

`cost` includes the batch-norm recalibration, and decides the number of steps.
Without `eval_sizes`, a checkpoint is evaluated at the size that it records: one
view, and averaged with the mirror image.
`first` is a training whose checkpoint the other one continues from. Every run
is the command flowers_train, followed by an evaluation of its checkpoint at
several image sizes. Runs with a result are skipped, so that the command can be
interrupted and repeated:

  python tests/benchmarks/accuracy_benchmark.py --records=FOLDER \\
    --start=stand-in=CHECKPOINT --start=exact=CHECKPOINT --minutes=10

FOLDER holds the records of a split of the photographs in each split1, split2,
..., made by build_image_data with --validation_per_class=30 and --seed=1, 2...
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from inception.settings import parsing
from inception.settings import recipes
from inception.training import training_cost

_HERE = pathlib.Path(__file__).parent
_ROOT = _HERE.absolute().parents[1]


def read_lines(path):
  """Returns the objects of a file of JSON lines; [] if there is no file."""
  if not path.exists():
    return []
  return [
    json.loads(line)
    for line in path.read_text(encoding='utf-8').splitlines()
    if line.strip()
  ]


def runs(configurations):
  """Returns a configuration for each split of each given one."""
  return [
    {key: value for key, value in line.items() if key != 'splits'}
    | {'split': split, 'seed': line.get('seed', 1)}
    for line in configurations
    for split in line.get('splits', [1])
  ]


def key(run):
  """Returns what identifies a run among the results."""
  return run['name'], run['cost'], run['split'], run['seed']


def eval_size(run):
  """Returns the size of the images in the evaluation of a run's checkpoint."""
  flags = run.get('flags', {})
  recipe = recipes.settings(run.get('recipe', 'modern'))
  if 'eval_image_size' in flags:
    given = flags['eval_image_size']
  else:
    # As in the command, the recipe's size goes with its size for training.
    given = 0 if 'image_size' in flags else recipe.get('eval_image_size', 0)
  return given or (recipe | flags).get('image_size', 299)


def planned(run):
  """Returns (flags of the training, its cost in images, its steps)."""
  recipe = run.get('recipe', 'modern')
  flags = {'recipe': recipe, 'precision': 'bfloat16'} | run.get('flags', {})
  values = recipes.settings(recipe) | flags
  size, batch = values.get('image_size', 299), values.get('batch_size', 32)
  scopes = parsing.scopes(values.get('trainable_scopes', parsing.ALL_LAYERS))
  # A pass over the training images for the features of a head trained first.
  extra = run.get('extra_cost', 0) + (
    values.get('batch_norm_recalibration_batches', 0)
    * batch
    * training_cost.forward_cost(eval_size(run))
  )
  multipliers = parsing.rate_multipliers(
    values.get('learning_rate_multipliers', '')
  )
  per_step = batch * training_cost.step_cost(size, scopes, multipliers)
  steps = max(1, int((run['cost'] - extra) / per_step))
  if 'max_steps' in flags:
    steps = flags['max_steps']
  flags |= {'max_steps': steps, 'num_epochs': 0, 'seed': run['seed']}
  if 'warmup_share' in run:
    flags['warmup_steps'] = round(run['warmup_share'] * steps)
  if 'average_share' in run:
    flags['moving_average_decay'] = round(
      1 - 1 / max(2.0, run['average_share'] * steps), 5
    )
  return flags, round(extra + per_step * steps, 1), steps


def train(flags, data_dir, start, train_dir, log):
  """Runs flowers_train; returns the text of its output."""
  given = flags | {
    'data_dir': data_dir,
    'train_dir': train_dir,
    'pretrained_model_checkpoint_path': start,
  }
  _python(
    ['-m', 'inception.flowers_train']
    + [f'--{name}={value}' for name, value in given.items()],
    log,
  )


def run_one(run, args):
  """Returns the result of one run, a JSON object."""
  data_dir = args.records / f'split{run["split"]}'
  start = args.starts[run.get('start', 'stand-in')]
  flags, cost, steps = planned(run)
  flags.setdefault('fine_tune', 'first' not in run)
  work = pathlib.Path(tempfile.mkdtemp(dir=args.work))
  log = args.work / f'{"_".join(map(str, key(run)))}.log'
  log.unlink(missing_ok=True)
  began, cpu = time.monotonic(), _child_cpu()
  try:
    if 'first' in run:
      first = {'recipe': 'modern', 'precision': 'bfloat16', 'fine_tune': True}
      first |= {'seed': run['seed']} | run['first']['flags']
      train(first, data_dir, start, work / 'first', log)
      start = work / 'first'
    train(flags, data_dir, start, work / 'run', log)
    seconds, cpu = time.monotonic() - began, _child_cpu() - cpu
    sizes = run.get('eval_sizes', [eval_size(run), f'{eval_size(run)}f'])
    text = _python(
      [
        str(_HERE / 'accuracy_evaluation.py'),
        str(data_dir),
        str(work / 'run'),
        ','.join(map(str, sizes)),
      ],
      log,
    )
  finally:
    shutil.rmtree(work)
  return {
    **{name: run[name] for name in ('name', 'cost', 'split', 'seed')},
    'start': run.get('start', 'stand-in'),
    'eval_size': eval_size(run),
    'used_cost': cost,
    'steps': steps,
    'seconds': round(seconds),
    'cpu_seconds': round(cpu),
    'flags': flags,
    **({'first': run['first']} if 'first' in run else {}),
    'sizes': json.loads(text.splitlines()[-1]),
  }


def _python(arguments, log):
  """Runs Python with low priority; returns what it printed."""
  done = subprocess.run(
    [sys.executable, *arguments],
    env={**os.environ, 'PYTHONPATH': str(_ROOT)},
    capture_output=True,
    encoding='utf-8',
    check=False,
  )
  with log.open('a', encoding='utf-8') as file:
    file.write(f'{arguments}\n{done.stdout}\n{done.stderr}\n')
  if done.returncode:
    raise RuntimeError(f'{arguments[:2]} failed: {done.stderr[-2000:]}')
  return done.stdout


def _child_cpu():
  """Returns the CPU seconds of ended child processes; 0 on Windows."""
  times = os.times()
  return times.children_user + times.children_system


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument(
    '--configurations',
    type=pathlib.Path,
    default=_HERE / 'accuracy_configurations.jsonl',
  )
  parser.add_argument(
    '--results', type=pathlib.Path, default=_HERE / 'accuracy_results.jsonl'
  )
  parser.add_argument('--records', type=pathlib.Path, required=True)
  parser.add_argument('--start', action='append', default=[], dest='starts')
  parser.add_argument('--work', type=pathlib.Path, required=True)
  parser.add_argument(
    '--minutes', type=float, default=10, help='no run starts after these'
  )
  args = parser.parse_args()
  args.starts = dict(text.split('=', 1) for text in args.starts)
  args.work.mkdir(parents=True, exist_ok=True)
  end = time.monotonic() + 60 * args.minutes
  while time.monotonic() < end:
    # Read again each time: lines may have been added meanwhile.
    done = {key(result) for result in read_lines(args.results)}
    waiting = [
      run
      for run in runs(read_lines(args.configurations))
      if key(run) not in done
    ]
    if not waiting:
      break
    result = run_one(waiting[0], args)
    with args.results.open('a', encoding='utf-8') as file:
      file.write(json.dumps(result) + '\n')
    hits = {size: round(r['p1'], 3) for size, r in result['sizes'].items()}
    print(*key(result), result['seconds'], hits, flush=True)


if __name__ == '__main__':
  main()
