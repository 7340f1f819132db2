"""Tests of all figures, and of the files that contain them."""

import dataclasses

import numpy as np
import pytest

from inception.checkpoints import threshold as threshold_lib
from inception.evaluation import analysis
from inception.evaluation import cross_validation
from inception.evaluation import extra_measurements
from inception.evaluation import mislabels
from inception.evaluation import result_files
from inception.evaluation import training_features
from inception.settings import config
from inception.testing import analyses
from inception.testing import answers


@pytest.fixture
def folder(tmp_path):
  (tmp_path / 'eval').mkdir()
  (tmp_path / 'run').mkdir()
  return tmp_path


def analyse(folder, *, subset='validation', features=None, **kwargs):
  made = answers.draw(examples=200, num_classes=3)
  return analysis.analyse(
    dataclasses.replace(made, features=features),
    analyses.facts(folder / 'run', subset=subset),
    config.EvalConfig(
      eval_dir=str(folder / 'eval'),
      checkpoint_dir=str(folder / 'run'),
      **kwargs,
    ),
    k=3,
  )


def test_figures_are_written_with_their_circumstances(folder):
  found = analyse(folder)
  metrics = result_files.read_metrics(found.paths[0])
  assert metrics['checkpoint'] == str(folder / 'run' / 'model.ckpt-7')
  assert (metrics['step'], metrics['image_size']) == (7, 75)
  assert metrics['precision_at_1']['count'] == found.metrics.num_correct
  assert len(result_files.read_predictions(found.paths[1])) == 200


def test_threshold_is_written_only_on_request(folder):
  found = analyse(folder)
  assert found.rejection is None and found.conformal is None
  assert found.threshold_path is None
  assert not list((folder / 'run').iterdir())
  metrics = result_files.read_metrics(found.paths[0])
  assert metrics['rejection'] is None and metrics['conformal'] is None


def test_a_threshold_is_written_beside_the_checkpoint(folder):
  found = analyse(folder, target_precision=0.95)
  written = threshold_lib.read(folder / 'run')
  assert found.threshold_path == folder / 'run' / 'threshold.json'
  assert (written.checkpoint, written.step) == ('model.ckpt-7', 7)
  assert written.class_names == ('class 1', 'class 2', 'class 3')
  assert written.rejection == found.rejection.to_json()
  assert written.conformal is None
  metrics = result_files.read_metrics(found.paths[0])
  assert metrics['rejection'] == written.rejection


def test_sets_are_written_to_the_threshold_file(folder):
  found = analyse(folder, coverage=0.9)
  written = threshold_lib.read(folder / 'run')
  assert written.conformal == found.conformal.to_json()
  assert written.rejection is None


def test_likely_wrong_labels_are_reported_and_written(folder):
  path = folder / 'relabel.csv'
  found = analyse(folder, relabel_csv=str(path))
  assert found.suspects == mislabels.find(
    found.predictions.probabilities[:, 1:], found.predictions.labels
  )
  assert found.paths[-1] == path
  metrics = result_files.read_metrics(found.paths[0])
  assert len(metrics['suspects']) == len(found.suspects) > 0
  lines = path.read_text(encoding='utf-8').splitlines()
  assert len(lines) == len(found.suspects) + 1


def test_training_labels_are_judged_only_by_features(folder):
  path = folder / 'relabel.csv'
  found = analyse(folder, subset='train', relabel_csv=str(path))
  assert found.suspects is None
  assert not path.exists()
  assert result_files.read_metrics(found.paths[0])['suspects'] is None
  made = answers.draw(examples=200, num_classes=3)
  features = np.eye(4, dtype=np.float32)[made.labels]
  features[[7, 30]] = features[[30, 7]]  # Examples of different classes.
  assert made.labels[7] != made.labels[30]
  found = analyse(
    folder, subset='train', features=features, relabel_csv=str(path)
  )
  assert {suspect.index for suspect in found.suspects} == {7, 30}
  assert path.exists()


def examined(folder, **kwargs):
  """Analyses predictions with features of training pictures."""
  made = answers.draw(examples=60, num_classes=3)
  rng = np.random.default_rng(0)
  labels = np.arange(300) % 3 + 1
  features = np.abs(rng.normal(size=(300, 8))).astype(np.float32)
  features[np.arange(300), labels] += 6
  labels[[7, 30]] = labels[[30, 7]]  # Two wrong labels.
  sources = answers.make(np.zeros([300, 4]), labels).sources
  return analysis.analyse(
    dataclasses.replace(made, features=features[np.arange(60)]),
    analyses.facts(folder / 'run', data_dir=str(folder)),
    config.EvalConfig(
      eval_dir=str(folder / 'eval'),
      checkpoint_dir=str(folder / 'run'),
      **kwargs,
    ),
    k=3,
    training=training_features.TrainingFeatures(
      features=features, labels=labels.astype(np.int32), sources=sources
    ),
    extras=extra_measurements.Extras(
      validated=cross_validation.CrossValidation(
        num_correct=(9, 8), num_examples=(10, 10), num_grouped=0, is_biased=True
      )
    ),
  )


def test_training_pictures_are_examined_on_request(folder):
  path = folder / 'relabel.csv'
  found = examined(folder, examine_training=True, relabel_csv=str(path))
  assert {suspect.index for suspect in found.examination.suspects} == {7, 30}
  metrics = result_files.read_metrics(found.paths[0])
  assert len(metrics['training_suspects']) == 2
  assert metrics['training_examination']['num_training_pictures'] == 300
  assert len(metrics['training_examination']['open_set']['left_out']) == 3
  assert metrics['cross_validation']['accuracy'] == 0.85
  assert metrics['advice'] == found.advice
  assert any('2 training pictures' in sentence for sentence in found.advice)
  lines = path.read_text(encoding='utf-8').splitlines()
  assert len(lines) == 1 + 2 + len(found.suspects)


def test_cached_features_alone_do_not_start_the_examination(folder):
  found = examined(folder)
  assert found.training is not None and found.examination is None
  metrics = result_files.read_metrics(found.paths[0])
  assert metrics['training_examination'] is None
  assert metrics['training_suspects'] is None
