"""Tests of the formats of answers."""

import csv
import io
import json

import pytest

from inception.prediction import answer_formats
from inception.prediction import answers

_ANSWERS = (
  answers.Answer(
    file='a "b", c.jpg',
    candidates=(
      answers.Candidate('R\u00f6schen', 0.75),
      answers.Candidate('tulip', 0.125),
    ),
  ),
  answers.Answer(
    file='\u82b1.jpg',
    candidates=(
      answers.Candidate('tulip', 0.375),
      answers.Candidate('daisy', 0.25),
    ),
    is_sure=False,
  ),
  answers.Answer(file='two\nlines.jpg', error='the file is empty'),
)


def text(name):
  form = answer_formats.make(
    name,
    top_k=2,
    names=[answer.file for answer in _ANSWERS],
    class_names=['daisy', 'tulip'],
  )
  rows = [
    form.row(answer, is_first=i == 0) for i, answer in enumerate(_ANSWERS)
  ]
  return ''.join([form.head, *rows, form.foot])


def test_json_and_json_lines_hold_the_answers():
  expected = [answers.to_json(answer) for answer in _ANSWERS]
  assert json.loads(text('json')) == expected
  lines = text('jsonl').splitlines()
  assert [json.loads(line) for line in lines] == expected
  assert 'R\u00f6schen' in lines[0]


def test_json_without_an_answer_is_an_empty_array():
  form = answer_formats.make('json', top_k=1)
  assert json.loads(form.head + form.foot) == []


def test_csv_has_a_column_for_each_field():
  rows = list(csv.DictReader(io.StringIO(text('csv'))))
  assert rows == [
    {
      'file': 'a "b", c.jpg',
      'answer': 'R\u00f6schen',
      'class_1': 'R\u00f6schen',
      'probability_1': '0.750000',
      'class_2': 'tulip',
      'probability_2': '0.125000',
      'error': '',
    },
    {
      'file': '\u82b1.jpg',
      'answer': 'none of these',
      'class_1': 'tulip',
      'probability_1': '0.375000',
      'class_2': 'daisy',
      'probability_2': '0.250000',
      'error': '',
    },
    {
      'file': 'two\nlines.jpg',
      'answer': '',
      'class_1': '',
      'probability_1': '',
      'class_2': '',
      'probability_2': '',
      'error': 'the file is empty',
    },
  ]


def test_table_is_aligned_and_keeps_a_row_in_a_line():
  assert text('table').splitlines() == [
    r'file            answer         probability  next',
    'a "b", c.jpg    R\u00f6schen             75.0 %  tulip 12.5 %',
    '\u82b1.jpg          none of these       37.5 %  '
    'tulip 37.5 %, daisy 25.0 %',
    r'two\nlines.jpg  ERROR: the file is empty',
  ]


def test_long_names_move_no_column_of_the_table():
  rows = [
    ('p/1.jpg', 'tulip'),
    ('p/' + 29 * '\u82b1/' + '2.jpg', 'tulip'),
    (130 * 'd' + '/3.jpg', 38 * 'r' + '\u82b1\u82b1'),
    (60 * '\u82b1' + '/4.jpg', 41 * 'r'),
  ]
  files, classes = zip(*rows)
  form = answer_formats.make('table', top_k=1, names=files, class_names=classes)
  lines = [form.head] + [
    form.row(
      answers.Answer(file=file, candidates=(answers.Candidate(name, 0.5),)),
      is_first=False,
    )
    for file, name in rows
  ]
  # Each of these characters takes two columns of a terminal.
  columns = [line.replace('\u82b1', 'WW').rstrip('\n') for line in lines]
  assert [
    (line[:120].rstrip(), line[122:162].rstrip(), line[164:])
    for line in columns
  ] == [
    ('file', 'answer', 'probability  next'),
    ('p/1.jpg', 'tulip', '     50.0 %'),
    ('p/' + 29 * 'WW/' + '2.jpg', 'tulip', '     50.0 %'),
    ('\u2026' + 113 * 'd' + '/3.jpg', 38 * 'r' + '\u2026', '     50.0 %'),
    ('\u2026' + 56 * 'WW' + '/4.jpg', 39 * 'r' + '\u2026', '     50.0 %'),
  ]


def test_broken_file_has_its_full_name_in_the_table():
  name = 130 * 'd' + '/3.jpg'
  form = answer_formats.make('table', top_k=1, names=[name])
  broken = answers.Answer(file=name, error='the file is empty')
  assert form.row(broken, is_first=True) == (
    f'{name}  ERROR: the file is empty\n'
  )


@pytest.mark.parametrize(
  'path,name',
  [
    ('a/b.json', 'json'),
    ('b.JSONL', 'jsonl'),
    ('b.csv', 'csv'),
    ('b.txt', 'table'),
    ('b.tsv', None),
    ('b', None),
  ],
)
def test_ending_implies_a_format(path, name):
  assert answer_formats.of_file(path) == name


def test_unknown_format_is_refused():
  with pytest.raises(ValueError, match="one of table, json, .* got 'xml'"):
    answer_formats.make('xml', top_k=1)
