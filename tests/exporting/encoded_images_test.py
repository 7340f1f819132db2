"""Tests that the graph's decoding gives the pixels that `predict` sees."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from inception import image_processing
from inception.exporting import encoded_images
from inception.images import image_coder
from inception.testing import image_folders

_SIZE = 75
# Display P3's primaries.
_WIDE = ((0.515, 0.241, -0.001), (0.292, 0.692, 0.042), (0.157, 0.067, 0.784))
_SRGB = ((0.436, 0.222, 0.014), (0.385, 0.717, 0.097), (0.143, 0.061, 0.714))


@pytest.fixture(name='decode', scope='module')
def _decode():
  """Returns a function of a batch of files, as a served model decodes them."""
  return tf.function(
    lambda encoded: encoded_images.network_input(encoded, size=_SIZE),
    input_signature=[tf.TensorSpec([None], tf.string)],
    autograph=False,
  )


def expected(data):
  """Returns the pixels that predict sees."""
  return image_processing.eval_image(image_coder.encode(data).jpeg, size=_SIZE)


def picture(**options):
  return image_folders.image_file(3, height=97, width=131, **options)


def transparent(mode, alpha=None):
  pixels = np.random.default_rng(1).integers(0, 256, [97, 131, 4], np.uint8)
  if alpha is not None:
    pixels[..., 3] = alpha
  buffer = io.BytesIO()
  Image.fromarray(pixels).convert(mode).save(buffer, 'PNG')
  return buffer.getvalue()


EXACT = {
  'plain': picture(),
  'odd size': image_folders.image_file(1, height=76, width=201),
  'progressive': picture(progressive=True),
  'subsampled': picture(subsampling=0),
  'grey': picture(mode='L'),
  'grey turned': picture(mode='L', orientation=6),
  'sRGB profile': picture(icc_profile=image_folders.matrix_profile(_SRGB)),
  **{f'orientation {i}': picture(orientation=i) for i in range(10)},
  **{
    f'PNG {mode}': picture(file_format='PNG', mode=mode)
    for mode in ('RGB', 'L', 'P', '1')
  },
  'PNG transparent': transparent('RGBA'),
  'PNG grey and transparent': transparent('LA'),
  'PNG opaque': transparent('RGBA', 255),
  'PNG transparent all over': transparent('RGBA', 0),
  'PNG palette with a hole': picture(
    file_format='PNG', mode='P', transparency=3
  ),
  'BMP': picture(file_format='BMP'),
  'GIF': picture(file_format='GIF'),
  'garbage EXIF': image_folders.ODD['garbage exif.jpg'],
  'fill bytes': image_folders.ODD['fill bytes.jpg'],
  'no JFIF': image_folders.ODD['no jfif.jpg'],
}


def test_pixels_are_those_of_predict(decode):
  images, notes = decode(list(EXACT.values()))
  for name, image, note in zip(EXACT, images, notes.numpy(), strict=True):
    np.testing.assert_array_equal(image, expected(EXACT[name]), err_msg=name)
    assert note == b'', name
  assert len({image.numpy().tobytes() for image in images}) > 15


def test_approximate_pictures_have_a_note(decode):
  deep = np.random.default_rng(2).integers(0, 2**16, [97, 131, 3], np.uint16)
  files = {
    encoded_images.NOTE_CMYK: picture(mode='CMYK'),
    encoded_images.NOTE_PROFILE: picture(
      icc_profile=image_folders.matrix_profile(_WIDE)
    ),
    encoded_images.NOTE_DEEP: tf.io.encode_png(deep).numpy(),
  }
  images, notes = decode(list(files.values()))
  assert [note.decode() for note in notes.numpy()] == list(files)
  # Two levels of 255, which the second encoding may enlarge.
  cmyk = np.abs(images[0] - expected(files[encoded_images.NOTE_CMYK]))
  assert cmyk.mean() < 2 / 127.5
  # The noise of the lower 8 bits is rounded there and cut here.
  deep = np.abs(images[2] - expected(files[encoded_images.NOTE_DEEP]))
  assert deep.mean() < 2 / 127.5


def test_broken_picture_is_an_error(decode):
  with pytest.raises(tf.errors.InvalidArgumentError):
    decode([EXACT['plain'], b'<html>'])
