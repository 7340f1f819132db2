"""Tests of shortening names to one line."""

from inception.jobs import name_lists


def test_names_are_counted_and_the_first_are_shown():
  assert name_lists.numbered(['a']) == '1 (a)'
  assert name_lists.numbered(list('abcd')) == '4 (a, b, c, ...)'
  assert name_lists.numbered(['a'] * 1234) == '1,234 (a, a, a, ...)'
  assert name_lists.listed(list('ab')) == 'a, b'
  assert name_lists.listed(list('abcd')) == 'a, b, c, ...'


def test_name_is_shortened_to_one_line():
  assert name_lists.short('a\nb') == r'a\nb'
  assert name_lists.short('x' * 120) == 'x' * 120
  assert name_lists.short('x' * 130 + 'end') == '...' + 'x' * 114 + 'end'
