"""Measures the copies that feature_copies finds, and false pairs; run by hand.

  python tests/benchmarks/feature_copies_benchmark.py --images=flower_photos \\
    --checkpoint=inception-v3/model.ckpt-157585

Makes mirrored, cropped, grey, and turned copies of every fifth photograph and
computes the features of all. For each kind of copy, it prints the percentage
that are candidates by their features, and the percentage whose score also
reaches each limit. The row 'false' shows numbers of pairs of different
photographs. --keep names a file for the features, which the next run reads.
"""

import argparse
import io
import pathlib
import time

import numpy as np
import tensorflow as tf
from PIL import Image
from PIL import ImageOps

from inception import image_processing
from inception import inception_model
from inception.checkpoints import pretrained
from inception.images import image_coder
from inception.inspection import feature_copies
from inception.inspection import feature_neighbours
from inception.inspection import picture_alignment
from inception.testing import record_folders

_SIZE = 299
_BATCH = 16
_ONE_OF = 5
_QUALITY = 90
_LIMITS = (0.9, 0.95, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99)


def cropped(image: Image.Image, share: float) -> Image.Image:
  """Returns the image cropped by a share of its length on each side."""
  x, y = (round(side * share) for side in image.size)
  return image.crop((x, y, image.width - x, image.height - y))


COPIES = {
  'mirrored': ImageOps.mirror,
  'cropped by 2 %': lambda image: cropped(image, 0.02),
  'cropped by 5 %': lambda image: cropped(image, 0.05),
  'cropped by 10 %': lambda image: cropped(image, 0.1),
  'mirrored, cropped by 5 %': lambda image: ImageOps.mirror(
    cropped(image, 0.05)
  ),
  'grey': lambda image: ImageOps.grayscale(image).convert('RGB'),
  'turned by 90 degrees': lambda image: image.transpose(
    Image.Transpose.ROTATE_90
  ),
}


def encoded(image: Image.Image) -> bytes:
  """Returns the image as a JPEG."""
  buffer = io.BytesIO()
  image.save(buffer, 'JPEG', quality=_QUALITY)
  return buffer.getvalue()


def load_photos(folder: str) -> list[bytes]:
  """Returns the JPEG files of a folder; drawn pictures if folder is empty."""
  if not folder:
    return [record_folders.picture(i, height=90, width=120) for i in range(20)]
  return [
    path.read_bytes() for path in sorted(pathlib.Path(folder).rglob('*.jpg'))
  ]


def make_copies(files: list[bytes]) -> dict[str, list[bytes]]:
  """Returns {kind: copies of every fifth file}."""
  images = [
    Image.open(io.BytesIO(data)).convert('RGB') for data in files[::_ONE_OF]
  ]
  return {
    name: [encoded(make(image)) for image in images]
    for name, make in COPIES.items()
  }


def compute_features(
  files: list[bytes], checkpoint: str, size: int
) -> np.ndarray:
  """Returns float32 [files, 2048]; the weights are random if no checkpoint."""
  model = inception_model.InceptionModel(num_classes=1)
  if checkpoint:
    pretrained.restore_pretrained(checkpoint, model.feature_variables)
  step = tf.function(model.features, autograph=False)
  batches = []
  for start in range(0, len(files), _BATCH):
    batches.append(
      step(
        tf.stack([
          image_processing.eval_image(image_coder.encode(data).jpeg, size=size)
          for data in files[start : start + _BATCH]
        ])
      ).numpy()
    )
  return np.concatenate(batches)


def scores_of(
  values: np.ndarray, pictures: np.ndarray
) -> dict[tuple[int, int], float]:
  """Returns {pair of indices: score} of all candidates."""
  neighbours = feature_neighbours.nearest(
    [values], count=feature_copies.NUM_CANDIDATES
  )
  best = {}
  for index, others in enumerate(neighbours):
    for other, score in zip(
      others.tolist(),
      picture_alignment.match(pictures[index], pictures[others]),
    ):
      pair = min(index, other), max(index, other)
      best[pair] = max(best.get(pair, -1), float(score))
  return best


def show(name: str, candidates: str, shares: list[str]) -> None:
  """Prints a row."""
  print(f'{name:26s}{candidates:>11s}' + ''.join(f'{s:>8s}' for s in shares))


def main() -> None:
  """Measures and prints the table."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--images', default='', help='folder of photographs')
  parser.add_argument('--checkpoint', default='', help='pretrained weights')
  parser.add_argument('--keep', default='', help='.npy file for the features')
  parser.add_argument(
    '--quick', action='store_true', help='tiny sizes, to check that it runs'
  )
  args = parser.parse_args()
  files = load_photos('' if args.quick else args.images)
  copies = make_copies(files)
  everything = files + [data for kind in copies.values() for data in kind]
  if args.keep and pathlib.Path(args.keep).exists():
    values = np.load(args.keep)
  else:
    values = compute_features(
      everything, args.checkpoint, 75 if args.quick else _SIZE
    )
    if args.keep:
      np.save(args.keep, values)
  pictures = picture_alignment.prepared(
    np.stack([image_coder.examine(data).preview for data in everything])
  )
  show('', 'candidates', [str(limit) for limit in _LIMITS])
  count = len(files)
  start = time.perf_counter()
  false = np.array(list(scores_of(values[:count], pictures[:count]).values()))
  seconds = time.perf_counter() - start
  show(
    'false',
    f'{len(false):,}',
    [f'{(false >= limit).sum():,}' for limit in _LIMITS],
  )
  originals = range(0, count, _ONE_OF)
  first = count
  for name, kind in copies.items():
    chosen = [*range(count), *range(first, first + len(kind))]
    first += len(kind)
    best = scores_of(values[chosen], pictures[chosen])
    scores = np.array([
      best.get((original, count + i), -1.0)
      for i, original in enumerate(originals)
    ])
    show(
      name,
      f'{100 * (scores >= -0.99).mean():.1f}',
      [f'{100 * (scores >= limit).mean():.1f}' for limit in _LIMITS],
    )
  print(f'{1000 * seconds / count:.1f} ms per image, of {count:,}')


if __name__ == '__main__':
  main()
