"""Tests of inception.image_processing."""

import colorsys
import functools
import io
import tarfile

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from inception import image_processing
from inception.settings import parsing
from inception.testing import goldens
from inception.testing import plain_images
from inception.testing import records

_NO_BOX = tf.zeros([1, 0, 4])
_AUGMENTATIONS = ('inception', 'light', 'randaugment', 'none')


def _train(encoded, seed, *, augmentation, size=75, bbox=_NO_BOX):
  return image_processing.train_image(
    encoded, bbox, seed, size=size, augmentation=augmentation
  ).numpy()


def _draws(function, num_draws):
  """Returns function([11, i]) for i in range(num_draws), traced once."""
  seeds = tf.stack([tf.fill([num_draws], 11), tf.range(num_draws)], 1)
  mapped = tf.function(
    lambda: tf.map_fn(function, seeds, fn_output_signature=tf.float32)
  )
  return mapped().numpy()


def _pillow(mode, image_format):
  file = io.BytesIO()
  Image.fromarray(records.picture(40, 50)).convert(mode).save(
    file, image_format
  )
  return file.getvalue()


@functools.cache
def _golden_photos():
  """Returns {member of the archive: JPEG file} of the goldens' photographs."""
  path = goldens.shared_photos()
  if path is None:
    pytest.skip('the shared photographs are not on this machine')
  wanted = goldens.load()['eval_preprocessing']
  photos = {}
  with tarfile.open(path) as archive:
    for member in archive:
      name = member.name.removeprefix('flower_photos/')
      if name in wanted:
        photos[name] = archive.extractfile(member).read()
      if len(photos) == len(wanted):
        break
  return photos


@pytest.mark.parametrize('name', sorted(goldens.load()['eval_preprocessing']))
def test_eval_image_matches_the_originals_graph(name):
  golden = goldens.load()['eval_preprocessing'][name]
  image = image_processing.eval_image(_golden_photos()[name], size=299).numpy()
  assert list(image.shape) == golden['shape']
  np.testing.assert_allclose(
    image[::37, ::37].reshape(-1, 3), golden['grid_step_37'], atol=1e-5
  )
  np.testing.assert_allclose(image.mean(), golden['mean'], atol=1e-5)
  np.testing.assert_allclose(image.std(), golden['std'], atol=1e-5)


@pytest.mark.parametrize(
  'shape', [(1, 1), (1, 40), (40, 1), (15, 17), (75, 75), (90, 131), (333, 250)]
)
def test_eval_image_equals_the_numpy_reference_on_png(shape):
  pixels = records.picture(*shape)
  image = image_processing.eval_image(records.png(pixels), size=75)
  np.testing.assert_allclose(
    image, plain_images.eval_image(pixels, 75), atol=1e-5
  )


@pytest.mark.parametrize('shape', [(1, 40), (90, 131), (333, 250)])
def test_eval_image_equals_the_numpy_reference_on_jpeg(shape):
  encoded = records.jpeg(records.picture(*shape))
  whole = tf.io.decode_jpeg(encoded, channels=3).numpy()
  image = image_processing.eval_image(encoded, size=75)
  np.testing.assert_allclose(
    image, plain_images.eval_image(whole, 75), atol=1e-5
  )


@pytest.mark.parametrize('shape', [(75, 75), (90, 131), (333, 250)])
def test_eval_crops_are_the_numpy_reference(shape):
  pixels = records.picture(*shape)
  found = image_processing.eval_crops(records.png(pixels), size=75)
  assert found.shape == (5, 75, 75, 3)
  np.testing.assert_allclose(
    found[0], plain_images.eval_image(pixels, 75), atol=1e-5
  )
  top, left = shape[0] // 16, shape[1] // 16
  for i, (row, column) in enumerate(
    [(0, 0), (0, 2 * left), (2 * top, 0), (2 * top, 2 * left)], start=1
  ):
    crop = pixels[
      row : row + shape[0] - 2 * top, column : column + shape[1] - 2 * left
    ]
    expected = 2 * plain_images.tf1_bilinear(crop / 255, 75) - 1
    np.testing.assert_allclose(found[i], expected, atol=1e-5)


