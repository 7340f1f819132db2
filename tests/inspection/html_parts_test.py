"""Tests of inception.inspection.html_parts."""

import base64
import re

import pytest

from inception.inspection import html_parts
from inception.inspection import record_inspection
from inception.reports import thumbnails
from inception.testing import record_folders

record = record_folders.record


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


@pytest.mark.parametrize(
  ('words', 'expected'),
  [
    (
      '<script>alert("x")</script>',
      '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;',
    ),
    ("'&'", '&#x27;&amp;&#x27;'),
    ('a\nb', 'a\\nb'),
    ('\U0001f33b \u0648\u0631\u062f', '\U0001f33b \u0648\u0631\u062f'),
    ('\u202etxt.gpj', '\\u202etxt.gpj'),
    ('\udcfc', '\\udcfc'),
  ],
)
def test_text_is_escaped(words, expected):
  assert html_parts.text(words) == expected
  html_parts.text(words).encode('utf-8')


@pytest.mark.parametrize(
  ('num_bytes', 'expected'),
  [
    (0, '0 bytes'),
    (999, '999 bytes'),
    (1000, '1.0 kB'),
    (54_321, '54.3 kB'),
    (246_285, '246 kB'),
    (61_000_000, '61.0 MB'),
    (2.5e9, '2.5 GB'),
    (4.2e12, '4,200 GB'),
  ],
)
def test_sizes_are_in_words(num_bytes, expected):
  assert html_parts.size(num_bytes) == expected.replace(' ', '\u00a0')


def test_tile_can_be_a_link():
  assert html_parts.tile('5', 'a & b') == (
    '<div class="tile "><b>5</b><span>a &amp; b</span></div>'
  )
  assert html_parts.tile('5', 'a', '#b', 'bad') == (
    '<a class="tile bad" href="#b"><b>5</b><span>a</span></a>'
  )


@pytest.mark.parametrize(
  ('number', 'most', 'width'),
  [(5, 20, '25.0%'), (20, 20, '100.0%'), (0, 20, '0.0%'), (0, 0, '0.0%')],
)
def test_bar_length_is_proportional(number, most, width):
  bar = html_parts.bar(number, most)
  assert f'width:{width}"' in bar
  assert ('class="none"' in bar) == (number == 0)


def test_picture_is_embedded_in_the_page(inspection):
  jpeg = base64.b64encode(thumbnails.jpeg(record_folders.picture(1))).decode()
  assert html_parts.picture(inspection, 1) == (
    '<img alt="&lt;b&gt;&amp;&quot;&#x27;\\n.jpg" '
    'title="&lt;b&gt;&amp;&quot;&#x27;\\n.jpg" '
    f'src="data:image/jpeg;base64,{jpeg}">'
  )


@pytest.mark.parametrize('place', [2, 3])
def test_undecodable_image_gets_a_note(inspection, place):
  assert html_parts.picture(inspection, place) == (
    '<div class="missing">no picture</div>'
  )


def test_group_shows_its_members_side_by_side(inspection):
  (pictures,) = inspection.repeats.groups
  group = html_parts.side_by_side(inspection, pictures, most=2, is_wide=True)
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
    '64&nbsp;&times;&nbsp;48',
    '&lt;b&gt;&amp;',
    'group wide',
    'and 1 more records',
  ):
    assert words in group


def test_hidden_entries_are_counted():
  assert html_parts.more(0, 'classes') == html_parts.more(-3, 'classes') == ''
  assert html_parts.more(1200, 'classes') == (
    '<p class="faint">and 1,200 more classes</p>'
  )
