"""Tests of converting colour profiles to sRGB, against formulas in NumPy."""

import concurrent.futures
import io
import struct

import numpy as np
import pytest
from PIL import Image
from PIL import ImageCms

from inception.images import colour_profiles
from inception.testing import image_folders

# Columns of the matrices from linear RGB to XYZ for D50, as in the profiles of
# IEC 61966-2-1, SMPTE EG 432-1, Adobe RGB (1998) and ROMM RGB.
SRGB = (
  (0.43607, 0.22249, 0.01392),
  (0.38515, 0.71687, 0.09708),
  (0.14307, 0.06061, 0.71410),
)
DISPLAY_P3 = (
  (0.51512, 0.24120, -0.00105),
  (0.29198, 0.69225, 0.04189),
  (0.15710, 0.06657, 0.78407),
)
ADOBE_RGB = (
  (0.60974, 0.31111, 0.01947),
  (0.20528, 0.62567, 0.06087),
  (0.14919, 0.06322, 0.74457),
)
PROPHOTO = (
  (0.79767, 0.28804, 0.0),
  (0.13519, 0.71188, 0.0),
  (0.03134, 0.00009, 0.82491),
)
COLOURS = np.array(
  [
    (255, 255, 255),
    (0, 0, 0),
    (128, 128, 128),
    (200, 100, 50),
    (60, 180, 90),
    (40, 60, 200),
    (255, 230, 200),
    (255, 0, 0),
  ],
  np.uint8,
)


def from_xyz(xyz):
  """Converts XYZ for D50, with white at Y = 1, to sRGB levels."""
  linear = np.clip(xyz @ np.linalg.inv(np.array(SRGB)), 0, 1)
  return 255 * np.where(
    linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
  )


def expected_srgb(colours, primaries, gamma):
  values = np.asarray(colours) / 255
  linear = (
    np.where(
      values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4
    )
    if gamma is None
    else values**gamma
  )
  return from_xyz(linear @ np.array(primaries))


def converted(colours, profile, mode='RGB'):
  image = Image.fromarray(np.asarray(colours, np.uint8)[None], mode)
  result = colour_profiles.to_srgb(image, profile)
  assert result.mode == 'RGB'
  return np.asarray(result)[0].astype(float)


def srgb_profile():
  return ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()


@pytest.mark.parametrize(
  ('primaries', 'gamma'),
  [(DISPLAY_P3, None), (ADOBE_RGB, 2.2), (PROPHOTO, 1.8), (SRGB, 1.0)],
)
def test_rgb_is_converted_as_the_formulas_say(primaries, gamma):
  profile = image_folders.matrix_profile(primaries, gamma)
  assert not colour_profiles.is_srgb(profile)
  np.testing.assert_allclose(
    converted(COLOURS, profile),
    expected_srgb(COLOURS, primaries, gamma),
    atol=3,
  )


@pytest.mark.parametrize(
  'profile',
  [None, b'', srgb_profile(), image_folders.matrix_profile(SRGB)],
  ids=['none', 'empty', 'LittleCMS', 'by hand'],
)
def test_srgb_needs_no_conversion(profile):
  assert colour_profiles.is_srgb(profile)
  np.testing.assert_array_equal(converted(COLOURS, profile), COLOURS)


def test_srgb_primaries_with_another_curve_are_not_srgb():
  assert not colour_profiles.is_srgb(image_folders.matrix_profile(SRGB, 2.2))


def test_rgb_profile_applies_to_grey():
  profile = image_folders.matrix_profile(SRGB, 1.0)
  levels = np.array([0, 20, 128, 255])
  expected = expected_srgb(levels[:, None].repeat(3, 1), SRGB, 1.0)
  np.testing.assert_allclose(converted(levels, profile, 'L'), expected, atol=3)


def grey_profile(gamma):
  curve = b'curv' + struct.pack('>IIH', 0, 1, round(256 * gamma)) + bytes(2)
  white = b'XYZ \0\0\0\0' + struct.pack('>3i', 63190, 65536, 54061)
  return profile_file(
    b'mntr', b'GRAY', b'XYZ ', {b'kTRC': curve, b'wtpt': white}
  )


def profile_file(device, space, connection, tags):
  table, body, start = b'', b'', 132 + 12 * len(tags)
  for name, content in tags.items():
    table += struct.pack('>4sII', name, start + len(body), len(content))
    body += content + bytes(-len(content) % 4)
  header = struct.pack(
    '>I4sI4s4s4s12s4s28s3i',
    start + len(body),
    b'',
    0x02400000,
    device,
    space,
    connection,
    b'',
    b'acsp',
    b'',
    63190,
    65536,
    54061,
  )
  return header.ljust(128, b'\0') + struct.pack('>I', len(tags)) + table + body


