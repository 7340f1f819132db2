"""Tests that the audit of a folder and the inspection of its records agree."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from inception.data import data_preparation
from inception.data import records_plan
from inception.images import image_files
from inception.inspection import record_inspection
from inception.settings import config
from inception.testing import image_folders

# Primaries of a wide gamut: their values mean other colours in sRGB.
PROFILE = image_folders.matrix_profile(
  [(0.61, 0.31, 0.02), (0.205, 0.626, 0.061), (0.149, 0.063, 0.744)], 2.2
)


def photograph(seed):
  """Returns a picture with detail at every size, float [90, 120, 3]."""
  rng = np.random.default_rng(seed)
  layers = [
    np.asarray(
      Image.fromarray(rng.integers(0, 256, (side, side, 3), np.uint8)).resize(
        (120, 90), Image.Resampling.BICUBIC
      ),
      float,
    )
    for side in (3, 7, 15, 40)
  ]
  return np.mean(layers, axis=0)


def save(path, pixels, **options):
  path.parent.mkdir(parents=True, exist_ok=True)
  image = Image.fromarray(pixels.round().clip(0, 255).astype(np.uint8))
  image.save(path, **options)


def prepare(photos, out, **options):
  out.mkdir()
  data_preparation.prepare(
    data_preparation.Source(
      folders={'': str(photos)},
      listings={'': image_files.find_images(photos, ['a', 'b'])},
      split=config.SplitConfig(validation_fraction=0.3),
    ),
    config.RecordsConfig(output_directory=str(out), **options),
    description=records_plan.Description(name='test', class_names=('a', 'b')),
    log=lambda line: None,
  )


def found(out, **options):
  """Returns {kind: groups of file names} for the audit and the inspection."""
  report = json.loads((out / 'audit.json').read_bytes())
  told = {
    kind: sorted(
      sorted(file['path'].split('/')[1] for file in group)
      for group in report[key]
    )
    for kind, key in (
      ('near', 'near_duplicates'),
      ('conflict', 'conflicts'),
      ('leak', 'leaks'),
    )
  }
  inspection = record_inspection.inspect(out, log=print, **options)

  def names(chosen):
    return sorted(
      sorted(inspection.name(index).filename for index in group.members)
      for group in inspection.repeats.groups
      if chosen(group)
    )

  return told, {
    'near': names(lambda group: not group.is_exact),
    'conflict': names(lambda group: group.is_conflict),
    'leak': names(lambda group: group.is_leak),
  }


@pytest.fixture(name='photos')
def _photos(tmp_path):
  """Photographs with recoloured twins, from hardly to plainly different."""
  photos = tmp_path / 'photos'
  for seed in range(24):
    pixels = photograph(seed)
    save(photos / 'a' / f'{seed}.jpg', pixels, quality=90)
    # The recolouring grows, so that some twins are close to the photograph.
    twin = pixels + (seed + 1) * np.array([1, -1, 1])
    save(
      photos / 'b' / f'{seed} twin.jpg', twin, quality=90, icc_profile=PROFILE
    )
    save(photos / 'b' / f'{seed} other.png', photograph(100 + seed))
  return photos


def test_both_find_the_same_recoloured_twins(photos, tmp_path):
  prepare(photos, tmp_path / 'out')
  audit, inspection = found(tmp_path / 'out')
  assert inspection == audit
  # Some twins are near copies, and some are not.
  assert 2 < len(audit['near']) < 24
  assert audit['conflict'] == audit['near']
  assert audit['leak'] == []


def test_signature_is_of_the_picture_in_the_record(photos, tmp_path):
  save(photos / 'a' / 'alpha.png', photograph(50))
  image = Image.fromarray(photograph(50).astype(np.uint8)).convert('RGBA')
  image.putalpha(200)
  buffer = io.BytesIO()
  image.save(buffer, 'PNG')
  (photos / 'b' / 'alpha twin.png').write_bytes(buffer.getvalue())
  prepare(photos, tmp_path / 'out', max_side=60)
  audit, inspection = found(tmp_path / 'out')
  assert inspection == audit


def test_inspection_uses_the_distance_of_the_audit(photos, tmp_path):
  out = tmp_path / 'out'
  prepare(photos, out, near_duplicate_distance=0)
  audit, inspection = found(out)
  assert inspection == audit == {'near': [], 'conflict': [], 'leak': []}
  assert found(out, near_duplicate_distance=24)[1]['near']


@pytest.mark.parametrize(
  'text',
  [
    '',
    '[]',
    '{"settings": {}}',
    '{"settings": {"near_duplicate_distance": -1}}',
  ],
)
def test_audit_without_a_distance_leaves_the_default(photos, tmp_path, text):
  out = tmp_path / 'out'
  prepare(photos, out)
  expected = found(out)[1]
  (out / 'audit.json').write_text(text, encoding='utf-8')
  inspection = record_inspection.inspect(out, log=print)
  groups = inspection.repeats.groups
  assert sum(not group.is_exact for group in groups) == len(expected['near'])
