"""Image files of every kind, sound and broken, to RGB JPEG."""

import io
import warnings

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from inception.data import image_coder
from inception.testing import image_folders


def decoded(encoded):
  """What training sees, as float; its size is the one that is told."""
  array = tf.io.decode_jpeg(encoded.jpeg, channels=0).numpy()
  assert array.shape == (encoded.height, encoded.width, 3)
  return array.astype(np.float64)


def saved(image, file_format, **options):
  buffer = io.BytesIO()
  image.save(buffer, file_format, **options)
  return buffer.getvalue()


def test_a_plain_jpeg_is_kept_byte_for_byte():
  data = image_folders.image_file(1)
  encoded = image_coder.encode(data)
  assert encoded.jpeg == data
  assert encoded.is_original
  assert (encoded.height, encoded.width) == (24, 32)
  assert encoded.source_format == 'JPEG'
  decoded(encoded)


@pytest.mark.parametrize('options', [
    {'progressive': True}, {'optimize': True}, {'quality': 30},
    {'subsampling': 0}, {'subsampling': 1}, {'subsampling': 2},
    {'restart_marker_blocks': 1}, {'keep_rgb': True}, {'orientation': 1},
    {'icc_profile': bytes(3000)}, {'comment': b'\xff\xd9\xff\xda'}])
def test_every_common_kind_of_jpeg_is_kept(options):
  data = image_folders.image_file(2, **options)
  encoded = image_coder.encode(data)
  assert encoded.jpeg == data
  decoded(encoded)


@pytest.mark.parametrize(('mode', 'file_format'), [
    ('L', 'JPEG'), ('CMYK', 'JPEG'), ('L', 'PNG'), ('1', 'PNG'), ('P', 'PNG'),
    ('RGB', 'PNG'), ('RGBA', 'PNG'), ('LA', 'PNG'), ('P', 'GIF'),
    ('RGB', 'BMP'), ('RGB', 'TIFF'), ('CMYK', 'TIFF'), ('RGB', 'WEBP')])
def test_every_kind_becomes_an_rgb_jpeg_of_the_same_pixels(mode, file_format):
  data = image_folders.image_file(3, file_format=file_format, mode=mode,
                                  height=40, width=56)
  encoded = image_coder.encode(data)
  assert not encoded.is_original
  assert encoded.source_format == file_format
  expected = np.asarray(Image.open(io.BytesIO(data)).convert('RGB'), np.float64)
  # Dithered ones are the worst for JPEG.
  limit = 25 if mode in ('1', 'P') else 3
  assert np.abs(decoded(encoded) - expected).mean() < limit


@pytest.mark.parametrize(('ink', 'expected'), [
    ((0, 0, 0, 0), (255, 255, 255)), ((255, 0, 0, 0), (0, 255, 255)),
    ((0, 0, 255, 0), (255, 255, 0)), ((0, 0, 0, 255), (0, 0, 0))])
@pytest.mark.parametrize('file_format', ['JPEG', 'TIFF'])
def test_cmyk_has_the_right_colours(ink, expected, file_format):
  data = saved(Image.new('CMYK', (16, 16), ink), file_format)
  pixels = decoded(image_coder.encode(data))
  assert np.abs(pixels - expected).max() <= 6


def test_transparency_is_laid_on_white():
  image = Image.new('RGBA', (32, 16), (255, 0, 0, 255))
  image.paste((0, 0, 0, 0), (16, 0, 32, 16))
  pixels = decoded(image_coder.encode(saved(image, 'PNG')))
  assert np.abs(pixels[:, :14] - (255, 0, 0)).max() <= 6
  assert np.abs(pixels[:, 18:] - 255).max() <= 6


@pytest.mark.parametrize('mode', ['P', 'L', 'RGB'])
def test_a_transparent_colour_becomes_white(mode):
  image = Image.new(mode, (16, 16), 0)
  transparent = (0, 0, 0) if mode == 'RGB' else 0
  data = saved(image, 'PNG', transparency=transparent)
  assert np.abs(decoded(image_coder.encode(data)) - 255).max() <= 2


def test_16_bits_are_scaled_not_clipped():
  levels = np.repeat([0, 0x4000, 0x8000, 0xFFFF], 8).astype(np.uint16)
  data = saved(Image.fromarray(np.tile(levels, (16, 1))), 'PNG')
  pixels = decoded(image_coder.encode(data))[8, 4::8, 0]
  np.testing.assert_allclose(pixels, [0, 64, 128, 255], atol=3)


def test_16_bit_colours_are_scaled():
  array = np.zeros([16, 16, 3], np.uint16)
  array[...] = (0x4000, 0x8000, 0xFFFF)
  data = tf.io.encode_png(array).numpy()
  pixels = decoded(image_coder.encode(data))
  np.testing.assert_allclose(pixels[8, 8], [64, 128, 255], atol=3)


@pytest.mark.parametrize('orientation', range(2, 9))
@pytest.mark.parametrize('file_format', ['JPEG', 'PNG'])
def test_a_turned_photograph_is_set_upright(orientation, file_format):
  upright = image_folders.pixels(5, 24, 32)
  # How a camera stores it, for the viewer to undo (EXIF 2.3, table 6).
  stored = {
      2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1],
      5: upright.transpose(1, 0, 2), 6: np.rot90(upright),
      7: upright[::-1, ::-1].transpose(1, 0, 2), 8: np.rot90(upright, -1),
  }[orientation]
  exif = Image.Exif()
  exif[0x0112] = orientation
  data = saved(Image.fromarray(np.ascontiguousarray(stored)), file_format,
               exif=exif)
  encoded = image_coder.encode(data)
  assert (encoded.height, encoded.width) == (24, 32)
  assert np.abs(decoded(encoded) - upright).mean() < 5
  # Turned once: what reads EXIF must not turn it again.
  assert 0x0112 not in Image.open(io.BytesIO(encoded.jpeg)).getexif()


