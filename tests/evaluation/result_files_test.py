"""Tests that result files are read back as they were written."""

import csv
import os

import numpy as np
import pytest

from inception.evaluation import predictions
from inception.evaluation import record_sources
from inception.evaluation import result_files
from inception.testing import answers


def test_metrics_are_read_back(tmp_path):
  values = {
    'loss': 0.5,
    'names': ['ä', 'b'],
    'table': [[1, 2], [3, 4]],
    'classes': [{'name': 'ä', 'f1': None}],
    'nothing': [],
  }
  path = result_files.write_metrics(tmp_path, values)
  assert path == tmp_path / 'metrics.json'
  assert result_files.read_metrics(path) == {'format_version': 1, **values}
  # One row of a table a line.
  assert '\n  [1, 2],\n' in path.read_text(encoding='utf-8')
  assert os.listdir(tmp_path) == ['metrics.json']


def test_names_that_are_not_unicode_are_valid_json(tmp_path):
  values = {
    'mistakes': [{'file': 'n\udcff.jpg'}, {'file': 'ä.jpg'}],
    'checkpoint': 'd\udcfc/model.ckpt-1',
  }
  path = result_files.write_metrics(tmp_path, values)
  assert 'ä.jpg' in path.read_text(encoding='utf-8')
  assert result_files.read_metrics(path) == {'format_version': 1, **values}


@pytest.mark.parametrize(
  ('text', 'fault'),
  [
    (None, 'cannot read'),
    ('{', 'is not a metrics.json'),
    ('[]', 'is not a metrics.json'),
    ('{}', 'is not a metrics.json'),
    ('{"format_version": 2}', 'has format_version 2'),
  ],
)
def test_file_that_is_not_metrics_is_refused(tmp_path, text, fault):
  path = tmp_path / 'm.json'
  if text is not None:
    path.write_text(text, encoding='utf-8')
  with pytest.raises(result_files.ResultFileError, match=fault):
    result_files.read_metrics(path)


def test_predictions_have_a_row_for_each_example(tmp_path):
  made = answers.make(
    np.log([[1, 1, 6, 2], [1, 5, 1, 3]]), [1, 1], class_names='abc'
  )
  path = result_files.write_predictions(tmp_path, made)
  with open(path, encoding='utf-8', newline='') as file:
    first, second = csv.DictReader(file)
  assert first == {
    'record': 'validation-00000-of-00001:0',
    'file': '0.jpg',
    'class': 'a',
    'predicted': 'b',
    'class_1': 'b',
    'probability_1': '0.600000',
    'class_2': 'c',
    'probability_2': '0.200000',
    'class_3': 'a',
    'probability_3': '0.100000',
    'margin': '0.400000',
  }
  assert second['margin'] == '0.200000'


def test_the_five_most_probable_of_many_classes_are_written(tmp_path):
  made = answers.draw(examples=3, num_classes=9)
  path = result_files.write_predictions(tmp_path, made)
  header = path.read_text(encoding='utf-8').splitlines()[0].split(',')
  assert header[-3:] == ['class_5', 'probability_5', 'margin']


def test_unusual_names_are_read_back(tmp_path):
  names = ['a,"b"\n.jpg', 'n\udcfc.jpg', '花.jpg', '', 'a\r1.jpg']
  made = answers.make([[0, 1]] * 5, [1] * 5, class_names=['x, y'])
  made = predictions.Predictions(
    class_names=made.class_names,
    logits=made.logits,
    labels=made.labels,
    sources=[
      record_sources.Source(file=name, label=1, shard='s', record=i, offset=0)
      for i, name in enumerate(names)
    ],
  )
  rows = result_files.read_predictions(
    result_files.write_predictions(tmp_path, made)
  )
  assert [row.file for row in rows] == names
  assert [row.record for row in rows] == [f's:{i}' for i in range(5)]
  assert all(row.is_correct and row.class_name == 'x, y' for row in rows)


def test_file_that_is_not_predictions_is_refused(tmp_path):
  path = tmp_path / 'p.csv'
  with pytest.raises(result_files.ResultFileError, match='cannot read'):
    result_files.read_predictions(path)
  path.write_text('file,predicted\n', encoding='utf-8')
  with pytest.raises(
    result_files.ResultFileError, match='lacks the columns class, record'
  ):
    result_files.read_predictions(path)
  path.write_text(f'record,file,class,predicted\n{"x" * 200_000}\n', 'utf-8')
  with pytest.raises(
    result_files.ResultFileError, match='of an evaluation: field larger than'
  ):
    result_files.read_predictions(path)
