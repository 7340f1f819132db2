"""Tests of inception.data.curation.photo_groups."""

import pytest

from inception.data.curation import photo_groups


@pytest.mark.parametrize(
  ('pattern', 'path', 'group'),
  [
    (r'(plant\d+)_', 'daisy/plant12_3.jpg', 'plant12'),
    (r'plant\d+', 'daisy/plant12_3.jpg', 'plant12'),
    (r'(plant\d+)_', 'daisy/flower12_3.jpg', None),
    (r'^([^/]+)/(\d+)-', 'daisy/7-1.jpg', 'daisy\x1f7'),
    (r'^[^/]+/(?:\d+)-', 'daisy/7-1.jpg', 'daisy/7-'),
    (r'(a)|(b)', 'b.jpg', '\x1fb'),
    (r'(?P<day>\d{8})', 'x/IMG_20240131_1.jpg', '20240131'),
    (r'^(.*)/', 'daisy/garden/1.jpg', 'daisy/garden'),
    (r'(?i)BURST(\d+)', 'x/burst3.jpg', '3'),
    (r'(\d*)', 'x/1.jpg', None),
    (r'x*', 'daisy/1.jpg', None),
    ('\u65e5(.)', 'x/\u65e5\U0001f33c.jpg', '\U0001f33c'),
    (r'(.+)_', 'x/\udcfc_1.jpg', 'x/\udcfc'),
  ],
)
def test_group_is_the_text_that_the_pattern_captures(pattern, path, group):
  assert photo_groups.compile(pattern).of(path) == group


def test_parts_are_kept_separate():
  grouping = photo_groups.compile(r'(\d+)x?(\d\d|\d)[.]')
  assert grouping.of('a/1x23.jpg') != grouping.of('a/12x3.jpg')


def test_class_belongs_to_the_group_if_the_pattern_matches_it():
  by_number = photo_groups.compile(r'/(\d+)')
  by_class = photo_groups.compile(r'(.*/\d+)')
  assert by_number.of('daisy/1.jpg') == by_number.of('roses/1.jpg')
  assert by_class.of('daisy/1.jpg') != by_class.of('roses/1.jpg')


@pytest.mark.parametrize(
  ('pattern', 'message'),
  [
    ('', 'is empty'),
    (r'plant(\d+', r'at character 6\).*backslash'),
    ('*', r'nothing to repeat at character 1\)'),
    ('[a-', 'at character'),
    ('(?P<1>a)', 'at character'),
    ('a{99999999999999999999}', 'too large'),
  ],
)
def test_invalid_pattern_is_refused(pattern, message):
  with pytest.raises(photo_groups.GroupError, match=message):
    photo_groups.compile(pattern)


def test_too_deeply_nested_pattern_is_refused():
  with pytest.raises(photo_groups.GroupError):
    photo_groups.compile('(' * 20_000 + ')' * 20_000)


@pytest.mark.parametrize('pattern', ['(\u00e9t\u00e9)', '(e\u0301te\u0301)'])
@pytest.mark.parametrize(
  'path', ['a/\u00e9t\u00e9_1.jpg', 'a/e\u0301te\u0301_1.jpg']
)
def test_two_unicode_forms_of_a_name_are_equal(pattern, path):
  assert photo_groups.compile(pattern).of(path) == '\u00e9t\u00e9'
