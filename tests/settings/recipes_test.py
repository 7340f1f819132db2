"""What every recipe must be; the values are measured, not tested."""

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


def test_recipes_are_those_of_the_flag():
  assert recipes.RECIPES == ('2016', 'modern')


def test_2016_is_the_defaults_themselves():
  assert recipes.settings('2016') == {}
  assert recipes.settings('2016', head_only=True) == {}


@pytest.mark.parametrize(('recipe', 'head_only'), ALL)
def test_names_are_settings_with_values_of_their_type(recipe, head_only):
  known = {
    name: type(field.default)
    for config_class in NEEDED
    for name, field in fields(config_class).items()
  }
  for name, value in recipes.settings(recipe, head_only=head_only).items():
    assert type(value) is known[name], name


@pytest.mark.parametrize(('recipe', 'head_only'), ALL)
def test_a_recipe_makes_valid_configs(recipe, head_only):
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


def test_the_last_layer_alone_has_settings_of_its_own():
  assert recipes.settings('modern')
  assert recipes.settings('modern', head_only=True) != recipes.settings(
    'modern'
  )


def test_what_a_caller_changes_is_not_changed_for_the_next():
  for head_only in (False, True):
    before = recipes.settings('modern', head_only=head_only)
    recipes.settings('modern', head_only=head_only).clear()
    assert recipes.settings('modern', head_only=head_only) == before


@pytest.mark.parametrize('recipe', ['', '2015', 'Modern'])
def test_an_unknown_recipe_is_refused(recipe):
  with pytest.raises(
    ValueError, match=f"^recipe must be one of 2016, modern, got '{recipe}'$"
  ):
    recipes.settings(recipe)
