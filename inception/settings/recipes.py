"""Sets of training settings, chosen by --recipe.

  RECIPES       names of the recipes
  settings      returns {flag: value} of a recipe, defaults of flags not given
  augmentation  returns the distortion for a training of some length

'2016' is the original's settings, which are the flags' own defaults. 'modern'
is for fine-tuning on a few thousand photographs; tests/benchmarks/RESULTS.md
has the measurement behind each value.
"""

RECIPES = ('2016', 'modern')

_MODERN = {
  'optimizer': 'sgd',
  'initial_learning_rate': 0.02,
  'learning_rate_schedule': 'cosine',
  'warmup_share': 0.1,
  'num_epochs': 20.0,
  'min_steps': 150,
  'image_size': 160,
  'augmentation': 'light',
  'moving_average_decay': 0.99,
  'batch_norm_decay': 0.97,
  'batch_norm_recalibration_batches': 20,
  'precision': 'auto',
  'eval_image_size': 208,
}

# For the last layer alone: its features are cached, so that epochs are cheap.
_MODERN_HEAD = _MODERN | {
  'num_epochs': 60.0,
  # The last layer has no batch norm.
  'batch_norm_recalibration_batches': 0,
  'eval_image_size': 0,
}

# RandAugment classified more photographs correctly after 20 epochs, and fewer
# after 5 and 10.
_RANDAUGMENT_EPOCHS = 15


def settings(recipe: str, *, head_only: bool = False) -> dict[str, object]:
  """Returns {name of a flag and of a config's field: value}.

  Args:
    recipe: a name in RECIPES.
    head_only: whether only the last layer is trained.

  Raises:
    ValueError: there is no such recipe.
  """
  if recipe not in RECIPES:
    raise ValueError(
      f'recipe must be one of {", ".join(RECIPES)}, got {recipe!r}'
    )
  if recipe == '2016':
    return {}
  return dict(_MODERN_HEAD if head_only else _MODERN)


def augmentation(
  recipe: str, epochs: float, *, head_only: bool = False
) -> str | None:
  """Returns the augmentation for a training of some length.

  Args:
    recipe: a name in RECIPES.
    epochs: number of passes over the images.
    head_only: whether only the last layer is trained.

  Returns:
    A name in config.AUGMENTATIONS; None if that of settings suits this length.
  """
  is_long = epochs >= _RANDAUGMENT_EPOCHS
  if recipe == 'modern' and is_long and not head_only:
    return 'randaugment'
  return None
