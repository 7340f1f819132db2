"""Measures time and memory of the search for near duplicates; run by hand.

  python tests/benchmarks/near_duplicates_benchmark.py [--images=1300000]

There are four kinds of signatures; copies of 1 % of them are planted:

  bits        random signatures: everything that shares a band is compared
  pictures    noise with the 1/f amplitudes of photographs: flat regions make
              bands equal
  discs       two discs on black, like digits: nearly blank, and many are alike
  blank       one dot each: hardly anything distinguishes them

Copies of bits differ in 0 to 24 bits, other copies by noise of 1 in 255.
'% found' is the share of 1,000 copies, near by definition, that are in a group
with their originals. MiB is the memory used in addition to the signatures.
"""

import argparse
import time
import tracemalloc

import numpy as np

from inception.data.curation import near_duplicates
from inception.data.curation import picture_signatures

_CHUNK = 20_000
_PAIRS = 1000


def random_bits(generator, count):
  """Returns the signatures of `count` pictures, and those of copies of 1 %."""
  originals = generator.integers(
    256, size=(count, picture_signatures.SIGNATURE_BYTES), dtype=np.uint8
  )
  originals[:, 32:] = generator.integers(
    100, 105, originals[:, 32:].shape, dtype=np.uint8
  )
  copies = originals[: count // 100].copy()
  flipped = generator.random((len(copies), 256)).argsort(
    axis=1
  ) < generator.integers(25, size=(len(copies), 1))
  copies[:, :32] ^= np.packbits(flipped, axis=1)
  return originals, copies


def of_thumbnails(draw):
  """Returns a function like random_bits for pictures that `draw` makes."""

  def signatures(generator, count):
    originals, copies = [], []
    for start in range(0, count, _CHUNK):
      thumbnails = draw(generator, min(_CHUNK, count - start))
      originals.append(picture_signatures.signatures(as_bytes(thumbnails)))
      copied = thumbnails[: len(thumbnails) // 100]
      copies.append(
        picture_signatures.signatures(
          as_bytes(copied + generator.normal(0, 1, copied.shape))
        )
      )
    # The copies of a chunk are of its first pictures, which come first in the
    # result, too.
    first = [part[: len(copied)] for part, copied in zip(originals, copies)]
    others = [part[len(copied) :] for part, copied in zip(originals, copies)]
    return np.concatenate(first + others), np.concatenate(copies)

  return signatures


def as_bytes(thumbnails):
  return np.clip(np.rint(thumbnails), 0, 255).astype(np.uint8)


def pictures(generator, count):
  frequency = np.hypot(
    np.fft.fftfreq(17)[:, None, None], np.fft.rfftfreq(17)[:, None]
  )
  frequency[0, 0] = np.inf
  shape = (count, *frequency.shape[:2], 3)
  spectrum = (
    generator.standard_normal(shape, np.float32)
    + 1j * generator.standard_normal(shape, np.float32)
  ) / frequency
  fields = np.fft.irfft2(spectrum, (17, 17), axes=(1, 2))
  # Mostly grey, like photographs.
  fields = fields * 0.3 + fields.mean(axis=3, keepdims=True)
  return 120 + 50 * fields / fields.std(axis=(1, 2, 3), keepdims=True)


def discs(generator, count, number=2, radius=(2, 4)):
  y, x = np.mgrid[:17, :17]
  values = np.zeros((count, 17, 17))
  for _ in range(number):
    centres = generator.uniform(4, 13, (2, count, 1, 1))
    radii = generator.uniform(*radius, (count, 1, 1))
    away = np.hypot(y - centres[0], x - centres[1])
    values = np.maximum(values, np.clip(radii - away, 0, 1))
  return np.repeat(255 * values[..., None], 3, axis=3)


def dots(generator, count):
  return discs(generator, count, 1, (0.2, 1)) * generator.uniform(
    0, 0.2, (count, 1, 1, 1)
  )


def measure(name, make, count, generator):
  """Prints a row: time, memory and the share of planted copies found."""
  originals, copies = make(generator, count)
  shuffled = generator.permutation(len(originals) + len(copies))
  signatures = np.concatenate([originals, copies])[shuffled]
  positions = np.argsort(shuffled)
  tracemalloc.start()
  start = time.perf_counter()
  groups = near_duplicates.find(signatures)
  seconds = time.perf_counter() - start
  peak = tracemalloc.get_traced_memory()[1] / 2**20
  tracemalloc.stop()
  group_of = np.arange(len(signatures)) + len(groups)
  for number, group in enumerate(groups):
    group_of[list(group)] = number
  is_found = group_of[positions[: len(copies)]] == group_of[positions[count:]]
  # Copies that are not near their originals by definition do not count.
  near = [
    bool(near_duplicates.find(np.stack(pair)))
    for pair in zip(originals[:_PAIRS], copies[:_PAIRS])
  ]
  is_found = is_found[:_PAIRS][near]
  print(
    f'{name:10s}{len(signatures):10,d}{seconds:8.1f}{peak:9.0f}'
    f'{100 * is_found.mean():10.2f}{len(groups):10,d}'
    f'{max(map(len, groups), default=0):10,d}',
    flush=True,
  )


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--images', type=int, default=1_300_000)
  parser.add_argument(
    '--images_alike',
    type=int,
    default=60_000,
    help='number of discs and of blank pictures',
  )
  parser.add_argument(
    '--quick', action='store_true', help='tiny: only shows that it runs'
  )
  args = parser.parse_args()
  if args.quick:
    args.images = args.images_alike = 2000
  print(f'NumPy {np.__version__}')
  print(
    f'{"":10s}{"images":>10s}{"s":>8s}{"MiB":>9s}{"% found":>10s}'
    f'{"groups":>10s}{"largest":>10s}'
  )
  generator = np.random.default_rng(0)
  for name, make, count in (
    ('bits', random_bits, args.images),
    ('pictures', of_thumbnails(pictures), args.images),
    ('discs', of_thumbnails(discs), args.images_alike),
    ('blank', of_thumbnails(dots), args.images_alike),
  ):
    measure(name, make, count, generator)


if __name__ == '__main__':
  main()
