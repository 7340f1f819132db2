"""Tests of export.json, the model card and the printed table."""

import json
import pathlib

import pytest

from inception.exporting import agreement
from inception.exporting import export_check
from inception.exporting import export_job
from inception.exporting import export_report
from inception.exporting import export_text
from inception.testing import exported_models


def export(name, *, faults=(), num_right=80, num_ties=0):
  return export_job.Export(
    name=name,
    path=pathlib.Path('out', name, '3'),
    num_bytes=87_500_000,
    result=export_check.Result(
      agreement=agreement.Agreement(
        num_pictures=100,
        num_equal=100 - num_ties,
        num_ties=num_ties,
        max_difference=3.2e-7,
        num_right=num_right,
        checkpoint_num_right=num_right,
      ),
      images_per_sec=12.345,
      faults=tuple(faults),
    ),
  )


def outcome(*exports):
  return export_job.Outcome(
    version=3,
    exports=exports,
    checkpoint_images_per_sec=10.0,
    source='validation records of flowers',
  )


def test_report_has_results_model_and_programs(tmp_path):
  export_report.write(
    tmp_path,
    outcome(export('saved_model'), export('openvino', faults=['it is bad'])),
    model=exported_models.model(),
    evaluation={},
  )
  (entry,) = json.loads((tmp_path / 'export.json').read_text('utf-8'))[
    'exports'
  ]
  assert entry['version'] == 3
  assert entry['check']['num_pictures'] == 100
  assert entry['check']['source'] == 'validation records of flowers'
  assert [form['path'] for form in entry['formats']] == ['saved_model/3']
  assert entry['failed'][0]['faults'] == ['it is bad']
  assert entry['formats'][0]['precision_at_1'] == 0.8
  assert entry['model']['checkpoint']['name'] == 'model.ckpt-7'
  assert entry['programs']['packages']['numpy']
  card = (tmp_path / 'MODEL_CARD.md').read_text('utf-8')
  assert '| saved_model | 87.5 | 12.35 | 100 of 100 | 3.2e-07 |' in card


def test_table_has_a_row_per_file():
  text = export_text.table(
    outcome(
      export('saved_model', num_ties=1),
      export('openvino', faults=['it is bad']),
    )
  )
  titles, checkpoint, good, bad = text.splitlines()
  assert titles.split()[:3] == ['format', 'size', 'images/s']
  assert checkpoint.split() == ['checkpoint', '10.0', '0.8000']
  assert '87.5 MB' in good and '99 of 100 (1 ties)' in good
  assert good.endswith(str(pathlib.Path('out', 'saved_model', '3')))
  assert bad.endswith('FAILED')
  assert len({line.find('0.8000') for line in (checkpoint, good, bad)}) == 1


def test_table_without_labels():
  text = export_text.table(outcome(export('saved_model', num_right=None)))
  assert text.splitlines()[1].split()[-1] == '-'


def test_failure_is_one_sentence():
  text = export_text.failure([export('openvino', faults=['a', 'b'])])
  assert 'openvino: a and b' in text
  assert '\n' not in text


@pytest.mark.parametrize('number', [1, 2])
def test_cards_do_not_replace_each_other(tmp_path, number):
  for _ in range(number):
    export_report.write(
      tmp_path,
      outcome(export('saved_model')),
      model=exported_models.model(),
      evaluation={},
    )
  assert len(list(tmp_path.glob('MODEL_CARD*.md'))) == number
