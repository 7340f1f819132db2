"""Tests of the file of answers that is resumed."""

import io
import json

import pytest

from inception.prediction import answer_file

_FACTS = {'checkpoint': 'abc', 'files': 'def', 'top_k': 3}


def test_complete_file_and_its_note(tmp_path):
  path = tmp_path / 'out.csv'
  with answer_file.opened(path, _FACTS) as writer:
    assert writer.num_rows == 0
    writer.text('head\n')
    writer.row('a\n')
    writer.row('\u00fc\udcfc\n', 'broken')
    writer.complete()
  assert path.read_bytes() == b'head\na\n\xc3\xbc\\udcfc\n'
  note = json.loads((tmp_path / 'out.csv.run.json').read_text('utf-8'))
  assert note == _FACTS | {
    'rows': 2,
    'bytes': 16,
    'complete': True,
    'counts': {'broken': 1},
  }
  with answer_file.opened(path, _FACTS) as writer:
    assert writer.is_complete
    assert writer.counts == {'broken': 1}
  assert path.read_bytes().endswith(b'\\udcfc\n')


@pytest.mark.parametrize('error', [KeyboardInterrupt, ValueError])
def test_interrupted_file_is_resumed_after_its_last_row(tmp_path, error):
  path = tmp_path / 'out.csv'
  with pytest.raises(error), answer_file.opened(path, _FACTS) as writer:
    writer.text('head\n')
    writer.row('a\n')
    writer.row('b\n', 'broken')
    raise error
  with answer_file.opened(path, _FACTS) as writer:
    assert (writer.num_rows, writer.is_complete) == (2, False)
    writer.row('c\n', 'broken')
    assert writer.counts == {'broken': 2}
  assert path.read_text('utf-8') == 'head\na\nb\nc\n'


def test_run_without_an_answer_begins_anew(tmp_path):
  path = tmp_path / 'a.json'
  for _ in range(2):
    with (
      pytest.raises(KeyboardInterrupt),
      answer_file.opened(path, {'k': 1}) as writer,
    ):
      writer.text('[')
      raise KeyboardInterrupt
  with answer_file.opened(path, {'k': 1}) as writer:
    assert not writer.num_rows
    writer.text('[')
    writer.text(']')
    writer.complete()
  assert path.read_text(encoding='utf-8') == '[]'
  # A complete file without answers stays.
  with answer_file.opened(path, {'k': 1}) as writer:
    assert writer.is_complete
  assert path.read_text(encoding='utf-8') == '[]'


def test_bytes_beyond_the_note_are_truncated(tmp_path):
  path = tmp_path / 'out.csv'
  with answer_file.opened(path, _FACTS) as writer:
    writer.row('a\n')
  with path.open('ab') as file:
    file.write(b'b\nhalf of c')
  with answer_file.opened(path, _FACTS) as writer:
    assert writer.num_rows == 1
    writer.row('b\n')
  assert path.read_text('utf-8') == 'a\nb\n'


def test_note_without_its_file_is_ignored(tmp_path):
  path = tmp_path / 'out.csv'
  with answer_file.opened(path, _FACTS) as writer:
    writer.row('a\n')
  path.unlink()
  assert answer_file.check(path, _FACTS) == {}


def _foreign(path):
  path.write_bytes(b'precious')


def _of_other_files(path):
  with answer_file.opened(path, _FACTS | {'files': 'ghi'}) as writer:
    writer.row('a\n')


def _shortened(path):
  with answer_file.opened(path, _FACTS) as writer:
    writer.row('a\n')
  path.write_bytes(b'')


@pytest.mark.parametrize(
  'make,reason',
  [
    (_foreign, 'exists, and no run that can be resumed wrote it'),
    (_of_other_files, r'belongs to another run \(another files\)'),
    (_shortened, 'is shorter than its run left it'),
    (lambda path: path.mkdir(), 'is a folder'),
  ],
)
def test_unrelated_files_are_refused_and_kept(tmp_path, make, reason):
  path = tmp_path / 'out.csv'
  make(path)
  before = path.read_bytes() if path.is_file() else None
  with pytest.raises(answer_file.OutputError, match=reason):
    answer_file.check(path, _FACTS)
  with pytest.raises(answer_file.OutputError, match=reason):
    with answer_file.opened(path, _FACTS):
      pass
  assert before == (path.read_bytes() if path.is_file() else None)


def test_missing_folder_is_refused(tmp_path):
  with pytest.raises(answer_file.OutputError, match='there is no folder'):
    answer_file.check(tmp_path / 'no' / 'out.csv', _FACTS)


def test_two_writers_are_refused(tmp_path):
  path = tmp_path / 'out.csv'
  with answer_file.opened(path, _FACTS):
    with pytest.raises(answer_file.OutputError, match='another command'):
      with answer_file.opened(path, _FACTS):
        pass


def test_stream_receives_the_same_text_as_a_file():
  stream = io.StringIO()
  writer = answer_file.StreamWriter(stream)
  writer.text('head\n')
  writer.row('a\n')
  writer.row('b\n', 'broken')
  writer.complete()
  assert stream.getvalue() == 'head\na\nb\n'
  assert (writer.num_rows, writer.counts) == (2, {'broken': 1})
  assert not writer.is_complete