def test_broken_exif_counts_as_upright():
  data = image_folders.image_file(6, orientation=6)
  start = data.index(b'Exif\0\0') + 6
  broken = data[:start] + b'XXXXXXXX' + data[start + 8:]
  assert image_coder.encode(broken).jpeg == broken


@pytest.mark.parametrize('name', sorted(image_folders.HOSTILE))
@pytest.mark.filterwarnings('ignore::UserWarning')
def test_a_hostile_file_is_refused_in_one_line(name):
  with pytest.raises(image_coder.ImageError) as caught:
    image_coder.encode(image_folders.HOSTILE[name])
  assert len(str(caught.value).splitlines()) == 1
  assert len(str(caught.value)) < 150


@pytest.mark.parametrize(('name', 'reason'), [
    ('zero bytes.jpg', 'the file is empty'),
    ('text.jpg', 'not an image'),
    ('all but 20 bytes.jpg', 'truncated JPEG'),
    ('half.png', 'truncated PNG'),
    ('bomb.png', 'more than 178,956,970 pixels'),
    ('bomb.jpg', 'more than 178,956,970 pixels'),
    ('thin.png', 'a side has more than 65,500'),
    ('floats.tif', 'kind F'),
])
def test_the_reason_is_told(name, reason):
  with pytest.raises(image_coder.ImageError, match=reason):
    image_coder.encode(image_folders.HOSTILE[name])


@pytest.mark.parametrize('options', [{}, {'progressive': True}])
def test_a_jpeg_cut_anywhere_is_refused(options):
  data = image_folders.image_file(8, **options)
  for length in range(len(data)):
    with pytest.raises(image_coder.ImageError):
      image_coder.encode(data[:length])


@pytest.mark.parametrize('file_format', ['PNG', 'BMP', 'GIF'])
def test_other_files_cut_in_their_pixels_are_refused(file_format):
  data = image_folders.image_file(9, file_format=file_format)
  for length in range(0, len(data) - 40, 7):
    with pytest.raises(image_coder.ImageError):
      image_coder.encode(data[:length])


@pytest.mark.parametrize('options', [{}, {'progressive': True}])
def test_tensorflow_decodes_whatever_is_accepted(options):
  rng = np.random.default_rng(10)
  source = image_folders.image_file(10, height=64, width=64, quality=90,
                                    **options)
  accepted = 0
  for _ in range(400):
    data = bytearray(source)
    for position in rng.integers(0, len(data), rng.choice([1, 3, 30])):
      data[position] = rng.integers(256)
    with warnings.catch_warnings():
      warnings.simplefilter('ignore')
      try:
        encoded = image_coder.encode(bytes(data))
      except image_coder.ImageError:
        continue
    accepted += 1
    decoded(encoded)
  assert accepted > 50


@pytest.mark.parametrize('junk', [b'\0' * 10, b'junk after the end',
                                  b'\xff\xd8\xff', b'\xff\xda'])
def test_what_follows_the_end_of_a_jpeg_does_no_harm(junk):
  data = image_folders.image_file(11) + junk
  decoded(image_coder.encode(data))


def test_two_pictures_in_a_jpeg_are_read_as_the_first():
  buffer = io.BytesIO()
  first = Image.fromarray(image_folders.pixels(12))
  first.save(buffer, 'MPO', save_all=True,
             append_images=[Image.fromarray(image_folders.pixels(13))])
  encoded = image_coder.encode(buffer.getvalue())
  assert encoded.source_format == 'JPEG'
  assert np.abs(decoded(encoded) - np.asarray(first)).mean() < 8


def test_an_animation_is_read_as_its_first_frame():
  buffer = io.BytesIO()
  frames = [Image.new('RGB', (16, 16), colour) for colour in ('red', 'blue')]
  frames[0].save(buffer, 'GIF', save_all=True, append_images=frames[1:])
  pixels = decoded(image_coder.encode(buffer.getvalue()))
  assert np.abs(pixels - (255, 0, 0)).max() <= 6


def test_a_jpeg_in_an_uncommon_sampling_is_encoded_anew():
  data = saved(Image.new('RGB', (16, 8), (128, 128, 128)), 'JPEG',
               subsampling=0)
  frame = data.index(b'\xff\xc0')
  scan = data.index(b'\xff\xda') + 14
  assert data[frame + 11:frame + 19:3] == b'\x11\x11\x11'
  odd = bytearray(data[:scan])
  odd[frame + 11] = odd[frame + 14] = odd[frame + 17] = 0x21
  # One unit of 2 blocks each of Y, Cb and Cr, in the standard codes: no change
  # of the mean, end of block.
  bits = '001010' * 2 + '0000' * 4 + '1111'
  odd += int(bits, 2).to_bytes(4, 'big') + b'\xff\xd9'
  encoded = image_coder.encode(bytes(odd))
  assert not encoded.is_original
  assert np.abs(decoded(encoded) - 128).max() <= 2


def test_a_photograph_is_encoded_well():
  encoded = image_coder.encode(image_folders.image_file(
      15, file_format='PNG', height=200, width=300))
  quantization = Image.open(io.BytesIO(encoded.jpeg)).quantization
  # libjpeg's table for quality 95 begins with 16 * 10 % = 2.
  assert quantization[0][0] <= 2
  assert Image.open(io.BytesIO(encoded.jpeg)).layer[0][1:3] == (1, 1)
