"""Tests of the style sheets in templates/."""

import re

import pytest

from inception.reports import pages

BASE, EVALUATION, INSPECTION = (
  pages.environment().loader.get_source(None, f'{name}.css')[0]
  for name in ('base', 'evaluation', 'inspection')
)
STYLE = BASE + EVALUATION + INSPECTION


def test_style_needs_no_other_files():
  assert not re.search(r'url\(|@import|http|<', STYLE)


@pytest.mark.parametrize('style', [BASE, EVALUATION, INSPECTION])
def test_style_is_complete(style):
  assert style.count('{') == style.count('}')


def test_dark_mode_defines_every_colour():
  light, dark = re.findall(r':root \{(.*?)\}', STYLE, re.DOTALL)[:2]
  names = re.findall(r'(--[\w-]+):', light)
  assert names == re.findall(r'(--[\w-]+):', dark)
  # Cells of the confusion matrix have their own share.
  used = set(re.findall(r'var\((--[\w-]+)\)', STYLE)) - {'--share'}
  assert used == set(names)


def test_text_has_enough_contrast():
  # WCAG 2: contrast of 4.5 to 1 between text and background.
  def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    return sum(
      weight
      * (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
      )
      for weight, value in zip((0.2126, 0.7152, 0.0722), channels)
    )

  for theme in re.findall(r':root \{(.*?)\}', STYLE, re.DOTALL)[:2]:
    colours = dict(re.findall(r'--([\w-]+): #([0-9a-f]{6})', theme))
    for words, behind in (
      ('text', 'page'),
      ('text', 'card'),
      ('faint', 'page'),
      ('faint', 'card'),
      ('faint', 'track'),
      ('bad', 'bad-back'),
      ('good', 'good-back'),
      ('warn', 'warn-back'),
      ('bad', 'card'),
    ):
      bright, dim = sorted(
        (luminance(colours[words]), luminance(colours[behind])), reverse=True
      )
      assert (bright + 0.05) / (dim + 0.05) >= 4.5, (words, behind)
