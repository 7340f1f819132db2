"""Tests of inception.inspection.inspection_page."""

import html.parser
import re

import numpy as np
import pytest

from inception.inspection import inspection_page
from inception.inspection import record_inspection
from inception.inspection import repeats_sections
from inception.testing import cached_feature_files
from inception.testing import record_folders

record = record_folders.record

# Without an end.
_VOID = ('meta', 'img', 'br')
NASTY = '<script>alert("x")</script>\n\U0001f33b'


class Page(html.parser.HTMLParser):
  """A page as a browser parses it; refuses elements that are not closed."""

  def __init__(self, path):
    super().__init__()
    self.tags, self.open, self.attributes, self.words = [], [], [], ''
    self.anchors, self.links = [], []
    self.feed(path.read_text(encoding='utf-8'))
    self.close()
    assert self.open == []

  def handle_starttag(self, tag, attrs):
    self.tags.append(tag)
    self.attributes += attrs
    self.anchors += [value for name, value in attrs if name == 'id']
    self.links += [value for name, value in attrs if name == 'href']
    if tag not in _VOID:
      self.open.append(tag)

  def handle_endtag(self, tag):
    assert self.open.pop() == tag

  def handle_data(self, data):
    if self.open[-1:] != ['style']:
      self.words += data


def pages(folder, shards, **options):
  """Writes the records and their page; returns its path and contents."""
  data, path = folder / 'data', folder / 'page.html'
  record_folders.write(data, shards, **options)
  inspection_page.write(record_inspection.inspect(data, log=print), path)
  return path, Page(path)


def test_page_of_valid_records_is_complete(tmp_path):
  path, page = pages(
    tmp_path,
    {
      'train': [[record(i, i % 3 + 1) for i in range(8)]],
      'test': [[record(20)]],
    },
  )
  text = path.read_text(encoding='utf-8')
  assert text.startswith(
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n'
    '<meta charset="utf-8">\n<meta name="generator"'
  )
  assert '9 records are sound.' in page.words
  assert page.tags.count('img') == 9
  for name in record_folders.CLASSES:
    assert name in page.words
  assert [value for name, value in page.attributes if name == 'style'][:6] == [
    f'width:{percent}%'
    for percent in ('100.0', '100.0', '100.0', '0.0', '66.7', '0.0')
  ]
  assert 'Problems' not in page.words


def test_page_works_offline_and_without_scripts(tmp_path):
  path, page = pages(tmp_path, {'train': [[record(1), record(1, 2)]]})
  assert not {'script', 'link', 'iframe', 'object', 'form'} & set(page.tags)
  assert all(
    value.startswith('data:image/jpeg;base64,')
    for name, value in page.attributes
    if name == 'src'
  )
  assert not [name for name, _ in page.attributes if name.startswith('on')]
  assert 'http' not in re.sub('base64,[^"]*', '', path.read_text('utf-8'))


def test_untrusted_names_are_escaped(tmp_path):
  nasty = {'text': NASTY, 'filename': NASTY}
  path, page = pages(
    tmp_path,
    {
      NASTY
      .replace('/', ':')
      .replace('\n', '')
      .replace('"', '')
      .replace('<', '(')
      .replace('>', ')'): [
        [record(1, 1, **nasty), record(1, 2, **nasty), record(3)]
      ]
    },
    class_names=(NASTY, 'b', 'c'),
    name=NASTY,
  )
  assert 'script' not in page.tags
  assert page.words.count('<script>alert("x")</script>\\n\U0001f33b') > 5
  assert '<script' not in path.read_text(encoding='utf-8')


def test_problems_are_shown_with_their_pictures(tmp_path):
  _, page = pages(
    tmp_path,
    {
      'train': [
        [
          record_folders.with_field(record(1), 'image/height', 5),
          b'nonsense',
          record(2, encoded=b'words'),
          record(3),
        ]
      ]
    },
  )
  assert '3 problems in 4 records.' in page.words
  for words in (
    'image/height is 5',
    'no tf.train.Example',
    'not an image',
    'record 2',
    '1.jpg',
  ):
    assert words in page.words
  # One picture is beside its problem, and two are in their class.
  assert page.tags.count('img') == 3


def test_each_repeated_picture_is_in_one_section(tmp_path):
  small = record_folders.picture(4, height=36, width=48)
  _, page = pages(
    tmp_path,
    {
      'train': [
        [
          record(1),
          record(1, 2),
          record(2),
          record(3),
          record(3),
          record(4),
          record(4, encoded=small, height=36, width=48),
        ]
      ],
      'test': [[record(1), record(2)]],
    },
  )
  titles = (
    'In more than one class',
    'In more than one subset',
    'Copies',
    'Near copies',
  )
  assert [page.words.count(title) for title in titles] == [1, 1, 1, 1]
  assert [page.words.index(title) for title in titles] == sorted(
    page.words.index(title) for title in titles
  )
  assert page.tags.count('figure') == 3 + 2 + 2 + 2


