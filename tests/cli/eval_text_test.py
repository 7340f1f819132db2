"""Tests of the lines that an evaluation prints."""

import pathlib
import types

import numpy as np
import pytest

from inception.cli import eval_text
from inception.evaluation import analysis
from inception.evaluation import conformal
from inception.evaluation import evaluator
from inception.evaluation import metrics
from inception.evaluation import mislabels
from inception.evaluation import rejection
from inception.evaluation import training_examination
from inception.evaluation import training_features
from inception.settings import config
from inception.testing import analyses
from inception.testing import answers


def test_figures_name_the_weakest_classes_and_mistakes():
  made = answers.make(
    [[0, 9, 0, 0], [0, 0, 9, 0], [0, 0, 9, 0], [9, 0, 0, 0], [0, 0, 9, 0]],
    [1, 1, 2, 1, 1],
    class_names=('a', 'b', 'unused\n'),
  )
  first, second, third = eval_text.figures(metrics.compute(made, k=3))
  assert first.startswith('loss = ')
  assert 'balanced accuracy = 0.6250, calibration error = 0.' in first
  assert 'after scaling by temperature ' in first
  assert second == 'lowest recall: a 0.250 (1 of 4), b 1.000 (1 of 1)'
  assert third == (
    'most frequent mistakes: 2 of a taken for b, 1 of a taken for (background)'
  )


def test_without_mistakes_there_is_no_line_of_them():
  made = answers.make([[0, 9]], [1], class_names=['two\nlines'])
  lines = eval_text.figures(metrics.compute(made, k=1))
  assert len(lines) == 2
  assert lines[1] == r'lowest recall: two\nlines 1.000 (1 of 1)'


def test_a_folder_of_files_is_named_once():
  folder = pathlib.Path('eval')
  assert eval_text.written([folder / 'a', folder / 'b']) == (
    f'wrote {folder / "a"} and b'
  )
  other = pathlib.Path('other', 'c')
  assert eval_text.written([folder / 'a', other]) == (
    f'wrote {folder / "a"} and {other}'
  )


def test_a_threshold_is_one_line():
  found = rejection.Rejection(
    target_precision=0.9,
    temperature=1.2,
    threshold=0.75,
    num_examples=20,
    num_accepted=10,
    num_correct=10,
    best_precision=1.0,
  )
  assert eval_text.rejection(found) == (
    '"none of these" below probability 0.7500: precision 1.0000 (0.7225 .. '
    '1.0000) for the 50.0% of the examples that are answered'
  )


def test_a_target_out_of_reach_is_one_line():
  found = rejection.Rejection(
    target_precision=0.98,
    temperature=1.2,
    threshold=None,
    num_examples=20,
    num_accepted=0,
    num_correct=0,
    best_precision=0.75,
  )
  assert eval_text.rejection(found) == (
    'no threshold reaches a precision of 0.98: the best is 0.7500'
  )


def test_sets_are_one_line():
  found = conformal.Conformal(
    coverage=0.95,
    temperature=1.2,
    least_probability=0.125,
    mean_size=1.25,
    measured_coverage=0.94,
  )
  assert eval_text.conformal(found) == (
    'sets of the classes of probability 0.1250 or more hold the true one with '
    'probability 0.95: they have 1.25 classes on average (measured: 94.0% '
    'hold it)'
  )


def test_all_conclusions_end_with_the_files(tmp_path):
  found = analysis.analyse(
    answers.draw(examples=50, num_classes=3),
    analyses.facts(tmp_path),
    config.EvalConfig(
      eval_dir=str(tmp_path),
      checkpoint_dir=str(tmp_path),
      target_precision=0.8,
      coverage=0.9,
    ),
    k=3,
  )
  lines = eval_text.conclusions(found)
  assert lines[:3] == eval_text.figures(found.metrics)
  first = found.suspects[0]
  assert lines[3].startswith(
    f'{len(found.suspects)} labels may be wrong, such as '
    f'{first.index}.jpg (class {first.label}, looks like class '
    f'{first.suggested}), '
  )
  assert lines[4:] == [
    eval_text.rejection(found.rejection),
    eval_text.conformal(found.conformal),
    *[f'advice {i}: {text}' for i, text in enumerate(found.advice, start=1)],
    eval_text.NOT_EXAMINED,
    f'wrote {tmp_path / "metrics.json"} and predictions.csv',
    f'wrote {tmp_path / "threshold.json"}',
  ]


def test_counts_are_the_originals_line_and_their_intervals():
  result = evaluator.Result(
    num_examples=20, num_correct=10, num_in_top_k=20, k=5
  )
  # Wilson's interval of 10 of 20 is 0.5 -+ 0.2007, of 20 of 20 1 / (1 + z2/20).
  assert eval_text.counts(result) == [
    'precision @ 1 = 0.5000 recall @ 5 = 1.0000 [20 examples]',
    '95% interval: precision @ 1 in 0.2993 .. 0.7007, recall @ 5 in 0.8389 .. '
    '1.0000',
  ]


def test_examination_of_the_training_pictures_has_three_lines():
  made = answers.make([[0, 9, 0]], [1])
  curve = types.SimpleNamespace(
    accuracy=[0.5, 0.625, 0.75], num_pictures=[25.0, 50.0, 100.0]
  )
  suspects = [mislabels.Suspect(index=0, label=1, suggested=2, margin=0.5)]
  analysis = types.SimpleNamespace(
    training=training_features.TrainingFeatures(
      features=np.zeros([1, 2]), labels=np.array([1]), sources=made.sources
    ),
    examination=training_examination.Examination(
      suspects=suspects, curve=curve, open_set=analyses.open_set(0)
    ),
  )
  assert eval_text.examination(analysis) == [
    '1 labels of the 1 training pictures may be wrong, such as 0.jpg',
    'precision @ 1 of the last layer fitted again: 0.5000 with 25, 0.6250 with '
    '50, 0.7500 with 100',
    'area under the ROC curve for telling known classes from one left out: '
    'probability 0.750 (coverage 25.0%), distance 0.500 (coverage 12.5%); '
    'better: probability',
  ]
  analysis.examination = training_examination.Examination(
    suspects=[], curve=None, open_set=None
  )
  assert eval_text.examination(analysis) == []


def test_lines_on_the_training_pictures_need_their_examination():
  with pytest.raises(ValueError, match='were not examined'):
    eval_text.examination(
      types.SimpleNamespace(training=None, examination=None)
    )
