"""Tests of the files of an analysis, written again to another folder."""

import dataclasses

import pytest

from inception.checkpoints import threshold
from inception.evaluation import analysis
from inception.evaluation import analysis_files
from inception.settings import config
from inception.testing import analyses
from inception.testing import answers


@pytest.fixture
def found(tmp_path):
  """An analysis whose files are in tmp_path."""
  return analysis.analyse(
    answers.draw(examples=50, num_classes=3),
    analyses.facts(tmp_path),
    config.EvalConfig(eval_dir=str(tmp_path), checkpoint_dir=str(tmp_path)),
    k=3,
  )


def settings(folder, **kwargs):
  return config.EvalConfig(eval_dir=str(folder), checkpoint_dir='x', **kwargs)


def test_equal_analyses_give_equal_files(found, tmp_path):
  other = tmp_path / 'other'
  other.mkdir()
  again = analysis_files.write(found, settings(other))
  assert [path.parent for path in again.paths] == [other] * 2
  for before, after in zip(found.paths, again.paths, strict=True):
    assert before.name == after.name
    assert before.read_bytes() == after.read_bytes()
  assert again.threshold_path is None


def test_labels_are_written_only_if_they_were_judged(found, tmp_path):
  path = tmp_path / 'r.csv'
  asked = settings(tmp_path, relabel_csv=str(path))
  unjudged = dataclasses.replace(found, suspects=None)
  assert path not in analysis_files.write(unjudged, asked).paths
  assert not path.exists()
  assert analysis_files.write(found, asked).paths[-1] == path
  assert path.exists()


def test_threshold_keeps_what_an_earlier_evaluation_found(tmp_path):
  def evaluate(*, examples=50, **kwargs):
    analysis.analyse(
      answers.draw(examples=examples, num_classes=3),
      analyses.facts(tmp_path),
      settings(tmp_path, **kwargs),
      k=3,
    )
    return threshold.read(tmp_path)

  first = evaluate(target_precision=0.5)
  assert first.rejection and not first.conformal
  both = evaluate(coverage=0.9)
  assert both.rejection == first.rejection
  assert both.conformal
  # An evaluation of other images.
  other = evaluate(coverage=0.9, examples=60)
  assert other.conformal and not other.rejection


def test_missing_folder_is_an_error(found, tmp_path):
  with pytest.raises(OSError, match='missing'):
    analysis_files.write(found, settings(tmp_path / 'missing'))
