"""Tests of the facts about an exported model."""

import json

import pytest

from inception.evaluation import metrics
from inception.evaluation import result_files
from inception.exporting import export_facts
from inception.testing import answers
from inception.testing import records


def write_metrics(folder, **changes):
  values = metrics.compute(
    answers.draw(examples=60, num_classes=3, strength=1.0), k=3
  ).to_json()
  values |= {'step': 7, 'checkpoint': 'run/model.ckpt-7'}
  result_files.write_metrics(folder, values | changes)
  return values


NAMES = ['class 1', 'class 2', 'class 3']


def test_facts_of_data(tmp_path):
  data = records.flat_dataset(tmp_path)
  (tmp_path / 'audit.json').write_text(
    json.dumps({'bad_files': [{}, {}], 'leaks': [], 'settings': {'seed': 3}}),
    'utf-8',
  )
  note = tmp_path / '.records.json'
  note.write_text(json.dumps({'crc32c': {'train-0': '1-2'}}), 'utf-8')
  facts = export_facts.of_data(data)
  assert facts['name'] == 'greys'
  assert facts['num_examples'] == {'train': 10}
  assert facts['findings'] == {
    'unusable files, which were skipped': 2,
    'images in training and in validation or test': 0,
  }
  assert facts['settings'] == {'seed': 3}
  # Other records have another fingerprint.
  note.write_text(json.dumps({'crc32c': {'train-0': '1-3'}}), 'utf-8')
  assert export_facts.of_data(data)['fingerprint'] != facts['fingerprint']


def test_missing_facts_are_left_out(tmp_path):
  facts = export_facts.of_data(records.flat_dataset(tmp_path))
  assert not {'fingerprint', 'findings', 'settings', 'seed'} & facts.keys()
  assert export_facts.of_data(None) == {}


def test_facts_of_an_evaluation(tmp_path):
  values = write_metrics(tmp_path)
  facts = export_facts.of_evaluation(str(tmp_path), step=7, class_names=NAMES)
  assert facts['precision_at_1'] == values['precision_at_1']
  matrix = values['confusion_matrix']
  counts = [mistake['count'] for mistake in facts['confusions']]
  assert counts == sorted(counts, reverse=True)
  wrong = [matrix[i][j] for i in range(3) for j in range(3) if i != j]
  assert counts == sorted(filter(None, wrong), reverse=True)[:5]
  first = facts['confusions'][0]
  row, column = NAMES.index(first['true']), NAMES.index(first['predicted'])
  assert matrix[row][column] == counts[0]
  assert export_facts.of_evaluation('', step=7, class_names=NAMES) == {}


@pytest.mark.parametrize(
  'changes, step, names, reason',
  [
    ({}, 8, NAMES, 'another checkpoint .run/model.ckpt-7.'),
    ({}, 7, NAMES[:2], 'another checkpoint'),
    ({'classes': None}, 7, NAMES, 'lacks a field'),
  ],
)
def test_other_evaluation_is_refused(tmp_path, changes, step, names, reason):
  write_metrics(tmp_path, **changes)
  with pytest.raises(export_facts.FactsError, match=reason):
    export_facts.of_evaluation(str(tmp_path), step=step, class_names=names)


def test_folder_without_evaluation_is_refused(tmp_path):
  with pytest.raises(result_files.ResultFileError, match='cannot read'):
    export_facts.of_evaluation(str(tmp_path), step=7, class_names=NAMES)


def test_folders_of_the_machine_are_left_out():
  assert export_facts.of_training({
    'train_dir': 'home/me/run',
    'data_dir': 'home/me/data',
    'pretrained_model_checkpoint_path': 'home/me/model.ckpt-1',
    'seed': 3,
  }) == {'pretrained_model_checkpoint_path': 'model.ckpt-1', 'seed': 3}


def test_facts_of_programs():
  facts = export_facts.of_programs()
  assert facts == export_facts.of_programs()
  assert facts['packages']['numpy']
  assert {'tensorflow', 'tensorflow-cpu'} & facts['packages'].keys()
  assert len(facts['code_fingerprint']) == 64
  assert facts['processor']
