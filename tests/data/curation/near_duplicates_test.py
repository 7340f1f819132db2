"""Tests of inception.data.curation.near_duplicates."""

import math

import numpy as np
import pytest

from inception.data.curation import near_duplicates
from inception.data.curation import picture_signatures
from inception.testing import tiny_pictures


def random_signatures(count, seed=0):
  """Returns signatures with half of the bits set, and close colours."""
  generator = np.random.default_rng(seed)
  signatures = generator.integers(256, size=(count, 80), dtype=np.uint8)
  signatures[:, 32:] = generator.integers(100, 110, (count, 48))
  # 128 bits each: a byte and its complement.
  signatures[:, 16:32] = ~signatures[:, :16]
  return signatures


def flipped(signature, bits):
  """Returns a copy with these bits inverted."""
  mask = np.zeros(256, bool)
  mask[list(bits)] = True
  copy = signature.copy()
  copy[:32] ^= np.packbits(mask)
  return copy


def is_near(a, b, max_distance):
  """Applies the definition, in Python's numbers."""
  bits_a, bits_b = (int.from_bytes(s[:32].tobytes(), 'big') for s in (a, b))
  num_set = bits_a.bit_count() + bits_b.bit_count()
  trust = min(1.0, num_set / 240) ** 2
  colours = sum(abs(int(x) - int(y)) for x, y in zip(a[32:], b[32:])) / 48
  return (
    bits_a ^ bits_b
  ).bit_count() <= max_distance * trust and colours <= max(2, 20 * trust)


def test_noisy_and_brighter_copies_are_near_but_mirrored_ones_are_not():
  generator = np.random.default_rng(1)
  for seed in range(20):
    original = tiny_pictures.blobs(seed)
    noisy = original + generator.integers(-1, 2, original.shape)
    thumbnails = np.stack([
      original,
      np.clip(noisy, 0, 255),
      np.minimum(original * 1.05, 255),
      original[:, ::-1],
      tiny_pictures.blobs(100 + seed),
    ]).astype(np.uint8)
    assert near_duplicates.find(picture_signatures.signatures(thumbnails)) == [
      (0, 1, 2)
    ]


def test_colours_distinguish_equal_gradients():
  signature = random_signatures(1)[0]
  as_near, further = signature.copy(), signature.copy()
  as_near[32:] += 20
  further[32:] += 21
  assert near_duplicates.find(np.stack([signature, as_near])) == [(0, 1)]
  assert near_duplicates.find(np.stack([signature, further])) == []


def test_blank_pictures_are_near_only_in_equal_colours():
  signatures = picture_signatures.signatures(
    np.stack([
      tiny_pictures.BLANK,
      tiny_pictures.BLANK + 2,
      tiny_pictures.BLANK + 60,
      tiny_pictures.BLANK + 62,
      tiny_pictures.BLANK + 5,
    ])
  )
  assert near_duplicates.find(signatures) == [(0, 1), (2, 3)]


def test_few_set_bits_tolerate_fewer_differences():
  # 60 + 60 set are half of 240: a quarter of the 24 bits may differ.
  few = np.full(80, 100, np.uint8)
  few[:32] = np.packbits(np.arange(256) < 60)
  for num_off, groups in ((3, [(0, 1)]), (4, [])):
    other = flipped(few, [*range(num_off), 100, 101, 102])
    assert near_duplicates.find(np.stack([few, other])) == groups


@pytest.mark.parametrize('max_distance', [1, 8, 24])
def test_result_equals_that_of_comparing_all_pairs(max_distance):
  generator = np.random.default_rng(2)
  originals = random_signatures(1800)
  copies = [
    flipped(originals[i], generator.choice(256, i % 40, replace=False))
    for i in range(200)
  ]
  signatures = np.concatenate([originals, copies])
  bits = np.unpackbits(signatures[:, :32], axis=1).astype(np.float32)
  counts = bits.sum(axis=1)
  apart = counts[:, None] + counts - 2 * bits @ bits.T
  pairs = [
    (i, j)
    for i, j in np.argwhere(apart <= max_distance).tolist()
    if i < j and is_near(signatures[i], signatures[j], max_distance)
  ]
  assert len(pairs) >= 5 * max_distance
  assert near_duplicates.find(signatures, max_distance=max_distance) == pairs


def test_up_to_16_differing_bits_are_found_anywhere():
  # One in each of 16 bands of 15 bits, the 17th is untouched.
  for untouched in range(17):
    signature = random_signatures(1, seed=untouched)[0]
    other = flipped(
      signature,
      [15 * band + band % 15 for band in range(17) if band != untouched],
    )
    assert near_duplicates.find(
      np.stack([signature, other]), max_distance=16
    ) == [(0, 1)]
    assert (
      near_duplicates.find(np.stack([signature, other]), max_distance=15) == []
    )


