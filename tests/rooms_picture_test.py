"""Tests of rooms_picture, and that CONTRIBUTING.md's picture is up to date."""

import pytest

from tests import rooms_picture
from tests import source_tree

TREE = {
  'inception/train.py': (
    'from inception.cli import a\nfrom inception.jobs import b'
  ),
  'inception/cli/a.py': 'from inception.jobs import b',
  'inception/jobs/b.py': 'from inception.jobs import c',
  'inception/jobs/c.py': 'import os',
}


def test_picture_in_contributing_is_up_to_date():
  path = source_tree.ROOT / rooms_picture.FILE
  text = path.read_text(encoding='utf-8')
  picture = rooms_picture.draw(source_tree.read())
  assert rooms_picture.with_picture(text, picture) == text, (
    'run python -m tests.rooms_picture --fix'
  )


def test_arrows_are_the_imports_between_rooms():
  assert rooms_picture.arrows(TREE) == {
    'commands': {'cli', 'jobs'},
    'cli': {'jobs'},
    'jobs': set(),
  }


def test_arrow_implied_by_a_longer_path_is_left_out():
  graph = {'a': {'b', 'c', 'd'}, 'b': {'c'}, 'c': {'d'}, 'd': set()}
  assert rooms_picture.reduced(graph) == {
    'a': {'b'},
    'b': {'c'},
    'c': {'d'},
    'd': set(),
  }


def test_picture_is_a_flow_chart():
  assert rooms_picture.draw(TREE) == (
    '```mermaid\nflowchart TD\n'
    '  r0["commands"]\n  r1["cli/"]\n  r2["jobs/"]\n'
    '  r0 --> r1\n  r1 --> r2\n```\n'
  )


def test_text_without_marker_lines_is_refused():
  with pytest.raises(ValueError, match='needs the lines'):
    rooms_picture.with_picture('# Contributing\n', '')
