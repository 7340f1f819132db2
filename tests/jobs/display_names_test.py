"""Tests of names for one line of a log."""

import pytest

from inception.jobs import display_names


@pytest.mark.parametrize(
  'path',
  [
    '',
    'daisy/a.jpg',
    'C:\\My photos\\n.jpg',
    'caf\u00e9 \u65e5\u672c.jpg',
    '\U0001f33c\u2764\ufe0f.jpg',
    '\U0001f468\u200d\U0001f33e.jpg',
    '\u5199\u771f\u3000\u4e00.jpg',
    'it\'s "quoted" $HOME; *.jpg',
    'x' * 5000,
  ],
)
def test_printable_path_is_unchanged(path):
  assert display_names.printable(path) == path


@pytest.mark.parametrize(
  ('path', 'text'),
  [
    ('two\nlines.jpg', r'two\nlines.jpg'),
    ('a\r\n\tb\x0b\x0c', r'a\r\n\tb\x0b\x0c'),
    ('\x1b[2Jgone', r'\x1b[2Jgone'),
    ('\x00\x07\x7f\x85', r'\x00\x07\x7f\x85'),
    ('line\u2028paragraph\u2029', r'line\u2028paragraph\u2029'),
    ('gpj.\u202eexe', r'gpj.\u202eexe'),
    ('no\u00a0break', r'no\xa0break'),
    ('latin \udcfc', r'latin \udcfc'),
    ('\U0001f33c\n', '\U0001f33c\\n'),
    ('\U000e0001', r'\U000e0001'),
    ('a\\b\n', 'a\\b\\n'),
  ],
)
def test_characters_that_break_or_forge_a_line_are_escaped(path, text):
  assert display_names.printable(path) == text


def test_no_character_breaks_the_line_or_the_encoding():
  text = display_names.printable(''.join(map(chr, range(0x110000))))
  assert len(text.splitlines()) == 1
  text.encode('utf-8')


@pytest.mark.parametrize(
  ('name', 'expected'),
  [('a.jpg', True), ('花.jpg', True), ('', True), ('n\udcff.jpg', False)],
)
def test_undecodable_bytes_are_not_unicode(name, expected):
  assert display_names.is_unicode(name) == expected