def test_signatures_of_a_band_are_compared_with_the_next_128():
  bits = np.random.default_rng(5).random((128, 256)) < 0.5
  bits[:, :15] = bits[0, :15]
  # The copy differs in one bit of each other band. Sorted by what follows the
  # first band, the two have all others between them.
  bits[127] = bits[0]
  bits[127, 15:255:15] ^= True
  bits[:, 15:17] = (1, 0)
  bits[0, 15:17], bits[127, 15:17] = (0, 1), (1, 1)
  signatures = np.full((128, 80), 100, np.uint8)
  signatures[:, :32] = np.packbits(bits, axis=1)
  assert near_duplicates.find(signatures) == [(0, 127)]


def test_pairs_that_share_a_picture_are_one_group():
  chain = [random_signatures(1)[0]]
  for link in range(30):
    chain.append(flipped(chain[-1], range(8 * link, 8 * link + 8)))
  alone = random_signatures(1, seed=1)
  assert np.bitwise_count(chain[0][:32] ^ chain[-1][:32]).sum() == 240
  assert near_duplicates.find(np.stack([*chain, alone[0]])) == [
    tuple(range(31))
  ]


def test_order_has_no_influence():
  generator = np.random.default_rng(3)
  originals = random_signatures(300)
  signatures = np.concatenate([
    originals,
    originals[:50],
    [flipped(s, generator.choice(256, 12)) for s in originals[20:90]],
  ])
  # More signatures share most bands than are compared with each one.
  alike = picture_signatures.signatures(
    np.clip(
      tiny_pictures.blobs(0) // 2
      + generator.integers(-9, 9, (1000, 17, 17, 3)),
      0,
      255,
    ).astype(np.uint8)
  )
  signatures = np.concatenate([signatures, alike])
  groups = near_duplicates.find(signatures)
  shuffled = generator.permutation(len(signatures))
  assert len(groups) >= 90
  assert (
    sorted(
      tuple(sorted(shuffled[list(group)].tolist()))
      for group in near_duplicates.find(signatures[shuffled])
    )
    == groups
  )


def test_distance_0_finds_only_equal_pictures():
  signatures = random_signatures(6)
  signatures[4] = signatures[1]
  signatures[5] = flipped(signatures[2], [7])
  assert near_duplicates.find(signatures, max_distance=0) == [(1, 4)]


@pytest.mark.parametrize('count', [0, 1])
def test_fewer_than_two_signatures_have_no_duplicates(count):
  assert near_duplicates.find(random_signatures(count)) == []


@pytest.fixture
def comparisons(monkeypatch):
  """A list with an item for each comparison of a chunk of signatures."""
  made = []
  near_pairs = near_duplicates._Band.near_pairs

  def counted(self, start):
    for pairs in near_pairs(self, start):
      made.append(start)
      yield pairs

  monkeypatch.setattr(near_duplicates._Band, 'near_pairs', counted)
  return made


def test_equal_signatures_are_not_compared(comparisons):
  signatures = np.repeat(random_signatures(1), 100_000, axis=0)
  assert near_duplicates.find(signatures) == [tuple(range(100_000))]
  assert not comparisons


def test_nearly_blank_signatures_avoid_quadratic_time(comparisons):
  # 20,000 signatures share nearly every band: 200 million pairs.
  generator = np.random.default_rng(4)
  signatures = np.full((20_000, 80), 100, np.uint8)
  signatures[:, :32] = 0
  for _ in range(3):
    signatures[np.arange(20_000), generator.integers(32, size=20_000)] |= (
      1 << generator.integers(8, size=20_000)
    ).astype(np.uint8)
  groups = near_duplicates.find(signatures)
  # Each is compared with the next 128 of each of 17 bands.
  chunks = math.ceil(20_000 / near_duplicates._CHUNK)
  assert 128 < len(comparisons) <= 17 * 128 * chunks
  # With 6 bits set, no bit may differ.
  assert all(
    len({signatures[i].tobytes() for i in group}) == 1 for group in groups
  )


def test_input_is_not_changed():
  signatures = random_signatures(50)
  signatures.setflags(write=False)
  assert near_duplicates.find(signatures[::2]) == []


@pytest.mark.parametrize(
  'signatures',
  [np.zeros((3, 80)), np.zeros((3, 79), np.uint8), np.zeros(80, np.uint8)],
)
def test_wrong_signatures_are_refused(signatures):
  with pytest.raises(ValueError, match=r'signatures must be uint8 \[n, 80\]'):
    near_duplicates.find(signatures)


@pytest.mark.parametrize('max_distance', [-1, 257])
def test_wrong_distance_is_refused(max_distance):
  with pytest.raises(ValueError, match=f'in 0..256, got {max_distance}'):
    near_duplicates.find(random_signatures(2), max_distance=max_distance)