def test_links_have_targets(tmp_path):
  _, page = pages(
    tmp_path,
    {'train': [[record(1), b'x', record(2)]], 'test': [[record(1, 2)]]},
  )
  assert {link[1:] for link in page.links} <= set(page.anchors)
  assert {'#problems', '#conflicts', '#leaks', '#copies'} <= set(page.links)


def test_pictures_are_evenly_spaced_and_pages_reproducible(tmp_path):
  path, page = pages(
    tmp_path,
    {
      'train': [
        [record(i) for i in range(20)],
        [record(i) for i in range(20, 34)],
      ]
    },
  )
  # numpy.linspace(0, 33, 12) is every third.
  assert [value for name, value in page.attributes if name == 'alt'] == [
    f'{i}.jpg' for i in range(0, 34, 3)
  ]
  before = path.read_bytes()
  inspection_page.write(
    record_inspection.inspect(tmp_path / 'data', log=print), path
  )
  assert path.read_bytes() == before
  assert sorted(found.name for found in tmp_path.iterdir()) == [
    'data',
    'page.html',
  ]


def test_page_size_is_bounded(tmp_path, monkeypatch):
  for name, value in (
    ('_PICTURES', 10),
    ('_CLASSES_SHOWN', 5),
    ('_ROWS_SHOWN', 6),
    ('_PROBLEMS_SHOWN', 2),
  ):
    monkeypatch.setattr(inspection_page, name, value)
  monkeypatch.setattr(repeats_sections, '_GROUPS_SHOWN', 1)
  monkeypatch.setattr(repeats_sections, '_MEMBERS_SHOWN', 3)
  names = [f'class {i}' for i in range(8)]
  records = [
    record(10 * i + j, encoded=record_folders.picture(10 * i + j))
    for i in range(3)
    for j in range(4)
  ]
  records = [
    record_folders.with_field(one, 'image/class/label', i % 8 + 1)
    for i, one in enumerate(records)
  ]
  records = [
    record_folders.with_field(one, 'image/class/text', names[i % 8].encode())
    for i, one in enumerate(records)
  ]
  copies = [record(99, text='class 0')] * 5 + [record(98, text='class 0')] * 2
  _, page = pages(
    tmp_path, {'train': [[*records, *copies, *[b'x'] * 5]]}, class_names=names
  )
  for words in (
    'and 3 more classes',
    'and 2 more classes',
    'and 3 more problems',
    'and 1 more pictures',
    'and 2 more records',
  ):
    assert words in page.words
  assert page.tags.count('img') <= 10 + 3


def test_folder_without_images_has_a_page(tmp_path):
  _, page = pages(tmp_path, {'train': [[]]}, with_info=False)
  assert '0 records are sound.' in page.words


def test_other_files_are_not_replaced(tmp_path):
  record_folders.write(tmp_path / 'data', {'train': [[record(1)]]})
  inspection = record_inspection.inspect(tmp_path / 'data', log=print)
  mine = tmp_path / 'thesis.html'
  for content in (b'', b'<!DOCTYPE html>my thesis'):
    mine.write_bytes(content)
    for refuse in (
      lambda: inspection_page.check(mine),
      lambda: inspection_page.write(inspection, mine),
    ):
      with pytest.raises(inspection_page.PageError, match='another name'):
        refuse()
    assert mine.read_bytes() == content


def test_unusable_paths_are_refused(tmp_path):
  with pytest.raises(inspection_page.PageError, match='is a folder'):
    inspection_page.check(tmp_path)
  with pytest.raises(inspection_page.PageError, match='there is no folder'):
    inspection_page.check(tmp_path / 'missing' / 'page.html')
  inspection_page.check(tmp_path / 'page.html')


def test_failure_leaves_the_existing_page(tmp_path, monkeypatch):
  path, _ = pages(tmp_path, {'train': [[record(1)]]})
  before = path.read_bytes()

  def fail(*_):
    raise OSError(28, 'No space left on device')

  monkeypatch.setattr(inspection_page.page_pictures, 'picture', fail)
  with pytest.raises(OSError, match='No space'):
    inspection_page.write(
      record_inspection.inspect(tmp_path / 'data', log=print), path
    )
  assert path.read_bytes() == before
  assert sorted(found.name for found in tmp_path.iterdir()) == [
    'data',
    'page.html',
  ]


def test_likely_copies_have_a_tile(tmp_path):
  path, data = tmp_path / 'page.html', tmp_path / 'data'
  record_folders.write(data, {'train': [[record(1), record(2)]]})

  def tiles():
    inspection_page.write(record_inspection.inspect(data, log=print), path)
    return path.read_text(encoding='utf-8').count('class="tile ')

  without = tiles()
  cached_feature_files.write(data, 'train', np.eye(2, dtype=np.float32))
  assert tiles() == without + 1
  page = Page(path)
  assert 'likely copies, mirrored or cropped' in page.words
  assert '#likely' not in page.links  # There are none.
