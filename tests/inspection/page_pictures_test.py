"""Tests of inception.inspection.page_pictures, through the templates."""

import base64
import re

import pytest

from inception.inspection import page_pictures
from inception.inspection import record_inspection
from inception.reports import pages
from inception.reports import thumbnails
from inception.testing import record_folders

record = record_folders.record
PARTS = pages.environment().get_template('inspection_parts.html').module


@pytest.fixture(name='inspection')
def _inspection(tmp_path):
  record_folders.write(
    tmp_path,
    {
      'train': [
        [
          record(1),
          record(1, 2, filename='<b>&"\'\n.jpg'),
          b'nonsense',
          record(2, encoded=b'words'),
        ]
      ],
      'test': [[record(1)]],
    },
  )
  return record_inspection.inspect(tmp_path, log=print)


def test_tile_can_be_a_link():
  assert PARTS.tile('5', 'a & b').strip() == (
    '<div class="tile "><b>5</b><span>a &amp; b</span></div>'
  )
  assert PARTS.tile('5', 'a', '#b', 'bad').strip() == (
    '<a class="tile bad" href="#b"><b>5</b><span>a</span></a>'
  )


@pytest.mark.parametrize(
  ('number', 'most', 'width'),
  [(5, 20, '25.0%'), (20, 20, '100.0%'), (0, 20, '0.0%'), (0, 0, '0.0%')],
)
def test_bar_length_is_proportional(number, most, width):
  bar = PARTS.bar(number, most)
  assert f'width:{width}"' in bar
  assert ('class="none"' in bar) == (number == 0)


def test_hidden_entries_are_counted():
  assert PARTS.more(0, 'classes') == PARTS.more(-3, 'classes') == ''
  assert PARTS.more(1200, 'classes').strip() == (
    '<p class="faint">and 1,200 more classes</p>'
  )


def test_picture_is_embedded_in_the_page(inspection):
  jpeg = base64.b64encode(thumbnails.jpeg(record_folders.picture(1))).decode()
  assert PARTS.photo(page_pictures.picture(inspection, 1)).strip() == (
    '<img alt="&lt;b&gt;&amp;&#34;&#39;\\n.jpg" '
    'title="&lt;b&gt;&amp;&#34;&#39;\\n.jpg" '
    f'src="data:image/jpeg;base64,{jpeg}">'
  )


@pytest.mark.parametrize('place', [2, 3])
def test_undecodable_image_gets_a_note(inspection, place):
  assert PARTS.photo(page_pictures.picture(inspection, place)).strip() == (
    '<div class="missing">no picture</div>'
  )


def test_group_shows_its_members_side_by_side(inspection):
  (pictures,) = inspection.repeats.groups
  group = PARTS.side_by_side(
    page_pictures.side_by_side(inspection, pictures, most=2, is_wide=True)
  )
  assert group.count('<figure>') == 2
  assert re.findall(r'class="badge \w+">([\w ]+)', group) == [
    'identical files',
    'classes differ',
    'subsets differ',
  ]
  for words in (
    'daisy',
    'roses',
    'train-00000-of-00001, record 1',
    '64&nbsp;&times;&nbsp;48, ',
    '&lt;b&gt;&amp;',
    'group wide',
    'and 1 more records',
  ):
    assert words in group


def test_pictures_of_a_strip_are_evenly_spaced(inspection):
  strip = page_pictures.strip(
    inspection, [0, 1, 2, 3, 0], most=3, title='<b>', note='all'
  )
  assert [picture['file'] for picture in strip['pictures']] == [
    '1.jpg',
    '',
    '1.jpg',
  ]
  html = PARTS.strip(strip)
  assert '&lt;b&gt;' in html and 'all</span>' in html