def test_numpy_reference_resizes_as_by_hand():
  row = np.array([[[0.0], [6.0], [12.0]]])
  # Pixel i of 4 lies at 0.75 i; beyond the last pixel it repeats.
  np.testing.assert_allclose(
    plain_images.tf1_bilinear(row, 4)[0, :, 0], [0, 4.5, 9, 12]
  )


def test_grey_jpeg_has_three_equal_channels():
  image = image_processing.eval_image(
    records.jpeg(records.picture(40, 50)[:, :, :1]), size=75
  ).numpy()
  assert image.std() > 0.1
  np.testing.assert_array_equal(image[..., 0], image[..., 1])
  np.testing.assert_array_equal(image[..., 0], image[..., 2])


def test_alpha_is_ignored():
  pixels = records.picture(40, 50)
  alpha = np.full([40, 50, 1], 9, np.uint8)
  np.testing.assert_array_equal(
    image_processing.eval_image(
      records.png(np.concatenate([pixels, alpha], 2)), size=75
    ),
    image_processing.eval_image(records.png(pixels), size=75),
  )


@pytest.mark.parametrize(
  ('mode', 'image_format'), [('CMYK', 'JPEG'), ('RGB', 'GIF'), ('RGB', 'BMP')]
)
def test_other_formats_are_read(mode, image_format):
  pixels = records.picture(40, 50)
  image = image_processing.eval_image(_pillow(mode, image_format), size=75)
  # GIF has only 256 colours, and JPEG is lossy.
  np.testing.assert_allclose(
    image, plain_images.eval_image(pixels, 75), atol=0.5
  )


@pytest.mark.parametrize('augmentation', _AUGMENTATIONS)
@pytest.mark.parametrize('shape', [(1, 1), (1, 60), (60, 1), (3, 2), (41, 37)])
@pytest.mark.parametrize('encode', [records.jpeg, records.png])
def test_train_image_of_any_size_is_in_range(augmentation, shape, encode):
  encoded = encode(records.picture(*shape))
  for seed in range(3):
    image = _train(encoded, [seed, 5], augmentation=augmentation)
    assert image.shape == (75, 75, 3)
    assert image.dtype == np.float32
    assert np.abs(image).max() <= 1


@pytest.mark.parametrize('shape', [(50, 64), (97, 131)])
def test_crop_of_a_jpeg_equals_that_of_the_full_image(shape):
  encoded = records.jpeg(records.picture(*shape))
  whole = records.png(tf.io.decode_jpeg(encoded, channels=3).numpy())
  for seed in range(20):
    cropped = _train(encoded, [seed, 0], augmentation='light')
    expected = _train(whole, [seed, 0], augmentation='light')
    # Colour differs at the edge; contrast spreads this slightly via the mean.
    np.testing.assert_allclose(cropped, expected, atol=0.2)
    np.testing.assert_allclose(cropped[:, 5:-5], expected[:, 5:-5], atol=5e-3)


@pytest.mark.parametrize('augmentation', ['inception', 'light', 'randaugment'])
def test_train_image_depends_only_on_the_seed(augmentation):
  encoded = records.jpeg(records.picture(60, 80))
  first = _train(encoded, [3, 4], augmentation=augmentation)
  tf.random.set_seed(1)
  np.testing.assert_array_equal(
    first,
    _train(encoded, tf.constant([3, 4], tf.int64), augmentation=augmentation),
  )
  for other in ([3, 5], [4, 4], [4, 3]):
    assert (
      np.abs(first - _train(encoded, other, augmentation=augmentation)).max()
      > 0.01
    )


@pytest.mark.parametrize('augmentation', _AUGMENTATIONS)
def test_train_pixels_equals_train_image(augmentation):
  encoded = records.jpeg(records.picture(60, 80))
  image = image_processing.decode(encoded)
  for seed in range(4):
    np.testing.assert_array_equal(
      image_processing.train_pixels(
        image, _NO_BOX, [seed, 1], size=75, augmentation=augmentation
      ),
      _train(encoded, [seed, 1], augmentation=augmentation),
    )


def test_unknown_augmentation_of_pixels_is_an_error():
  with pytest.raises(ValueError, match='got .wild.'):
    image_processing.train_pixels(
      records.picture(60, 80), _NO_BOX, [0, 0], size=75, augmentation='wild'
    )


