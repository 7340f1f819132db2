"""Measures how many planted wrong labels are found; run by hand.

  python tests/benchmarks/mislabels_benchmark.py --data_dir=my-data \\
    --checkpoint=inception-v3/model.ckpt-157585

Gives 5 % of the records of all subsets the label of another class, drawn at
random, and ranks all of them by confident learning on the features of the
network, as evaluate --examine_training does. It prints the share of planted
labels among the first 10, 25, 50 and 100, and how many of these get their true
class back. The features are cached in DATA_DIR/features; without --data_dir,
features are drawn at random.
"""

import argparse
import time

import numpy as np

from inception import dataset
from inception import inception_model
from inception.checkpoints import pretrained
from inception.evaluation import training_examination
from inception.evaluation import training_features
from inception.input import network_features
from inception.settings import config

_SHARE = 0.05
_FIRST = (10, 25, 50, 100)
_SEED = 3


def drawn_features(
  count: int, *, num_classes: int = 5, strength: float = 5.0
) -> tuple[np.ndarray, np.ndarray]:
  """Returns features and labels of separable classes.

  Args:
    count: number of pictures.
    num_classes: number of classes.
    strength: distance of a class's mean from 0, in standard deviations.
  """
  rng = np.random.default_rng(_SEED)
  labels = rng.integers(0, num_classes, count)
  means = rng.normal(size=(num_classes, 64)) / 8 * strength
  features = rng.normal(size=(count, 64)) + means[labels]
  return features.astype(np.float32), labels


def plant(
  labels: np.ndarray, num_classes: int
) -> tuple[np.ndarray, np.ndarray]:
  """Returns labels with wrong ones, and which of them are wrong.

  Args:
    labels: int [pictures], in [0, num_classes).
    num_classes: number of classes.
  """
  rng = np.random.default_rng(_SEED)
  chosen = rng.permutation(len(labels))[: round(_SHARE * len(labels))]
  wrong = labels.copy()
  wrong[chosen] += rng.integers(1, num_classes, len(chosen))
  wrong %= num_classes
  return wrong, wrong != labels


def network_features_of(
  data_dir: str, checkpoint: str, image_size: int
) -> tuple[np.ndarray, np.ndarray, int]:
  """Returns features and labels of all subsets, and the number of classes."""
  data = dataset.read_info(data_dir)
  if data is None:
    raise SystemExit(f'{data_dir} has no {dataset.INFO_FILE}')
  model = inception_model.InceptionModel(num_classes=data.num_classes)
  pretrained.restore_pretrained(checkpoint, model.feature_variables)
  parts = [
    network_features.load(
      model,
      data,
      config.InputConfig(
        data_dir=data_dir, subset=subset, image_size=image_size
      ),
      folder=network_features.cache_dir(data_dir, '.'),
      on_progress=lambda done, total: print(f'{done} of {total}'),
    )
    for subset, count in data.num_examples_of.items()
    if count
  ]
  return (
    np.concatenate([part.values[0] for part in parts]),
    np.concatenate([part.labels for part in parts]) - 1,
    data.num_classes,
  )


def main() -> None:
  """Measures and prints the figures."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--data_dir', default='', help='folder of records')
  parser.add_argument('--checkpoint', default='', help='pretrained weights')
  parser.add_argument('--image_size', type=int, default=299)
  parser.add_argument(
    '--quick', action='store_true', help='tiny sizes, to check that it runs'
  )
  args = parser.parse_args()
  if args.data_dir and not args.quick:
    features, labels, num_classes = network_features_of(
      args.data_dir, args.checkpoint, args.image_size
    )
  else:
    num_classes = 5
    features, labels = drawn_features(
      200 if args.quick else 1000, num_classes=num_classes
    )
  given, is_wrong = plant(labels, num_classes)
  start = time.perf_counter()
  suspects = training_examination.find_suspects(
    training_features.TrainingFeatures(
      features=features, labels=given.astype(np.int32) + 1, sources=()
    ),
    num_classes=num_classes,
  )
  seconds = time.perf_counter() - start
  print(
    f'{is_wrong.sum()} of {len(labels)} labels are planted; '
    f'{len(suspects)} suspects in {seconds:.1f} s'
  )
  for count in _FIRST:
    first = suspects[:count]
    planted = [suspect for suspect in first if is_wrong[suspect.index]]
    right = sum(
      suspect.suggested == labels[suspect.index] + 1 for suspect in planted
    )
    print(
      f'first {count}: {len(planted)} planted '
      f'({len(planted) / max(1, len(first)):.0%}), {right} with the true class'
    )


if __name__ == '__main__':
  main()
