"""Tests of inception.settings.recipes; their values come from measurements."""

import dataclasses

import pytest

from inception.settings import config
from inception.settings import recipes
from inception.settings import training_config

NEEDED = {
  training_config.TrainConfig: {'train_dir': 'x'},
  config.InputConfig: {'data_dir': 'x'},
}
ALL = [
  (recipe, head_only)
  for recipe in recipes.RECIPES
  for head_only in (False, True)
]


def fields(config_class):
  return {field.name: field for field in dataclasses.fields(config_class)}


def test_recipe_names():
  assert recipes.RECIPES == ('2016', 'modern')


def test_2016_has_no_settings_of_its_own():
  assert recipes.settings('2016') == {}
  assert recipes.settings('2016', head_only=True) == {}


@pytest.mark.parametrize(('recipe', 'head_only'), ALL)
def test_settings_have_the_names_and_types_of_the_configs(recipe, head_only):
  known = {
    name: type(field.default)
    for config_class in NEEDED
    for name, field in fields(config_class).items()
  }
  for name, value in recipes.settings(recipe, head_only=head_only).items():
    assert type(value) is known[name], name


@pytest.mark.parametrize(('recipe', 'head_only'), ALL)
def test_recipe_gives_valid_configs(recipe, head_only):
  chosen = recipes.settings(recipe, head_only=head_only)
  if head_only:
    chosen |= {'trainable_scopes': training_config.HEAD}
  used = set()
  for config_class, needed in NEEDED.items():
    values = {
      name: value
      for name, value in chosen.items()
      if name in fields(config_class)
    }
    made = config_class(**needed | values)
    assert values.items() <= dataclasses.asdict(made).items()
    used |= values.keys()
  assert used == chosen.keys()


def test_head_only_has_its_own_settings():
  assert recipes.settings('modern')
  assert recipes.settings('modern', head_only=True) != recipes.settings(
    'modern'
  )


@pytest.mark.parametrize(
  ('head_only', 'optimizer', 'rate'),
  [
    (False, 'sgd', 0.02),
    (False, 'adam', 0.0006),
    (False, 'rmsprop', 0.001),
    (True, 'sgd', 0.08),
    (True, 'adam', 0.03),
    (True, 'rmsprop', 0.001),
  ],
)
def test_another_optimizer_has_its_own_rate(head_only, optimizer, rate):
  chosen = recipes.settings('modern', head_only=head_only, optimizer=optimizer)
  assert chosen.get('initial_learning_rate') == rate
  assert not chosen.keys() & {'optimizer', 'weight_decay'}
  same = recipes.settings('modern', head_only=head_only, optimizer='adamw')
  assert same == recipes.settings('modern', head_only=head_only)
  assert chosen.items() - same.items() <= {('initial_learning_rate', rate)}


def test_result_is_a_copy():
  for head_only in (False, True):
    before = recipes.settings('modern', head_only=head_only)
    recipes.settings('modern', head_only=head_only).clear()
    assert recipes.settings('modern', head_only=head_only) == before


@pytest.mark.parametrize('recipe', ['', '2015', 'Modern'])
def test_unknown_recipe_is_refused(recipe):
  with pytest.raises(
    ValueError, match=f"^recipe must be one of 2016, modern, got '{recipe}'$"
  ):
    recipes.settings(recipe)


@pytest.mark.parametrize(
  ('recipe', 'epochs', 'head_only', 'expected'),
  [
    ('modern', 15, False, 'randaugment'),
    ('modern', 14.9, False, None),
    ('modern', 60, True, None),
    ('2016', 100, False, None),
  ],
)
def test_long_trainings_use_randaugment(recipe, epochs, head_only, expected):
  got = recipes.augmentation(recipe, epochs, head_only=head_only)
  assert got == expected
