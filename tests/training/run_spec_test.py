"""Tests of inception.training.run_spec."""

import pytest

from inception import image_processing
from inception.checkpoints import run_info
from inception.testing import run_parts


def test_values_follow_from_data_and_settings(tmp_path):
  spec = run_parts.spec(tmp_path, num_epochs=2, num_examples=95)
  assert spec.num_examples == 95
  assert spec.num_steps == 19


def test_steps_are_counted_but_for_a_heads(tmp_path):
  spec = run_parts.spec(tmp_path, batch_size=10)
  spec.count_step()
  spec.count_step()
  assert spec.cost.images == pytest.approx(20 * (75 / 299) ** 2)
  head = run_parts.spec(tmp_path, trainable_scopes='head')
  head.count_step()
  assert head.cost.images == 0


def test_few_images_get_more_epochs(tmp_path):
  few = dict(num_epochs=2, num_examples=50)
  assert run_parts.spec(tmp_path, **few).num_steps == 10
  assert run_parts.spec(tmp_path, **few, min_steps=30).num_steps == 30
  assert run_parts.spec(tmp_path, **few, min_steps=5).num_steps == 10
  limited = run_parts.spec(tmp_path, **few, min_steps=30, max_steps=20)
  assert limited.num_steps == 20


def test_number_of_steps_of_given_minutes_is_a_guess_at_first(tmp_path):
  assert run_parts.spec(tmp_path, minutes=5).num_steps == 300
  assert run_parts.spec(tmp_path, minutes=5, max_steps=9).num_steps == 9


def test_learning_rates_match_their_description(tmp_path):
  spec = run_parts.spec(
    tmp_path,
    max_steps=40,
    initial_learning_rate=0.5,
    learning_rate_schedule='cosine',
  )
  rates = spec.learning_rates()
  # Half a cosine from 0.5: at its start, its middle and its end.
  assert [rates(step) for step in (0, 20, 40)] == pytest.approx([
    0.5,
    0.25,
    0.0,
  ])
  assert spec.describe_learning_rates() == '0.5, cosine to 0 at step 40'


def test_with_seed_replaces_the_seed_of_the_input(tmp_path):
  spec = run_parts.spec(tmp_path)
  seeded = spec.with_seed(7)
  assert seeded.input_config.seed == 7
  assert spec.input_config.seed == 1
  assert seeded.train_config == spec.train_config


def test_checkpoint_records_the_size_for_evaluation(tmp_path):
  spec = run_parts.spec(tmp_path, eval_image_size=96)
  assert spec.eval_image_size == 96
  assert spec.run_info().image_size == 96
  assert spec.run_info().settings['image_size'] == 75
  assert run_parts.spec(tmp_path).eval_image_size == 75


def test_checkpoint_records_the_number_of_views(tmp_path):
  assert run_parts.spec(tmp_path).run_info().views == 1
  assert run_parts.spec(tmp_path, eval_views=2).run_info().views == 2


def test_run_info_has_classes_preprocessing_and_settings(tmp_path):
  info = run_parts.spec(tmp_path, optimizer='sgd', batch_size=2).run_info()
  assert info.class_names == ('a', 'b')
  assert info.image_size == 75
  assert info.preprocessing == image_processing.EVAL_PREPROCESSING
  assert info.settings['optimizer'] == 'sgd'
  assert info.settings['batch_size'] == 2
  assert run_info.RunInfo.from_json(info.to_json()).class_names == ('a', 'b')
