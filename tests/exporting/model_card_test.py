"""Tests of the model card."""

import jinja2
import pytest

from inception.evaluation import metrics
from inception.exporting import export_model
from inception.exporting import model_card
from inception.testing import answers
from inception.testing import exported_models

_DATA = {
  'name': 'my <b>flowers</b>',
  'num_examples': {'train': 1850, 'validation': 150},
  'examples_per_class': {'train': {'daisy': 5}, 'validation': {'weed': 1}},
  'seed': 3,
  'fingerprint': 'abc',
  'findings': {'small images': 4},
}


def facts(*, data=None, evaluation=None, rule=None):
  model = export_model.description(exported_models.model(rule=rule))
  return {
    'version': 2,
    'time': '2026-01-02T03:04:05+00:00',
    'model': model | {'data': data or {}},
    'programs': {
      'program': 'inception 1',
      'python': '3.11',
      'system': 'Linux',
      'processor': 'a processor',
      'packages': {'numpy': '2.0'},
      'packages_fingerprint': 'p',
      'code_fingerprint': 'c',
    },
    'check': {'source': 'a test', 'num_pictures': 9},
    'formats': [
      {
        'format': name,
        'path': f'{name}/2',
        'bytes': 10**6,
        'images_per_sec': 3.5,
        'num_equal': 9,
        'num_pictures': 9,
        'largest_difference': 1e-7,
        'precision_at_1': None,
        'checkpoint_precision_at_1': None,
      }
      for name in ('saved_model', 'openvino')
    ],
    'evaluation': evaluation or {},
  }


def test_card_without_data_and_evaluation_says_so():
  card = model_card.render(facts())
  assert 'Unknown: the export was made without `--data_dir`' in card
  assert 'Not measured: the export was made without `--eval_dir`' in card
  assert 'no threshold for "none of these" was found' in card
  assert "tf.saved_model.load('saved_model/2')" in card
  assert "compile_model('openvino/2/model.xml')" in card
  assert '| 2 | R\u00f6schen |' in card
  assert '| optimizer | rmsprop |' in card


def test_sections_are_those_of_a_model_card():
  titles = [
    line.removeprefix('## ')
    for line in model_card.render(facts()).splitlines()
    if line.startswith('## ')
  ]
  assert titles == [
    'Model details',
    'Uses',
    'How to use it',
    'Training data',
    'Training procedure',
    'Evaluation',
    'Bias, risks and limitations',
    'Fingerprint',
  ]


def test_data_and_threshold_are_in_the_card():
  card = model_card.render(facts(data=_DATA, rule=exported_models.RULE))
  assert 'my \\<b\\>flowers\\</b\\>' in card
  assert '| train | 1,850 |' in card
  assert '| daisy | 5 | 0 |' in card
  assert '- small images: 4' in card
  assert 'gives no class 0.2000 or more' in card
  assert '| data | abc |' in card


def test_evaluation_is_in_the_card():
  values = metrics.compute(
    answers.draw(examples=60, num_classes=3), k=3
  ).to_json()
  values |= {
    'subset': 'validation',
    'confusions': [{'true': 'a_b', 'predicted': 'c', 'count': 7}],
    'rejection': None,
  }
  card = model_card.render(facts(evaluation=values))
  top = values['precision_at_1']
  assert (
    f'| precision @ 1 | {top["value"]:.4f} | {top["interval"][0]:.4f} to '
    f'{top["interval"][1]:.4f} |' in card
  )
  assert '- 7 of a\\_b taken for c' in card
  values['rejection'] = {
    'target_precision': 0.9,
    'threshold': 0.75,
    'temperature': 1.5,
    'precision': 0.91,
    'precision_interval': [0.8, 0.95],
    'coverage': 0.5,
  }
  card = model_card.render(facts(evaluation=values))
  assert '0.7500 at temperature 1.500; precision 0.9100' in card
  values['rejection']['threshold'] = None
  assert 'none reaches precision 0.9' in model_card.render(
    facts(evaluation=values)
  )


def test_tables_have_no_gaps():
  card = model_card.render(facts(data=_DATA))
  lines = card.splitlines()
  for before, line in zip(lines, lines[1:]):
    if line.startswith('| --- '):
      assert before.startswith('| ')
      assert before.count('|') == line.count('|')
  assert '\n\n\n' not in card
  assert all(line == line.rstrip() for line in lines)


def test_missing_fact_is_an_error():
  values = facts()
  del values['programs']
  with pytest.raises(jinja2.UndefinedError):
    model_card.render(values)
