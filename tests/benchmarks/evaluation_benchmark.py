"""Processor time of a complete evaluation against that of the bare counts.

Both evaluate the same photographs with the same weights, by turns, so that a
machine whose speed drifts is fair to both:

  bare    restores the checkpoint and counts the hits, as in 2016
  whole   also computes every figure, and writes metrics.json, predictions.csv
          and report.html

The first round traces the networks and is not counted. Without arguments, the
network has seeded weights, and the pictures are generated:

  python tests/benchmarks/evaluation_benchmark.py [--quick] \\
    [--data_dir=RECORDS --checkpoint_dir=TRAIN_DIR --subset=train \\
     --num_examples=500 --image_size=299 --rounds=5]
"""

import argparse
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable

from inception import dataset
from inception import inception_model
from inception.checkpoints import checkpoint
from inception.evaluation import checkpoint_evaluator
from inception.evaluation import eval_events
from inception.evaluation import evaluator
from inception.optimization import moving_averages
from inception.reports import evaluation_page
from inception.settings import config
from inception.testing import datasets
from inception.testing import trained_models


def bare(
  data: dataset.Dataset, settings: config.InputConfig, prefix: str, limit: int
) -> Callable[[], object]:
  """Returns a function that counts the hits of the checkpoint."""
  model = inception_model.InceptionModel(num_classes=data.num_classes)
  counter = evaluator.Evaluator(
    lambda images: model.inference(images, is_training=False).logits,
    data,
    settings,
    num_examples=limit,
  )

  def run() -> None:
    checkpoint.restore(
      prefix,
      {
        moving_averages.shadow_name(name): variable
        for name, variable in model.variables.items()
      },
    )
    counter.run()

  return run


def whole(
  data: dataset.Dataset,
  settings: config.InputConfig,
  prefix: str,
  limit: int,
  folder: str,
) -> Callable[[], object]:
  """Returns a function that evaluates the checkpoint completely."""

  def on_event(event: eval_events.Event) -> None:
    if isinstance(event, eval_events.Analysed):
      evaluation_page.write(event.analysis, folder)

  complete = checkpoint_evaluator.CheckpointEvaluator(
    data,
    config.EvalConfig(
      checkpoint_dir='unused', eval_dir=folder, num_examples=limit
    ),
    settings,
    on_event,
  )
  return lambda: complete.run(prefix)


def seconds(run: Callable[[], object]) -> tuple[float, float]:
  """Returns the processor time and the wall time of a call."""
  processor, wall = time.process_time(), time.perf_counter()
  run()
  return time.process_time() - processor, time.perf_counter() - wall


def main() -> None:
  """Measures and prints the table."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--data_dir', default='', help='folder of records')
  parser.add_argument('--checkpoint_dir', default='', help='trained network')
  parser.add_argument('--subset', default='validation')
  parser.add_argument('--num_examples', type=int, default=500)
  parser.add_argument('--image_size', type=int, default=299)
  parser.add_argument('--rounds', type=int, default=5)
  parser.add_argument(
    '--quick', action='store_true', help='tiny sizes, to check that it runs'
  )
  args = parser.parse_args()
  if args.quick:
    args.num_examples, args.image_size, args.rounds = 4, 75, 1
  with tempfile.TemporaryDirectory() as folder:
    data = dataset.read_info(args.data_dir) if args.data_dir else None
    if data is None:
      data = datasets.write(
        folder,
        {args.subset: args.num_examples},
        class_names=trained_models.CLASS_NAMES,
        size=args.image_size,
      )
    prefix = (
      checkpoint.latest(args.checkpoint_dir) if args.checkpoint_dir else None
    ) or trained_models.write(folder, image_size=args.image_size)
    settings = config.InputConfig(
      data_dir=data.data_dir, subset=args.subset, image_size=args.image_size
    )
    pathlib.Path(folder, 'eval').mkdir()
    runs = {
      'bare': bare(data, settings, prefix, args.num_examples),
      'whole': whole(
        data, settings, prefix, args.num_examples, f'{folder}/eval'
      ),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for number in range(args.rounds + 1):
      for name, run in runs.items():
        measured = seconds(run)
        if number:
          times[name].append(measured)
  medians = {
    name: [statistics.median(column) for column in zip(*rows, strict=True)]
    for name, rows in times.items()
  }
  for name, (processor, wall) in medians.items():
    print(f'{name}: {processor:.2f} s of the processor, {wall:.2f} s')
  ratio = medians['whole'][0] / medians['bare'][0]
  print(f'whole / bare: {ratio:.3f}')


if __name__ == '__main__':
  main()
