"""Tests of converting image files of every kind, sound and broken, to JPEG."""

import io
import warnings
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from inception.images import image_coder
from inception.images import image_errors
from inception.images import pictures
from inception.testing import image_folders
from inception.testing import odd_images


def decoded(encoded):
  """Returns the pixels that training sees, as float; checks the size."""
  array = tf.io.decode_jpeg(encoded.jpeg, channels=0).numpy()
  assert array.shape == (encoded.height, encoded.width, 3)
  return array.astype(np.float64)


def saved(image, file_format, **options):
  buffer = io.BytesIO()
  image.save(buffer, file_format, **options)
  return buffer.getvalue()


def test_plain_jpeg_is_kept_byte_for_byte():
  data = image_folders.image_file(1)
  encoded = image_coder.encode(data)
  assert encoded.jpeg == data
  assert encoded.is_original
  assert (encoded.height, encoded.width) == (24, 32)
  assert encoded.source_format == 'JPEG'
  decoded(encoded)


@pytest.mark.parametrize(
  'options',
  [
    {'progressive': True},
    {'optimize': True},
    {'quality': 30},
    {'subsampling': 0},
    {'subsampling': 1},
    {'subsampling': 2},
    {'restart_marker_blocks': 1},
    {'keep_rgb': True},
    {'orientation': 1},
    {'icc_profile': bytes(3000)},
    {'comment': b'\xff\xd9\xff\xda'},
  ],
)
def test_every_common_kind_of_jpeg_is_kept(options):
  data = image_folders.image_file(2, **options)
  encoded = image_coder.encode(data)
  assert encoded.jpeg == data
  decoded(encoded)


@pytest.mark.parametrize(
  ('mode', 'file_format'),
  [
    ('L', 'JPEG'),
    ('CMYK', 'JPEG'),
    ('L', 'PNG'),
    ('1', 'PNG'),
    ('P', 'PNG'),
    ('RGB', 'PNG'),
    ('RGBA', 'PNG'),
    ('LA', 'PNG'),
    ('P', 'GIF'),
    ('RGB', 'BMP'),
    ('RGB', 'TIFF'),
    ('CMYK', 'TIFF'),
    ('RGB', 'WEBP'),
    ('RGB', 'AVIF'),
    ('RGB', 'PPM'),
    ('L', 'PPM'),
    ('1', 'PPM'),
  ],
)
def test_every_kind_becomes_an_rgb_jpeg_of_the_same_pixels(mode, file_format):
  data = image_folders.image_file(
    3, file_format=file_format, mode=mode, height=40, width=56
  )
  encoded = image_coder.encode(data)
  assert not encoded.is_original
  assert encoded.source_format == file_format
  expected = np.asarray(Image.open(io.BytesIO(data)).convert('RGB'), np.float64)
  # Dithered pixels compress worst as JPEG.
  limit = 25 if mode in ('1', 'P') else 3
  assert np.abs(decoded(encoded) - expected).mean() < limit


@pytest.mark.parametrize(
  ('ink', 'expected'),
  [
    ((0, 0, 0, 0), (255, 255, 255)),
    ((255, 0, 0, 0), (0, 255, 255)),
    ((0, 0, 255, 0), (255, 255, 0)),
    ((0, 0, 0, 255), (0, 0, 0)),
  ],
)
@pytest.mark.parametrize('file_format', ['JPEG', 'TIFF'])
def test_cmyk_has_the_right_colours(ink, expected, file_format):
  data = saved(Image.new('CMYK', (16, 16), ink), file_format)
  pixels = decoded(image_coder.encode(data))
  assert np.abs(pixels - expected).max() <= 6