def test_augmentation_none_equals_evaluation():
  encoded = records.jpeg(records.picture(60, 80))
  np.testing.assert_array_equal(
    _train(encoded, [3, 4], augmentation='none'),
    image_processing.eval_image(encoded, size=75),
  )


def _features(images):
  """Returns {name: float [draws]} of properties that distortions change."""
  largest, smallest = images.max(-1), images.min(-1)
  half = images.shape[2] // 2
  second = np.diff(images, 2, axis=1)
  return {
    'mean': images.mean((1, 2, 3)),
    'contrast': images.std((1, 2, 3)),
    'colourfulness': (largest - smallest).mean((1, 2)),
    'red against green': (images[..., 0] - images[..., 1]).mean((1, 2)),
    'blue against green': (images[..., 2] - images[..., 1]).mean((1, 2)),
    'left against right': (
      images[:, :, :half].mean((1, 2, 3)) - images[:, :, half:].mean((1, 2, 3))
    ),
    'roughness': np.abs(second).mean((1, 2, 3)),
    'cut off': (np.abs(images) == 1).mean((1, 2, 3)),
    'crop height': np.abs(np.diff(images, axis=1)).mean((1, 2, 3)),
    'crop width': np.abs(np.diff(images, axis=2)).mean((1, 2, 3)),
  }


def _largest_gap(a, b):
  """Returns the Kolmogorov-Smirnov statistic of two samples."""
  at = np.concatenate([a, b])
  return np.abs(
    np.searchsorted(np.sort(a), at, 'right') / len(a)
    - np.searchsorted(np.sort(b), at, 'right') / len(b)
  ).max()


@pytest.mark.parametrize(
  ('augmentation', 'plain'),
  [
    (
      'inception',
      lambda encoded, seed, size: plain_images.train_image(
        encoded, _NO_BOX, seed, size
      ),
    ),
    (
      'light',
      lambda encoded, seed, size: plain_images.light_image(
        encoded, _NO_BOX, seed, size
      ),
    ),
  ],
)
def test_distortions_are_distributed_as_in_a_plain_implementation(
  augmentation, plain
):
  draws, size = 800, 24
  pixels = records.picture(64, 80, seed=2)
  pixels[20:40, 30:70] //= 3
  encoded = tf.constant(records.jpeg(pixels))
  images = _draws(
    lambda seed: image_processing.train_image(
      encoded, _NO_BOX, seed, size=size, augmentation=augmentation
    ),
    draws,
  )
  expected = _features(_draws(lambda seed: plain(encoded, seed, size), draws))
  # Equal distributions exceed this once in 1,000 times.
  limit = 1.95 * np.sqrt(2 / draws)
  for name, values in _features(images).items():
    assert _largest_gap(values, expected[name]) < limit, name


def _require_uniform(draws, low, high):
  """Asserts that draws are uniformly distributed over [low, high]."""
  assert low - 1e-3 < draws.min() < draws.max() < high + 1e-3
  share = (np.sort(draws) - low) / (high - low)
  rank = np.arange(len(draws)) / len(draws)
  # A uniform sample exceeds this once in 1,000 times.
  assert np.abs(share - rank).max() < 1.95 / np.sqrt(len(draws))


def _many(pixels, augmentation, size=16, draws=2000):
  """Returns float [draws, size, size, 3] in [0, 1], distorted one by one."""
  encoded = tf.constant(records.png(np.array(pixels, np.uint8)))
  images = _draws(
    lambda seed: image_processing.train_image(
      encoded, _NO_BOX, seed, size=size, augmentation=augmentation
    ),
    draws,
  )
  return (images + 1) / 2


def test_inception_draws_brightness_saturation_and_hue_uniformly():
  # A single colour has no contrast, and one far from the limits is not clipped.
  colour = np.array([150, 120, 110])
  images = _many(np.full([8, 8, 3], colour), 'inception', size=4)
  assert np.ptp(images, axis=(1, 2)).max() < 1e-3
  hue, _, value = colorsys.rgb_to_hsv(*(colour / 255))
  # Brightness moves all channels, the others keep the largest.
  hues, chromas, values = [], np.ptp(images[:, 0, 0], axis=-1), []
  for pixel in images[:, 0, 0]:
    new_hue, _, new_value = colorsys.rgb_to_hsv(*pixel.astype(float))
    hues.append((new_hue - hue + 0.5) % 1 - 0.5)
    values.append(new_value - value)
  _require_uniform(np.array(values), -32 / 255, 32 / 255)
  _require_uniform(np.array(hues), -0.2, 0.2)
  _require_uniform(chromas / (np.ptp(colour) / 255), 0.5, 1.5)


