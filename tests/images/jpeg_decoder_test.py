"""Tests of decoding JPEG files, with every warning of libjpeg."""

import io

import numpy as np
import pytest
import simplejpeg
import tensorflow as tf
from PIL import Image

from inception.images import image_errors
from inception.images import jpeg_decoder
from inception.images import jpeg_markers
from inception.testing import image_folders
from inception.testing import odd_images


def decoded(data, divisor=1):
  return jpeg_decoder.decode(data, jpeg_markers.read(data), divisor=divisor)


@pytest.mark.parametrize('mode', ['RGB', 'L'])
@pytest.mark.parametrize(
  'options',
  [{}, {'progressive': True}, {'subsampling': 0}, {'restart_marker_blocks': 2}],
)
def test_pixels_match_pillow(mode, options):
  data = image_folders.image_file(1, mode=mode, **options)
  expected = np.asarray(Image.open(io.BytesIO(data)), int)
  # Decoders round differently (T.83 allows them to).
  pixels = decoded(data).reshape(expected.shape)
  assert np.abs(pixels - expected).max() <= 2


def test_four_components_are_decoded():
  assert decoded(image_folders.image_file(1, mode='CMYK')).shape == (24, 32, 4)


@pytest.mark.parametrize(
  ('divisor', 'shape'), [(1, (75, 100)), (2, (38, 50)), (8, (10, 13))]
)
def test_image_is_decoded_at_a_fraction_of_its_size(divisor, shape):
  data = image_folders.image_file(1, width=100, height=75)
  assert decoded(data, divisor).shape == (*shape, 3)


@pytest.mark.parametrize(
  ('at_least', 'expected'),
  [
    ((1, 1), 8),
    ((13, 10), 8),
    ((14, 10), 4),
    ((13, 11), 4),
    ((50, 38), 2),
    ((51, 1), 1),
    ((999, 999), 1),
  ],
)
def test_share_leaves_enough_pixels(at_least, expected):
  assert jpeg_decoder.share((100, 75), at_least) == expected


def test_extraneous_bytes_are_reported():
  data = image_folders.image_file(1)
  with pytest.raises(
    image_errors.ImageError, match=r'damaged JPEG: \d+ bytes of its picture are'
  ):
    decoded(data[:-2] + b'And so on and on.' + data[-2:])


@pytest.mark.parametrize(
  ('name', 'reason'),
  [
    ('half.jpg', 'truncated JPEG: the file ends before its last pixel'),
    ('end marker at half.jpg', 'damaged JPEG: part of its picture is missing'),
    ('end marker between scans.jpg', 'damaged JPEG: scans with part of its'),
    ('no quantization.jpg', 'damaged JPEG: Quantization table 0x00 was not'),
  ],
)
def test_damage_is_reported_in_one_sentence(name, reason):
  with pytest.raises(image_errors.ImageError, match=reason):
    decoded(odd_images.HOSTILE[name])


def test_a_file_that_ends_between_its_scans_is_truncated():
  data = image_folders.image_file(1, progressive=True)
  with pytest.raises(image_errors.ImageError, match='truncated JPEG'):
    decoded(data[: data.rindex(b'\xff\xda')])


@pytest.mark.parametrize(
  'name', sorted(name for name in odd_images.ODD if name.endswith('.jpg'))
)
def test_harmless_warnings_are_ignored(name):
  data = odd_images.ODD[name]
  jpeg_decoder.check(data, jpeg_markers.read(data))
  decoded(data)


def test_only_eight_bits_can_be_decoded():
  data = odd_images.HOSTILE['12 bits.jpg']
  assert not jpeg_decoder.can_decode(jpeg_markers.frame(data))
  assert not jpeg_decoder.can_decode(None)
  assert jpeg_decoder.can_decode(
    jpeg_markers.frame(image_folders.image_file(1, mode='L'))
  )


def test_unsupported_kind_passes_the_check_if_it_has_its_end():
  data = bytearray(image_folders.image_file(1, subsampling=0))
  frame = data.index(b'\xff\xc0')
  for i in range(3):
    data[frame + 11 + 3 * i] = 0x23  # No decoder's sampling.
  data = bytes(data)
  jpeg_decoder.check(data, jpeg_markers.read(data))
  with pytest.raises(image_errors.ImageError, match='truncated JPEG'):
    jpeg_decoder.check(data[:-2], jpeg_markers.read(data[:-2]))


def test_check_finds_damage():
  data = odd_images.HOSTILE['overwritten.jpg']
  with pytest.raises(image_errors.ImageError, match='damaged JPEG'):
    jpeg_decoder.check(data, jpeg_markers.read(data))


@pytest.mark.parametrize('sampling', ['444', '422', '420', '440', '411'])
@pytest.mark.parametrize('quality', [60, 95])
def test_pixels_are_tensorflows_to_the_last_bit(sampling, quality):
  noise = np.random.default_rng(0).integers(0, 256, [12, 17, 3], np.uint8)
  smooth = np.asarray(Image.fromarray(noise).resize((117, 83)))
  data = simplejpeg.encode_jpeg(smooth, quality, colorsubsampling=sampling)
  pixels = jpeg_decoder.decode_as_tensorflow(data, jpeg_markers.read(data))
  np.testing.assert_array_equal(
    pixels, tf.io.decode_image(data, channels=3, expand_animations=False)
  )


def test_progressive_pixels_are_tensorflows():
  data = image_folders.image_file(4, height=90, width=70, progressive=True)
  pixels = jpeg_decoder.decode_as_tensorflow(data, jpeg_markers.read(data))
  np.testing.assert_array_equal(
    pixels, tf.io.decode_image(data, channels=3, expand_animations=False)
  )


def test_faulty_file_is_left_to_the_other_decoder():
  data = image_folders.image_file(4, height=90, width=70)
  header = jpeg_markers.read(data)
  assert jpeg_decoder.decode_as_tensorflow(data, header) is not None
  assert jpeg_decoder.decode_as_tensorflow(data[:-200], header) is None
