"""Tests of inception.records.labels_file."""

import pytest

from inception.jobs import errors
from inception.records import labels_file


@pytest.mark.parametrize(
  'text',
  [
    b'roses\ndaisy\n',
    b'roses\r\ndaisy\r\n',
    b'\xef\xbb\xbfroses\ndaisy',
    b'\n  roses \n\ndaisy\n\n\n',
  ],
)
def test_labels_are_read_in_their_order(tmp_path, text):
  (tmp_path / 'labels.txt').write_bytes(text)
  assert labels_file.read(tmp_path / 'labels.txt') == ('roses', 'daisy')


@pytest.mark.parametrize(
  ('text', 'message'),
  [
    (b'', 'names no class'),
    (b' \n\n', 'names no class'),
    (b'a\nb\na\n', "'a' twice"),
    (b'a\n../b\n', 'cannot be both'),
    (b'..\n', 'cannot be both'),
    (b'caf\xe9\n', 'not UTF-8'),
  ],
)
def test_unusable_labels_are_refused(tmp_path, text, message):
  (tmp_path / 'labels.txt').write_bytes(text)
  with pytest.raises(labels_file.LabelsError, match=message):
    labels_file.read(tmp_path / 'labels.txt')


def test_missing_file_raises_oserror(tmp_path):
  with pytest.raises(FileNotFoundError):
    labels_file.read(tmp_path / 'none')


@pytest.mark.parametrize('name', ['a', 'with space', '\u00e4', '...', ' '])
def test_valid_names_are_accepted(name):
  labels_file.check_label(name, 'here')


@pytest.mark.parametrize(
  ('name', 'message'),
  [
    ('.', 'cannot be both'),
    ('a/b', 'cannot be both'),
    ('a\\b', 'cannot be both'),
    ('a\nb', 'cannot be both'),
    ('\udcfc', 'not Unicode'),
  ],
)
def test_invalid_names_are_refused_with_their_source(name, message):
  with pytest.raises(errors.UserError, match=f"^'here' has .*{message}"):
    labels_file.check_label(name, 'here')
