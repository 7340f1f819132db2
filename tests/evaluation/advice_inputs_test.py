"""Tests of gathering the measurements for the advice."""

import json
import types

import numpy as np
import pytest

from inception.evaluation import advice_inputs
from inception.evaluation import extra_measurements
from inception.evaluation import metrics
from inception.evaluation import rejection
from inception.testing import answers


def gather(folder, *, made=None, **changes):
  made = made or answers.draw(examples=200, num_classes=3)
  arguments = {
    'data_dir': folder,
    'subset': 'validation',
    'is_new': True,
    'suspects': None,
    'rejection': None,
    'examination': None,
    'extras': extra_measurements.Extras(),
  }
  return advice_inputs.gather(
    made, metrics.compute(made, k=3), **(arguments | changes)
  )


def test_threshold_is_suggested_for_the_next_higher_precision(tmp_path):
  made = answers.draw(examples=200, num_classes=3)
  precision = np.mean(made.is_correct)
  assert 0.8 < precision < 0.9
  found = gather(tmp_path, made=made)
  assert found.rejection == rejection.fit(made, target_precision=0.9)
  assert not found.is_stored
  assert found.class_names == made.class_names
  assert sum(found.support) == 200
  assert found.curve is None and found.num_training_suspects is None
  assert not found.leaks


def test_requested_threshold_is_kept(tmp_path):
  made = answers.draw(examples=200, num_classes=3)
  fitted = rejection.fit(made, target_precision=0.97)
  found = gather(tmp_path, made=made, rejection=fitted)
  assert found.rejection is fitted and found.is_stored


@pytest.mark.parametrize('is_new', [True, False])
def test_no_threshold_is_suggested_where_none_helps(tmp_path, is_new):
  perfect = answers.make(np.eye(3)[[1, 2, 1]] * 9, [1, 2, 1])
  made = perfect if is_new else answers.draw(examples=50, num_classes=3)
  if is_new:
    found = advice_inputs.gather(
      made,
      metrics.compute(made, k=2),
      data_dir=tmp_path,
      subset='validation',
      is_new=True,
      suspects=None,
      rejection=None,
      examination=None,
      extras=extra_measurements.Extras(),
    )
  else:
    found = gather(tmp_path, made=made, is_new=False)
  assert found.rejection is None


def test_suspects_and_leaks_are_counted(tmp_path):
  members = [
    {'path': f'{name}.jpg', 'class': 'a', 'subset': subset, 'done': 'kept'}
    for name, subset in (('1', 'train'), ('2', 'validation'))
  ]
  (tmp_path / 'audit.json').write_text(
    json.dumps({'leaks': [members]}), encoding='utf-8'
  )
  found = gather(
    tmp_path,
    suspects=[None] * 3,
    examination=types.SimpleNamespace(curve='a curve', suspects=[None] * 7),
  )
  assert (found.num_suspects, found.num_training_suspects) == (3, 7)
  assert found.curve == 'a curve'
  assert found.leaks == ['2.jpg']