def test_transparency_is_composed_with_white():
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
@pytest.mark.parametrize('file_format', ['JPEG', 'PNG', 'WEBP', 'TIFF', 'AVIF'])
def test_rotated_photograph_is_turned_upright(orientation, file_format):
  upright = image_folders.pixels(5, 24, 32)
  # The form in which a camera stores it, to be undone (EXIF 2.3, table 6).
  stored = {
    2: upright[:, ::-1],
    3: upright[::-1, ::-1],
    4: upright[::-1],
    5: upright.transpose(1, 0, 2),
    6: np.rot90(upright),
    7: upright[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(upright, -1),
  }[orientation]
  exif = Image.Exif()
  exif[0x0112] = orientation
  data = saved(
    Image.fromarray(np.ascontiguousarray(stored)), file_format, exif=exif
  )
  encoded = image_coder.encode(data)
  assert (encoded.height, encoded.width) == (24, 32)
  assert np.abs(decoded(encoded) - upright).mean() < 5
  # The result has no orientation, so that no reader turns it again.
  assert 0x0112 not in Image.open(io.BytesIO(encoded.jpeg)).getexif()
  examined = image_coder.examine(data)
  assert (examined.height, examined.width) == (24, 32)
  np.testing.assert_allclose(examined.thumbnail, squeezed(upright), atol=25)
  shrunk = image_coder.encode(data, max_side=16)
  assert (
    np.abs(
      decoded(shrunk) - np.asarray(Image.fromarray(upright).resize((16, 12)))
    ).mean()
    < 6
  )


@pytest.mark.parametrize('orientation', [1, 6])
def test_orientation_after_the_pixels_of_a_png_is_applied(orientation):
  data = image_folders.image_file(5, file_format='PNG', orientation=orientation)
  exif = data.index(b'eXIf') - 4
  pixels, end = data.index(b'IDAT') - 4, data.index(b'IEND') - 4
  assert exif < pixels
  moved = data[:exif] + data[pixels:end] + data[exif:pixels] + data[end:]
  size = (24, 32) if orientation == 1 else (32, 24)
  for result in (image_coder.encode(moved), image_coder.examine(moved)):
    assert (result.height, result.width) == size


def test_image_with_broken_exif_is_not_turned():
  data = image_folders.image_file(6, orientation=6)
  start = data.index(b'Exif\0\0') + 6
  broken = data[:start] + b'XXXXXXXX' + data[start + 8 :]
  assert image_coder.encode(broken).jpeg == broken


@pytest.mark.parametrize('name', sorted(image_folders.HOSTILE))
@pytest.mark.filterwarnings('ignore::UserWarning')
def test_hostile_file_is_refused_with_its_reason(name):
  data = image_folders.HOSTILE[name]
  reasons = set()
  for call in (image_coder.encode, image_coder.examine):
    for max_side in (None, 8):
      with pytest.raises(
        image_coder.ImageError, match=odd_images.REASONS[name]
      ) as caught:
        call(data, max_side=max_side)
      reasons.add(str(caught.value))
  (reason,) = reasons
  assert len(reason.splitlines()) == 1
  assert len(reason) < 150


def test_hostile_files_are_numerous_and_distinct():
  assert len(image_folders.HOSTILE) >= 45
  assert len(set(image_folders.HOSTILE.values())) == len(image_folders.HOSTILE)


@pytest.mark.parametrize('name', sorted(image_folders.ODD))
@pytest.mark.parametrize('max_side', [None, 8])
def test_odd_file_is_accepted(name, max_side):
  data = image_folders.ODD[name]
  encoded = image_coder.encode(data, max_side=max_side)
  examined = image_coder.examine(data, max_side=max_side)
  decoded(encoded)
  for field in ('height', 'width', 'source_format', 'is_original'):
    assert getattr(encoded, field) == getattr(examined, field)


@pytest.mark.parametrize('options', [{}, {'progressive': True}])
def test_jpeg_cut_at_any_byte_is_refused(options):
  data = image_folders.image_file(8, **options)
  for length in range(len(data) - 2):
    for end in (b'', b'\xff\xd9'):
      with pytest.raises(image_coder.ImageError):
        image_coder.encode(data[:length] + end)


@pytest.mark.parametrize(
  'options', [{}, {'progressive': True}, {'mode': 'L'}, {'mode': 'CMYK'}]
)
@pytest.mark.parametrize('missing', [1, 2])
def test_a_jpeg_without_its_end_marker_has_all_its_pixels(options, missing):
  data = image_folders.image_file(8, **options)
  whole = image_coder.encode(data)
  cut = image_coder.encode(data[:-missing])
  assert not cut.is_original  # Training would warn of it without a name.
  np.testing.assert_allclose(decoded(cut), decoded(whole), atol=8)


DAMAGED = {
  'cut': lambda data: data[: len(data) * 2 // 3] + b'\xff\xd9',
  'zeros': lambda data: overwritten(data, bytes(900)),
  'ones': lambda data: overwritten(data, b'\xff' * 900),
  'letters': lambda data: overwritten(data, b'U' * 900),
  'noise': lambda data: overwritten(data, np.random.default_rng(3).bytes(900)),
  'a part left out': lambda data: (
    data[: len(data) // 2] + data[len(data) // 2 + 900 :]
  ),
  'a part twice': lambda data: (
    data[: len(data) // 2] + data[len(data) // 2 - 900 :]
  ),
}


def overwritten(data, part):
  start = len(data) // 2
  return data[:start] + part + data[start + len(part) :]


@pytest.mark.parametrize(
  'options',
  [
    {},
    {'progressive': True},
    {'optimize': True},
    {'restart_marker_blocks': 7},
    {'mode': 'L'},
    {'mode': 'CMYK'},
    {'mode': 'L', 'progressive': True},
    {'mode': 'CMYK', 'progressive': True},
    {'subsampling': 0},
  ],
)
@pytest.mark.parametrize('damage', sorted(DAMAGED))
def test_jpeg_that_lacks_part_of_its_picture_is_refused(options, damage):
  data = DAMAGED[damage](
    image_folders.image_file(30, height=300, width=400, quality=95, **options)
  )
  reasons = set()
  for call in (image_coder.encode, image_coder.examine):
    for max_side in (None, 50):
      with pytest.raises(image_coder.ImageError, match='JPEG') as caught:
        call(data, max_side=max_side)
      reasons.add(str(caught.value))
  assert len(reasons) == 1


@pytest.mark.parametrize('file_format', ['PNG', 'BMP', 'GIF'])
def test_other_files_cut_in_their_pixels_are_refused(file_format):
  data = image_folders.image_file(9, file_format=file_format)
  for length in range(0, len(data) - 40, 7):
    with pytest.raises(image_coder.ImageError):
      image_coder.encode(data[:length])


@pytest.mark.parametrize('options', [{}, {'progressive': True}])
def test_tensorflow_decodes_every_accepted_file(options):
  rng = np.random.default_rng(10)
  source = image_folders.image_file(
    10, height=64, width=64, quality=90, **options
  )
  accepted = 0
  for _ in range(700):
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


@pytest.mark.parametrize(
  'junk', [b'\0' * 10, b'junk after the end', b'\xff\xd8\xff', b'\xff\xda']
)
def test_bytes_after_the_end_of_a_jpeg_are_harmless(junk):
  data = image_folders.image_file(11) + junk
  decoded(image_coder.encode(data))


def test_first_of_two_pictures_in_a_jpeg_is_read():
  buffer = io.BytesIO()
  first = Image.fromarray(image_folders.pixels(12))
  first.save(
    buffer,
    'MPO',
    save_all=True,
    append_images=[Image.fromarray(image_folders.pixels(13))],
  )
  encoded = image_coder.encode(buffer.getvalue())
  assert encoded.source_format == 'JPEG'
  assert np.abs(decoded(encoded) - np.asarray(first)).mean() < 8


def test_first_frame_of_an_animation_is_read():
  buffer = io.BytesIO()
  frames = [Image.new('RGB', (16, 16), colour) for colour in ('red', 'blue')]
  frames[0].save(buffer, 'GIF', save_all=True, append_images=frames[1:])
  pixels = decoded(image_coder.encode(buffer.getvalue()))
  assert np.abs(pixels - (255, 0, 0)).max() <= 6


def test_jpeg_with_an_uncommon_sampling_is_encoded_again():
  data = saved(
    Image.new('RGB', (16, 8), (128, 128, 128)), 'JPEG', subsampling=0
  )
  frame = data.index(b'\xff\xc0')
  scan = data.index(b'\xff\xda') + 14
  assert data[frame + 11 : frame + 19 : 3] == b'\x11\x11\x11'
  odd = bytearray(data[:scan])
  odd[frame + 11] = odd[frame + 14] = odd[frame + 17] = 0x21
  # One unit of 2 blocks each of Y, Cb and Cr, in the standard codes: no change
  # of the mean, end of block.
  bits = '001010' * 2 + '0000' * 4 + '1111'
  odd += int(bits, 2).to_bytes(4, 'big') + b'\xff\xd9'
  encoded = image_coder.encode(bytes(odd))
  assert not encoded.is_original
  assert np.abs(decoded(encoded) - 128).max() <= 2


def squeezed(pixels):
  """Returns means over twice the area that each thumbnail pixel covers."""

  def weights(length):
    scale = length / 17
    centres = (np.arange(17) + 0.5) * scale
    places = np.arange(length) + 0.5
    triangle = np.maximum(
      0, 1 - np.abs(places - centres[:, None]) / max(1, scale)
    )
    return triangle / triangle.sum(1, keepdims=True)

  height, width, _ = pixels.shape
  return np.einsum(
    'ia,jb,abc->ijc', weights(height), weights(width), pixels.astype(np.float64)
  )


@pytest.mark.parametrize('file_format', ['JPEG', 'PNG', 'WEBP'])
@pytest.mark.parametrize(
  'size', [(24, 32), (200, 300), (301, 203), (9, 400), (5, 3), (1, 1)]
)
def test_thumbnail_shows_the_complete_picture(file_format, size):
  height, width = size
  pixels = image_folders.pixels(20, height, width)
  examined = image_coder.examine(
    image_folders.image_file(
      20, file_format=file_format, height=height, width=width
    )
  )
  assert examined.thumbnail.shape == (17, 17, 3)
  assert examined.thumbnail.dtype == np.uint8
  assert (examined.height, examined.width) == size
  difference = np.abs(examined.thumbnail - squeezed(pixels))
  # The smallest images are enlarged, and JPEG halves the colours' resolution.
  assert difference.mean() < (25 if min(size) < 17 else 5)


def test_a_thumbnail_of_a_scaled_jpeg_is_not_shifted():
  # 8 * 25 + 1 wide: at 1/8, the last column covers only one of 201 pixels.
  pixels = np.zeros([201, 201, 3], np.uint8)
  pixels[:, :, 0] = np.linspace(0, 255, 201)
  pixels[:, :, 1] = np.linspace(0, 255, 201)[:, None]
  data = saved(Image.fromarray(pixels), 'JPEG', quality=95)
  np.testing.assert_allclose(
    image_coder.examine(data).thumbnail, squeezed(pixels), atol=5
  )


@pytest.mark.parametrize('size', [(1, 1), (7, 3), (3, 9)])
def test_a_jpeg_smaller_than_a_block_is_kept(size):
  data = image_folders.image_file(1, height=size[0], width=size[1])
  encoded = image_coder.encode(data)
  assert encoded.jpeg == data
  decoded(encoded)


def test_examined_file_is_not_decoded_again():
  data = image_folders.image_file(8)
  # Only the end of the pixels is missing: only decoding would detect that.
  scan = data.index(b'\xff\xda') + 14
  broken = data[: scan + 5] + b'\xff\xd9'
  whole = image_coder.encode(data, checked=True)
  assert whole == image_coder.encode(data)
  assert image_coder.encode(broken, checked=True).jpeg == broken


def test_checked_file_is_encoded_where_necessary():
  data = image_folders.image_file(8, orientation=6)
  assert image_coder.encode(data, checked=True) == image_coder.encode(data)
  with pytest.raises(image_coder.ImageError, match='the file is empty'):
    image_coder.encode(b'', checked=True)


@pytest.mark.parametrize('file_format', ['JPEG', 'PNG', 'WEBP'])
@pytest.mark.parametrize(
  ('size', 'max_side', 'expected'),
  [
    ((200, 300), 100, (67, 100)),
    ((300, 200), 100, (100, 67)),
    ((300, 200), 299, (299, 199)),
    ((400, 2), 100, (100, 1)),
    ((999, 1), 10, (10, 1)),
    ((30, 40), 1, (1, 1)),
    ((200, 300), 300, (200, 300)),
    ((20, 30), 999, (20, 30)),
  ],
)
def test_large_images_are_shrunk(file_format, size, max_side, expected):
  height, width = size
  data = image_folders.image_file(
    21, file_format=file_format, height=height, width=width
  )
  encoded = image_coder.encode(data, max_side=max_side)
  assert (encoded.height, encoded.width) == expected
  decoded(encoded)
  examined = image_coder.examine(data, max_side=max_side)
  assert (examined.height, examined.width) == expected
  assert (
    encoded.is_original
    == examined.is_original
    == (file_format == 'JPEG' and size == expected)
  )


def test_a_shrunk_photograph_keeps_its_colours():
  # With aliasing, the stripes would be black or white somewhere.
  stripes = np.zeros([800, 800, 3], np.uint8)
  stripes[:, ::2] = 255
  stripes[400:] = (200, 100, 50)
  data = saved(Image.fromarray(stripes), 'JPEG', quality=95, subsampling=0)
  pixels = decoded(image_coder.encode(data, max_side=100))
  np.testing.assert_allclose(pixels[5:45, 5:95], 127.5, atol=6)
  np.testing.assert_allclose(pixels[55:95] - (200, 100, 50), 0, atol=6)


@pytest.mark.parametrize('max_side', [0, -1])
@pytest.mark.parametrize('call', [image_coder.encode, image_coder.examine])
def test_max_side_below_1_is_an_error(call, max_side):
  with pytest.raises(ValueError, match=f'max_side is {max_side}'):
    call(image_folders.image_file(1), max_side=max_side)


# Columns: red, green and blue of Apple's Display P3 in XYZ for D50.
DISPLAY_P3 = (
  (0.51512, 0.24120, -0.00105),
  (0.29198, 0.69225, 0.04189),
  (0.15710, 0.06657, 0.78407),
)


@pytest.mark.parametrize('file_format', ['JPEG', 'PNG', 'WEBP', 'TIFF', 'AVIF'])
@pytest.mark.parametrize('max_side', [None, 16])
def test_a_profile_is_converted_to_srgb(file_format, max_side):
  image = Image.new('RGB', (32, 32), (200, 100, 50))
  data = saved(
    image, file_format, icc_profile=image_folders.matrix_profile(DISPLAY_P3)
  )
  encoded = image_coder.encode(data, max_side=max_side)
  assert not encoded.is_original
  assert 'icc_profile' not in Image.open(io.BytesIO(encoded.jpeg)).info
  # The matrices of SMPTE EG 432-1 and IEC 61966-2-1, between their curves.
  expected = (215, 93, 31)
  assert np.abs(decoded(encoded) - expected).max() <= 6
  thumbnail = image_coder.examine(data).thumbnail.astype(float)
  assert np.abs(thumbnail - expected).max() <= 6


def test_file_with_an_srgb_profile_is_kept():
  srgb = (
    (0.43607, 0.22249, 0.01392),
    (0.38515, 0.71687, 0.09708),
    (0.14307, 0.06061, 0.71410),
  )
  data = image_folders.image_file(
    1, icc_profile=image_folders.matrix_profile(srgb)
  )
  assert image_coder.encode(data).jpeg == data
  assert image_coder.examine(data).is_original


@pytest.mark.parametrize(
  ('mode', 'file_format', 'options'),
  [
    ('RGB', 'JPEG', {'progressive': True}),
    ('L', 'JPEG', {}),
    ('CMYK', 'JPEG', {}),
    ('P', 'PNG', {}),
    ('1', 'PNG', {'bits': 1}),
    ('P', 'PNG', {'bits': 4}),
    ('RGB', 'WEBP', {'lossless': True}),
    ('RGBA', 'WEBP', {}),
    ('RGBA', 'TIFF', {}),
    ('I;16', 'TIFF', {}),
    ('L', 'BMP', {}),
    ('1', 'BMP', {}),
    ('L', 'GIF', {}),
    ('CMYK', 'TIFF', {'compression': 'tiff_lzw'}),
    ('RGB', 'TIFF', {'compression': 'tiff_adobe_deflate'}),
    ('RGB', 'TIFF', {'compression': 'jpeg', 'quality': 95}),
    ('1', 'TIFF', {'compression': 'group4'}),
  ],
)
def test_examination_predicts_encoding(mode, file_format, options):
  image = Image.fromarray(image_folders.pixels(22, 48, 64))
  if mode == 'I;16':
    image = Image.fromarray(np.asarray(image.convert('L'), np.uint16) * 257)
  else:
    image = image.convert(mode)
  data = saved(image, file_format, **options)
  encoded = image_coder.encode(data)
  examined = image_coder.examine(data)
  for field in ('height', 'width', 'source_format', 'is_original'):
    assert getattr(encoded, field) == getattr(examined, field)
  pixels = decoded(encoded)
  assert np.abs(examined.thumbnail - squeezed(pixels)).mean() < 6
  if mode not in ('1', 'P', 'L', 'I;16', 'CMYK'):
    assert np.abs(pixels - image_folders.pixels(22, 48, 64)).mean() < 4


def test_grey_remains_grey():
  levels = np.tile(np.arange(0, 256, 4, np.uint8), (32, 1))
  for data in (
    saved(Image.fromarray(levels), 'JPEG', quality=95),
    saved(Image.fromarray(levels), 'PNG'),
  ):
    pixels = decoded(image_coder.encode(data))
    np.testing.assert_allclose(pixels, levels[..., None].repeat(3, 2), atol=4)


@pytest.mark.parametrize('bits', [1, 2, 4])
def test_grey_png_of_few_bits_is_scaled(bits):
  top = 2**bits - 1
  # Rows of 64 pixels: the left half has level 0, the right half the top one.
  row = b'\0' + bytes(4 * bits) + b'\xff' * (4 * bits)
  data = odd_images.png(
    64,
    16,
    odd_images.png_chunk(b'IDAT', zlib.compress(row * 16)),
    bits=bits,
    colour=0,
  )
  pixels = decoded(image_coder.encode(data))
  assert top * (255 // top) == 255
  np.testing.assert_allclose(pixels[:, :28], 0, atol=3)
  np.testing.assert_allclose(pixels[:, 36:], 255, atol=3)


def adobe_jpeg(colours, transform):
  """Returns a JPEG of these 4 components, unchanged, with Adobe's marker."""
  image = Image.merge(
    'CMYK', [Image.new('L', (16, 16), 255 - value) for value in colours]
  )
  data = saved(image, 'JPEG', quality=95)
  marker = data.index(b'Adobe') + 11
  return data[:marker] + bytes([transform]) + data[marker + 1 :]


@pytest.mark.parametrize(
  ('stored', 'transform', 'expected'),
  [
    # Photoshop stores 255 - ink (libjpeg.txt, 'Special color spaces'). 2 is
    # YCCK: Y, Cb and Cr as if 255 less the stored were R, G and B; cyan, (0,
    # 255, 255), has 179, 171, 1 by JFIF's formulas.
    ((255, 255, 255, 255), 0, (255, 255, 255)),
    ((0, 255, 255, 255), 0, (0, 255, 255)),
    ((255, 255, 255, 0), 0, (0, 0, 0)),
    ((0, 128, 128, 255), 2, (255, 255, 255)),
    ((255, 128, 128, 255), 2, (0, 0, 0)),
    ((128, 128, 128, 255), 2, (128, 128, 128)),
    ((179, 171, 1, 255), 2, (255, 0, 0)),
  ],
)
def test_adobes_inks_are_inverted(stored, transform, expected):
  pixels = decoded(image_coder.encode(adobe_jpeg(stored, transform)))
  np.testing.assert_allclose(pixels - expected, 0, atol=8)


def test_a_gifs_transparent_colour_becomes_white():
  image = Image.new('P', (16, 16), 0)
  image.putpalette([0, 0, 0, 255, 0, 0])
  image.paste(1, (0, 0, 8, 16))
  pixels = decoded(image_coder.encode(saved(image, 'GIF', transparency=0)))
  np.testing.assert_allclose(pixels[:, :6] - (255, 0, 0), 0, atol=6)
  np.testing.assert_allclose(pixels[:, 10:], 255, atol=6)


@pytest.mark.parametrize('file_format', ['TIFF', 'WEBP', 'PNG'])
def test_first_of_several_pictures_is_read(file_format):
  frames = [Image.new('RGB', (16, 16), colour) for colour in ('red', 'blue')]
  data = saved(frames[0], file_format, save_all=True, append_images=frames[1:])
  pixels = decoded(image_coder.encode(data))
  assert np.abs(pixels - (255, 0, 0)).max() <= 6


@pytest.mark.parametrize(
  'options',
  [
    {'file_format': 'WEBP'},
    {'file_format': 'WEBP', 'lossless': True},
    {'file_format': 'TIFF'},
    {'file_format': 'TIFF', 'mode': 'L'},
    {'file_format': 'TIFF', 'compression': 'tiff_lzw'},
  ],
)
@pytest.mark.filterwarnings('ignore::UserWarning')
def test_webp_and_tiff_cut_in_their_pixels_are_refused(options):
  data = image_folders.image_file(9, **options)
  pixels_end = len(data)
  if options['file_format'] == 'TIFF':
    image = Image.open(io.BytesIO(data))
    # Bytes of the last strip: tags 273 and 279.
    pixels_end = image.tag_v2[273][-1] + image.tag_v2[279][-1]
  for length in range(0, pixels_end, 5):
    for call in (image_coder.encode, image_coder.examine):
      with pytest.raises(image_coder.ImageError):
        call(data[:length])


@pytest.mark.parametrize(
  'options',
  [
    {},
    {'progressive': True},
    {'mode': 'L'},
    {'mode': 'CMYK'},
    {'file_format': 'PNG'},
    {'file_format': 'GIF'},
    {'file_format': 'BMP'},
    {'file_format': 'WEBP'},
  ],
)
@pytest.mark.filterwarnings('ignore::UserWarning')
def test_encode_and_examine_find_the_same_damage(options):
  rng = np.random.default_rng(23)
  source = image_folders.image_file(23, **options)
  for i in range(60):
    data = bytearray(
      source[: rng.integers(len(source))] if i % 3 == 0 else source
    )
    for position in rng.integers(0, len(source), i % 4):
      data[position : position + 1] = rng.bytes(
        len(data[position : position + 1])
      )
    results = []
    for call in (image_coder.encode, image_coder.examine):
      try:
        result = call(bytes(data), max_side=20)
        results.append((result.height, result.width, result.is_original))
      except image_coder.ImageError as error:
        results.append(str(error))
    assert results[0] == results[1]


def test_photograph_is_encoded_in_high_quality():
  encoded = image_coder.encode(
    image_folders.image_file(15, file_format='PNG', height=200, width=300)
  )
  quantization = Image.open(io.BytesIO(encoded.jpeg)).quantization
  # libjpeg's table for quality 95 begins with 16 * 10 % = 2.
  assert quantization[0][0] <= 2
  assert Image.open(io.BytesIO(encoded.jpeg)).layer[0][1:3] == (1, 1)


def test_pixels_are_given_on_request_for_a_flawless_jpeg():
  data = image_folders.image_file(4, height=30, width=20)
  assert image_coder.encode(data).pixels is None
  pixels = image_coder.encode(data, with_pixels=True).pixels
  assert (pixels.shape, pixels.dtype) == ((30, 20, 3), np.uint8)
  drawing = image_folders.image_file(4, height=30, width=20, file_format='PNG')
  assert image_coder.encode(drawing, with_pixels=True).pixels is None
  with pytest.raises(image_coder.ImageError, match='truncated'):
    image_coder.encode(data[:-100], with_pixels=True)


@pytest.mark.parametrize('call', [image_coder.encode, image_coder.examine])
def test_shortage_of_memory_is_not_called_damage(monkeypatch, call):
  def fail(*unused, **unused_too):
    raise MemoryError

  monkeypatch.setattr(pictures, 'open_file', fail)
  with pytest.raises(image_errors.MemoryShortage):
    call(b'')