def test_light_draws_brightness_uniformly_and_keeps_the_colour():
  colour = np.array([150, 120, 110])
  images = _many(np.full([8, 8, 3], colour), 'light', size=4)
  change = images - colour / 255
  assert np.ptp(change, axis=(1, 2, 3)).max() < 1e-3
  _require_uniform(change[:, 0, 0, 0], -0.1, 0.1)


@pytest.mark.parametrize(
  ('augmentation', 'low', 'high'),
  [('inception', 0.5, 1.5), ('light', 0.8, 1.2)],
)
def test_contrast_and_flip_are_drawn_uniformly(augmentation, low, high):
  # A dark and a light pixel, made wide; both ends of a row show them as they
  # are, but for the bicubic method.
  rows = _many([[[96] * 3, [160] * 3]] * 2, augmentation)[:, 0, :, 0]
  difference = rows[:, -1] - rows[:, 0]
  seen = np.abs(difference) > 0.05  # crops that have both
  steps = np.diff(rows)
  monotonic = (steps >= -1e-6).all(1) | (steps <= 1e-6).all(1)
  difference = difference[seen & monotonic]
  assert len(difference) > 200
  _require_uniform(np.abs(difference) * 255 / 64, low, high)
  assert abs((difference < 0).mean() - 0.5) < 0.1


def test_inception_uses_its_four_resize_methods_equally_often():
  # As above: nearest neighbour and area have two levels, bilinear has steps
  # between them, bicubic overshoots them as well.
  rows = _many([[[96] * 3, [160] * 3]] * 2, 'inception')[:, 0, :, 0]
  rows = rows[np.ptp(rows, axis=1) > 0.05]
  assert len(rows) > 200
  two_levels = np.array([len(np.unique(row)) == 2 for row in rows])
  steps = np.diff(rows)
  monotonic = (steps >= -1e-6).all(1) | (steps <= 1e-6).all(1)
  assert abs(two_levels.mean() - 0.5) < 0.1
  assert abs((monotonic & ~two_levels).mean() - 0.25) < 0.08
  assert abs((~monotonic).mean() - 0.25) < 0.08


def test_resize_method_decides_the_order_of_colours():
  # Red and blue are equally bright, and contrast keeps them so. Only if hue
  # changes before it does one become brighter than the other.
  rows = _many([[[150, 90, 100], [100, 90, 150]]] * 2, 'inception')[:, 0]
  rows = rows[(np.ptp(rows[:, :, 0], axis=1) > 0.03)]
  two_levels = np.array([len(np.unique(row, axis=0)) == 2 for row in rows])
  values = rows.max(-1)
  differ = np.abs(values[:, 0] - values[:, -1]) > 1e-4
  assert two_levels.sum() > 50
  assert not differ[two_levels].any()  # nearest neighbour and area
  assert differ[~two_levels].mean() > 0.8  # bilinear and bicubic


def test_light_resizes_with_half_pixel_centres():
  rows = _many([[[96] * 3, [160] * 3]] * 2, 'light', draws=50)[:, 0, :, 0]
  # A dark and a light pixel in whole mirror each other; TensorFlow 1's methods
  # put the dark one's centre at the edge.
  rows = rows[np.ptp(rows, axis=1) > 0.05]
  assert len(rows) > 10
  assert np.ptp(rows + rows[:, ::-1], axis=1).max() < 1e-3


@pytest.mark.parametrize(
  ('augmentation', 'low', 'high'),
  [('inception', 0.75, 1.33), ('light', 3 / 4, 4 / 3)],
)
def test_crops_have_the_requested_aspect_ratio(augmentation, low, high):
  # A grey ramp, across and downwards, by the same seeds: the spans of what is
  # seen are as width to height. No colour changes greys' ratio.
  ramp = np.broadcast_to(
    np.arange(200, dtype=np.uint8)[:, None, None] // 2 + 78, [200, 200, 3]
  )
  across = np.ptp(
    _many(ramp.transpose(1, 0, 2), augmentation, draws=300)[:, 8, :, 0], axis=1
  )
  down = np.ptp(_many(ramp, augmentation, draws=300)[:, :, 8, 0], axis=1)
  ratio = across / down
  assert low * 0.95 < ratio.min() < low * 1.05
  assert high * 0.95 < ratio.max() < high * 1.05