def test_grey_with_a_gamma_is_converted():
  levels = np.array([0, 20, 128, 255])
  expected = expected_srgb(levels[:, None].repeat(3, 1), SRGB, 1.8)
  np.testing.assert_allclose(
    converted(levels, grey_profile(1.8), 'L'), expected, atol=3
  )


def ink_profile(lab_of):
  """Returns a CMYK profile of 2^4 nodes.

  Args:
    lab_of: maps (c, m, y, k), each 0 or 1, to (L, a, b).
  """
  nodes = bytes(
    int(level)
    for i in range(16)
    for level in np.array(lab_of(*(i >> shift & 1 for shift in (3, 2, 1, 0))))
    * (2.55, 1, 1)
    + (0.5, 128, 128)
  )
  ramp = bytes(range(256))
  matrix = struct.pack('>9i', 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
  table = (
    b'mft1'
    + bytes(4)
    + bytes((4, 3, 2, 0))
    + matrix
    + ramp * 4
    + nodes
    + ramp * 3
  )
  white = b'XYZ \0\0\0\0' + struct.pack('>3i', 63190, 65536, 54061)
  return profile_file(
    b'prtr', b'CMYK', b'Lab ', {b'A2B0': table, b'wtpt': white}
  )


def xyz_of_lab(lightness, a, b):
  y = (lightness + 16) / 116
  return np.array([y + a / 500, y, y - b / 200]) ** 3 * (0.9642, 1, 0.8249)


def test_inks_are_converted_by_their_profile():
  cyan = (65, -20, -35)
  profile = ink_profile(
    lambda c, m, y, k: (
      (0, 0, 0) if k or (m or y) else cyan if c else (100, 0, 0)
    )
  )
  inks = [(0, 0, 0, 0), (255, 0, 0, 0), (0, 0, 0, 255)]
  expected = [(255, 255, 255), from_xyz(xyz_of_lab(*cyan)), (0, 0, 0)]
  np.testing.assert_allclose(converted(inks, profile, 'CMYK'), expected, atol=4)


@pytest.mark.parametrize(
  ('mode', 'profile'),
  [
    ('RGB', b'no profile'),
    ('RGB', bytes(3000)),
    ('RGB', srgb_profile()[:300]),
    ('RGB', grey_profile(1.8)),
    ('RGB', image_folders.matrix_profile(((0, 0, 0),) * 3)),
    ('CMYK', srgb_profile()),
    ('L', bytes(200)),
  ],
)
def test_broken_or_unsuitable_profile_is_ignored(mode, profile):
  image = Image.new('RGB', (2, 2), (200, 100, 50)).convert(mode)
  result = colour_profiles.to_srgb(image, profile)
  np.testing.assert_array_equal(result, image.convert('RGB'))


def test_broken_profile_counts_as_srgb():
  assert colour_profiles.is_srgb(b'no profile')


def opened(**options):
  buffer = io.BytesIO()
  Image.new('RGB', (4, 4)).save(buffer, 'JPEG', **options)
  return Image.open(buffer)


def interoperability(index):
  exif = Image.Exif()
  exif.get_ifd(0x8769)[0xA001] = 0xFFFF
  exif.get_ifd(0x8769)[0xA005] = {1: index}
  return exif


def test_an_embedded_profile_is_found():
  assert colour_profiles.of(opened(icc_profile=b'abc')) == b'abc'
  assert colour_profiles.of(opened()) is None


def test_adobe_rgb_is_read_from_exif():
  profile = colour_profiles.of(opened(exif=interoperability('R03')))
  np.testing.assert_allclose(
    converted(COLOURS, profile),
    expected_srgb(COLOURS, ADOBE_RGB, 563 / 256),
    atol=3,
  )


def test_exif_of_srgb_gives_no_profile():
  assert colour_profiles.of(opened(exif=interoperability('R98'))) is None


@pytest.mark.filterwarnings('ignore::UserWarning')
def test_broken_exif_gives_no_profile():
  exif = b'Exif\0\0II*\0\xff\xff\xff\xffR03\0'
  assert colour_profiles.of(opened(exif=exif)) is None


def test_embedded_profile_takes_precedence_over_exif():
  image = opened(exif=interoperability('R03'), icc_profile=b'abc')
  assert colour_profiles.of(image) == b'abc'


def test_threads_may_share_a_profile():
  profile = image_folders.matrix_profile(DISPLAY_P3, 2.1)
  rng = np.random.default_rng(0)
  arrays = [rng.integers(0, 256, [64, 3]) for _ in range(40)]
  with concurrent.futures.ThreadPoolExecutor(8) as pool:
    results = list(pool.map(lambda x: converted(x, profile), arrays))
  for array, result in zip(arrays, results, strict=True):
    np.testing.assert_allclose(
      result, expected_srgb(array, DISPLAY_P3, 2.1), atol=4
    )
