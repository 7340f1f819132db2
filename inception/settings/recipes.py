"""Sets of training settings, chosen by --recipe.

  RECIPES       names of the recipes
  settings      returns {flag: value} of a recipe, defaults of flags not given
  augmentation  returns the distortion for a training of some length
  for_time      returns the settings for a limited time

'2016' is the original's settings, which are the flags' own defaults. 'modern'
is for fine-tuning on a few thousand photographs; tests/benchmarks/RESULTS.md
has the measurement behind each value.
"""

RECIPES = ('2016', 'modern')

_IMAGE_SIZE = 160

_MODERN = {
  'optimizer': 'adamw',
  'initial_learning_rate': 0.0006,
  'weight_decay': 0.05,
  'learning_rate_schedule': 'cosine',
  'warmup_share': 0.1,
  'num_epochs': 20.0,
  'min_steps': 150,
  'image_size': _IMAGE_SIZE,
  'augmentation': 'light',
  'moving_average_decay': 0.99,
  'batch_norm_decay': 0.97,
  'batch_norm_recalibration_batches': 8,
  'precision': 'auto',
  'eval_image_size': 208,
  'eval_views': 2,
}

# For the last layer alone: its features are cached, so that epochs are cheap.
_MODERN_HEAD = _MODERN | {
  'initial_learning_rate': 0.03,
  # Not less accurate than 32, and a step costs little more.
  'batch_size': 128,
  'num_epochs': 40.0,
  # The last layer has no batch norm.
  'batch_norm_recalibration_batches': 0,
  'eval_image_size': 0,
  'eval_views': 1,
}

# Rates of the optimizers that may be given instead of the recipe's. That of
# RMSProp is the documented one of 2016.
_RATES = {'rmsprop': 0.001, 'sgd': 0.02, 'adam': 0.0006}
_HEAD_RATES = {'rmsprop': 0.001, 'sgd': 0.08, 'adam': 0.03}

# RandAugment classified more photographs correctly after 20 epochs, and fewer
# after 5 and 10.
_RANDAUGMENT_EPOCHS = 15
# Images larger than the usual size were measured with it, from 10 epochs on.
_RANDAUGMENT_EPOCHS_LARGE = 10

# (Least number of images of the usual size that fit into the time, size of
# training, size of evaluation). In little time, more steps with smaller images
# are better; in much, fewer steps with larger ones.
_SIZES = (
  (0, 112, 144),
  (2_560, 128, 160),
  (6_720, _IMAGE_SIZE, _MODERN['eval_image_size']),
  (15_000, 224, 288),
)


def settings(
  recipe: str, *, head_only: bool = False, optimizer: str | None = None
) -> dict[str, object]:
  """Returns {name of a flag and of a config's field: value}.

  Args:
    recipe: a name in RECIPES.
    head_only: whether only the last layer is trained.
    optimizer: optimizer given instead of the recipe's, whose rate and weight
      decay are then left out: the result has a rate for the given optimizer.
      None keeps the recipe's.

  Raises:
    ValueError: there is no such recipe.
  """
  if recipe not in RECIPES:
    raise ValueError(
      f'recipe must be one of {", ".join(RECIPES)}, got {recipe!r}'
    )
  if recipe == '2016':
    return {}
  chosen = dict(_MODERN_HEAD if head_only else _MODERN)
  if optimizer in (None, chosen['optimizer']):
    return chosen
  for name in ('optimizer', 'initial_learning_rate', 'weight_decay'):
    del chosen[name]
  rates = _HEAD_RATES if head_only else _RATES
  return chosen | {'initial_learning_rate': rates[optimizer]}


def augmentation(
  recipe: str,
  epochs: float,
  *,
  head_only: bool = False,
  image_size: int = _IMAGE_SIZE,
) -> str | None:
  """Returns the augmentation for a training of some length.

  Args:
    recipe: a name in RECIPES.
    epochs: number of passes over the images.
    head_only: whether only the last layer is trained.
    image_size: height and width of the images, in pixels.

  Returns:
    A name in config.AUGMENTATIONS; None if that of settings suits this length.
  """
  is_large = image_size > _IMAGE_SIZE
  least = _RANDAUGMENT_EPOCHS_LARGE if is_large else _RANDAUGMENT_EPOCHS
  if recipe == 'modern' and epochs >= least and not head_only:
    return 'randaugment'
  return None


def for_time(
  recipe: str, *, num_images: float, num_examples: int
) -> dict[str, object]:
  """Returns the settings that differ for the training that fits into a time.

  Args:
    recipe: a name in RECIPES.
    num_images: number of images of the recipe's size, in training steps, that
      fit.
    num_examples: number of images to train on, more than 0.

  Returns:
    {name of a flag and of a config's field: value}, in addition to settings.
  """
  if recipe != 'modern':
    return {}
  chosen: dict[str, object] = {}
  _, size, eval_size = max(row for row in _SIZES if num_images >= row[0])
  if size != _IMAGE_SIZE:
    chosen = {'image_size': size, 'eval_image_size': eval_size}
    # As many of this size as take the same time.
    num_images *= (_IMAGE_SIZE / size) ** 2
  distortion = augmentation(recipe, num_images / num_examples, image_size=size)
  return chosen | ({'augmentation': distortion} if distortion else {})
