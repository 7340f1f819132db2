"""Tests of inception.data.annotations.boxes_csv."""

import pytest

from inception.data.annotations import boxes_csv


def rows(tmp_path, text):
  path = tmp_path / 'boxes.csv'
  path.write_text(text, encoding='utf-8')
  return list(boxes_csv.rows(path))


def test_rows_are_in_file_order(tmp_path):
  assert rows(tmp_path, 'b.jpg,0,.25,.5,1\n\na\\\\c.jpg,.1,.2,.3,.4\n') == [
    ('b.jpg', 0, 0.25, 0.5, 1),
    ('a//c.jpg', 0.1, 0.2, 0.3, 0.4),
  ]


def test_header_names_the_columns(tmp_path):
  text = 'ymax,xmax,file,ymin,xmin,height,width\n50,20,x.jpg,5,2,100,40\n'
  assert rows(tmp_path, text) == [('x.jpg', 0.05, 0.05, 0.5, 0.5)]


def test_invalid_row_is_named(tmp_path):
  with pytest.raises(boxes_csv.BoxesError, match="boxes.csv', line 2, has 2 "):
    rows(tmp_path, 'a.jpg,0,0,1,1\nb.jpg,1\n')


def test_missing_file_raises_the_systems_error(tmp_path):
  with pytest.raises(FileNotFoundError):
    list(boxes_csv.rows(tmp_path / 'none.csv'))


@pytest.mark.parametrize(
  ('path', 'expected'),
  [('./a/b.jpg', 'a/b.jpg'), ('a\\b.jpg', 'a/b.jpg'), ('.b.jpg', '.b.jpg')],
)
def test_paths_have_slashes(path, expected):
  assert boxes_csv.posix(path) == expected
