"""Rows and lists of the report, by hand."""

import dataclasses
import math

import numpy as np
import pytest

from inception.evaluation import analysis
from inception.evaluation import audit_findings
from inception.evaluation import slices as slices_lib
from inception.reports import evaluation_sections
from inception.settings import config
from inception.testing import analyses
from inception.testing import answers


@pytest.fixture
def found(tmp_path):
  """An analysis of five answers; the last two are wrong."""
  made = answers.make(
    [[0, 2, 1, 0], [0, 2, 0, 1], [0, 0, 3, 0], [0, 0, 4, 0], [0, 1, 0, 0]],
    [1, 1, 2, 1, 2],
  )
  return analysis.analyse(
    dataclasses.replace(made, maps=np.ones([5, 3, 3], np.float32)),
    analyses.facts(tmp_path, data_dir=str(tmp_path)),
    config.EvalConfig(eval_dir=str(tmp_path), checkpoint_dir=str(tmp_path)),
    k=3,
  )


def with_insights(found, **changes):
  return dataclasses.replace(
    found, insights=dataclasses.replace(found.insights, **changes)
  )


def test_matrix_has_the_background_last(found):
  first, _, last = evaluation_sections.matrix_rows(found.metrics)
  assert first['cells'] == [(1, 2, 2 / 3), (2, 1, 1 / 3), (3, 0, 0), (0, 0, 0)]
  assert (last['support'], last['cells'][2]) == (0, (3, 0, 0))


def test_classes_know_their_most_frequent_mistake(found):
  found = with_insights(found, num_training={'a': 70})
  first, second, third = evaluation_sections.class_rows(found)
  assert first['taken_for'] == (1, 2, 'b')
  assert second['taken_for'] == (1, 1, 'a')
  assert third['taken_for'][0] == 0
  assert (first['num_training'], third['num_training']) == (70, 0)
  assert first['heat'].startswith('data:image/png')
  assert first['border'] == pytest.approx(8 / 9)
  assert third['heat'] == '' and math.isnan(third['border'])


def test_classes_without_maps(found):
  rows = evaluation_sections.class_rows(with_insights(found, activations=None))
  assert [row['heat'] for row in rows] == ['', '', '']


def test_confident_mistakes_come_first(found):
  first, second = evaluation_sections.mistakes(found, {3: 'data:x'}, {})
  assert (first['file'], first['label'], first['predicted']) == (
    '3.jpg',
    'a',
    'b',
  )
  assert (first['picture'], second['picture']) == ('data:x', '')
  assert (first['findings'], first['neighbours']) == ((), [])


def test_findings_are_counted_and_listed(found):
  assert evaluation_sections.audit_rows(found) == []
  audit = audit_findings.Audit(
    findings={'a/0.jpg': ['small'], 'a/3.jpg': ['small']}, formats={}, sizes={}
  )
  found = with_insights(
    found, audit=audit_findings.find(audit, found.predictions)
  )
  (row,) = evaluation_sections.audit_rows(found)
  assert (row['finding'], row['num_examples'], row['share']) == (
    'small',
    2,
    0.5,
  )
  title, indices = evaluation_sections.lists(found)['finding0']
  assert (title, indices.tolist()) == ('Mistakes: small', [3])
  assert evaluation_sections.mistakes(found, {}, {})[0]['findings'] == (
    'small',
  )


def test_suspects_have_a_suggestion(found):
  for row, suspect in zip(
    evaluation_sections.suspects(found, {}), found.suspects, strict=True
  ):
    assert row['suggested'] == found.predictions.name(suspect.suggested)


def test_slices_are_grouped_by_property():
  made = answers.draw(examples=80, num_classes=2)
  made = dataclasses.replace(
    made,
    sources=[
      dataclasses.replace(source, file=f'{i}.{"png" if i % 2 else "jpg"}')
      for i, source in enumerate(made.sources)
    ],
    looks=np.stack([np.arange(80) / 80, np.arange(80) % 2], axis=1),
  )
  slices = slices_lib.compute(made)
  groups = evaluation_sections.slice_groups(slices)
  assert [(name, len(parts)) for name, parts in groups] == [
    ('brightness', 4),
    ('sharpness', 2),
    ('file format', 2),
  ]
  numbers = [number for _, parts in groups for number, _ in parts]
  assert numbers == list(range(8))