def test_crops_cover_a_tenth_of_the_box():
  pixels = np.full([64, 64, 3], 40, np.uint8)
  pixels[48:, 48:] = 220
  encoded = tf.constant(records.png(pixels))

  def shares(bbox):
    images = _draws(
      lambda seed: image_processing.train_image(
        encoded, bbox, seed, size=32, augmentation='light'
      ),
      200,
    )
    return (images.max((1, 2, 3)) - images.min((1, 2, 3)) > 0.5).mean()

  assert shares(tf.constant([[[0.75, 0.75, 1.0, 1.0]]])) == 1
  assert shares(_NO_BOX) < 0.95


def test_decode_returns_the_full_image():
  pixels = records.picture(21, 34)
  image = image_processing.decode(records.png(pixels))
  assert image.dtype == tf.uint8
  np.testing.assert_array_equal(image, pixels)


def test_result_has_a_static_shape_in_a_graph():
  for augmentation in _AUGMENTATIONS:
    traced = tf.function(
      functools.partial(
        image_processing.train_image, size=75, augmentation=augmentation
      )
    )
    spec = traced.get_concrete_function(
      tf.TensorSpec([], tf.string),
      tf.TensorSpec([1, None, 4], tf.float32),
      tf.TensorSpec([2], tf.int64),
    ).structured_outputs
    assert spec.shape == [75, 75, 3]


_JPEG = records.jpeg(records.picture(64, 64))


@pytest.mark.parametrize(
  'encoded',
  [
    b'',
    b'not an image at all',
    _JPEG[:10],
    _JPEG[: len(_JPEG) // 2],
    records.png(records.picture(64, 64))[:200],
  ],
)
@pytest.mark.parametrize(
  'function',
  [
    image_processing.decode,
    functools.partial(image_processing.eval_image, size=75),
  ],
)
def test_broken_image_is_an_error(encoded, function):
  with pytest.raises(tf.errors.InvalidArgumentError):
    function(encoded)


def test_box_out_of_range_is_an_error():
  with pytest.raises(tf.errors.InvalidArgumentError, match='bounding box'):
    _train(
      _JPEG, [0, 0], augmentation='light', bbox=tf.constant([[[0, 0, 1.2, 1]]])
    )


def test_unknown_augmentation_is_an_error():
  with pytest.raises(ValueError, match='got .wild.'):
    _train(_JPEG, [0, 0], augmentation='wild')


@pytest.mark.parametrize('num_views', parsing.VIEWS)
def test_eval_views_are_crops_of_equal_size_and_their_mirror_images(num_views):
  pixels = records.picture(48, 70)
  views = image_processing.eval_views(
    tf.io.encode_png(pixels), size=20, num_views=num_views
  ).numpy()
  # Margins of a sixteenth: 3 rows and 4 columns at either side.
  places = [(3, 4), (0, 0), (0, 8), (6, 0), (6, 8)]
  expected = [
    plain_images.tf1_bilinear(pixels[y : y + 42, x : x + 62] / 255, 20) * 2 - 1
    for y, x in places[: max(1, num_views // 2)]
  ]
  if num_views > 1:
    expected += [view[:, ::-1] for view in expected]
  assert views.shape == (num_views, 20, 20, 3)
  np.testing.assert_allclose(views, expected, rtol=0, atol=1e-5)


def test_eval_views_refuses_other_numbers():
  with pytest.raises(ValueError, match='num_views must be one of 1, 2, 10'):
    image_processing.eval_views(tf.constant(b''), size=20, num_views=3)


@pytest.mark.parametrize('shape', [(1, 40), (90, 131)])
def test_whole_image_is_resized_without_a_crop(shape):
  pixels = records.picture(*shape)
  found = image_processing.whole_image(records.png(pixels), size=75)
  assert found.shape == (75, 75, 3)
  expected = 2 * plain_images.tf1_bilinear(pixels / 255, 75) - 1
  np.testing.assert_allclose(found, expected, atol=1e-5)
