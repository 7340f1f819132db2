"""Tests of inception.data.flowers.drawn_flowers."""

import numpy as np
import pytest
from PIL import Image

from inception.data.flowers import drawn_flowers

CLASSES = ('daisy', 'dandelion', 'roses', 'sunflowers', 'tulips')


def picture(name='roses', number=1, seed=0):
  return drawn_flowers.draw_picture(name, number=number, seed=seed)


def files_of(folder):
  return sorted(
    path.relative_to(folder).as_posix()
    for path in folder.rglob('*')
    if path.is_file()
  )


def test_classes_match_those_of_the_photographs():
  assert drawn_flowers.CLASS_NAMES == CLASSES


@pytest.mark.parametrize('name', CLASSES)
def test_picture_is_rgb_and_has_contrast(name):
  image = picture(name)
  assert image.mode == 'RGB'
  assert image.size == (200, 200)
  assert np.asarray(image).std() > 10


def test_picture_depends_only_on_class_number_and_seed():
  pixels = picture().tobytes()
  picture('tulips', 9, 9)  # A picture in between leaves no state behind.
  assert picture().tobytes() == pixels
  assert (
    len({
      pixels,
      picture('tulips').tobytes(),
      picture(number=2).tobytes(),
      picture(seed=1).tobytes(),
    })
    == 4
  )


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    ({'name': 'orchids'}, "one of daisy, .*, got 'orchids'"),
    ({'number': -1}, 'number and seed must be >= 0, got -1 and 0'),
    ({'seed': -2}, 'number and seed must be >= 0, got 1 and -2'),
  ],
)
def test_invalid_arguments_are_refused(arguments, message):
  with pytest.raises(ValueError, match=message):
    picture(**arguments)


def test_mean_colour_does_not_reveal_the_class():
  def mean_colours(numbers):
    return np.array([
      [
        np.asarray(picture(name, number))[50:150, 50:150].mean((0, 1))
        for number in numbers
      ]
      for name in CLASSES
    ])

  centres = mean_colours(range(12)).mean(1)
  unseen = mean_colours(range(12, 20))
  distances = np.linalg.norm(unseen[:, :, None] - centres, axis=-1)
  right = distances.argmin(-1) == np.arange(5)[:, None]
  assert right.mean() < 0.8


def test_folder_has_one_folder_per_class(tmp_path):
  drawn = drawn_flowers.write_pictures(
    tmp_path / 'new' / 'f', pictures_per_class=2
  )
  assert drawn == 10
  assert files_of(tmp_path / 'new' / 'f') == [
    f'{name}/{name}_{number:05d}.jpg' for name in CLASSES for number in (1, 2)
  ]
  with Image.open(tmp_path / 'new/f/tulips/tulips_00002.jpg') as image:
    assert image.format == 'JPEG'
    assert image.size == (200, 200)
    # JPEG is lossy.
    difference = np.abs(
      np.asarray(image, np.float32)
      - np.asarray(picture('tulips', 2), np.float32)
    )
  assert difference.mean() < 6


def test_existing_pictures_are_kept(tmp_path):
  drawn_flowers.write_pictures(tmp_path, pictures_per_class=1)
  kept = tmp_path / 'roses' / 'roses_00001.jpg'
  kept.write_bytes(b'the user was here')
  lost = tmp_path / 'daisy' / 'daisy_00001.jpg'
  before = lost.read_bytes()
  lost.unlink()
  assert drawn_flowers.write_pictures(tmp_path, pictures_per_class=1) == 1
  assert kept.read_bytes() == b'the user was here'
  assert lost.read_bytes() == before


def test_interrupted_call_leaves_only_complete_pictures(tmp_path, monkeypatch):
  save = Image.Image.save

  def half(image, path, **options):
    save(image, path, **options)
    if 'roses' in str(path):
      path.write_bytes(path.read_bytes()[:100])
      raise OSError('disk full')

  monkeypatch.setattr(Image.Image, 'save', half)
  with pytest.raises(OSError, match='disk full'):
    drawn_flowers.write_pictures(tmp_path, pictures_per_class=1)
  assert [name for name in files_of(tmp_path) if name.endswith('.jpg')] == [
    'daisy/daisy_00001.jpg',
    'dandelion/dandelion_00001.jpg',
  ]
  monkeypatch.undo()
  assert drawn_flowers.write_pictures(tmp_path, pictures_per_class=1) == 3
  assert all(name.endswith('.jpg') for name in files_of(tmp_path))


def test_progress_counts_existing_pictures(tmp_path, monkeypatch):
  monkeypatch.setattr(
    drawn_flowers,
    'draw_picture',
    lambda *args, **kwargs: Image.new('RGB', (2, 2)),
  )
  drawn_flowers.write_pictures(tmp_path, pictures_per_class=10)
  reports = []
  drawn_flowers.write_pictures(
    tmp_path,
    pictures_per_class=50,
    report=lambda done, total: reports.append((done, total)),
  )
  assert reports == [(100, 250), (200, 250), (250, 250)]


def test_fewer_than_one_picture_is_refused(tmp_path):
  with pytest.raises(ValueError, match='pictures_per_class must be >= 1'):
    drawn_flowers.write_pictures(tmp_path / 'f', pictures_per_class=0)
  assert not (tmp_path / 'f').exists()


def test_negative_seed_is_refused(tmp_path):
  with pytest.raises(ValueError, match='seed must be >= 0'):
    drawn_flowers.write_pictures(tmp_path, pictures_per_class=1, seed=-1)
