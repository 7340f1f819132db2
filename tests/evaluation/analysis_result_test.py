"""Tests that names of the circumstances are keys of metrics.json."""

import dataclasses

from inception.evaluation import analysis
from inception.evaluation import analysis_result


def test_facts_become_keys_of_metrics_json():
  facts = analysis_result.Facts(
    checkpoint='run/model.ckpt-7',
    step=7,
    data_name='x',
    data_dir='data',
    subset='validation',
    image_size=75,
  )
  assert dataclasses.asdict(facts) == {
    'checkpoint': 'run/model.ckpt-7',
    'step': 7,
    'data_name': 'x',
    'data_dir': 'data',
    'subset': 'validation',
    'image_size': 75,
    'views': 1,
  }
  assert analysis.Facts is analysis_result.Facts
