"""Names that other programs give to the variables of Inception v3.

This project's names are those of research/inception (2016): a scope such as
'mixed_8x8x2048b/branch3x3/Conv_1' and below it 'weights', 'BatchNorm/beta',
'BatchNorm/moving_mean' and 'BatchNorm/moving_variance'. One table serves both
other families, because all three programs create the convolutions in the same
order:

  slim_names     {our name: name in TF-Slim's inception_v3.ckpt}
  slim_name, slim_shape   a variable's name and shape in TF-Slim's file
  keras_names    {our name: layer and weight in Keras' .h5 files}
  trunk_scopes   our scopes in the order of Keras' conv2d_N layers

The moving average of a variable has the variable's name and AVERAGE.
"""

CONV_VARIABLES = (
  'weights',
  'BatchNorm/beta',
  'BatchNorm/moving_mean',
  'BatchNorm/moving_variance',
)
FC_VARIABLES = ('weights', 'biases')

# TF-Slim writes the fully connected layers as 1x1 convolutions.
FC_WEIGHTS = ('logits/logits/weights', 'aux_logits/FC/weights')
# Both layers are classifiers: their widths depend on the number of classes.
CLASSIFIERS = tuple(name.removesuffix('weights') for name in FC_WEIGHTS)

# Keras' layers with a number, and the classifier.
KERAS_CONV = 'conv2d'
KERAS_NORM = 'batch_normalization'
KERAS_TOP = 'predictions'
# Layers and weights in the order of CONV_VARIABLES.
_KERAS_CONV = (
  (KERAS_CONV, 'kernel'),
  (KERAS_NORM, 'beta'),
  (KERAS_NORM, 'moving_mean'),
  (KERAS_NORM, 'moving_variance'),
)

AVERAGE = '/ExponentialMovingAverage'

_SLIM_ROOT = 'InceptionV3/'

# Our scope -> TF-Slim's scope.
_STEM = {
  'conv0': 'Conv2d_1a_3x3',
  'conv1': 'Conv2d_2a_3x3',
  'conv2': 'Conv2d_2b_3x3',
  'conv3': 'Conv2d_3b_1x1',
  'conv4': 'Conv2d_4a_3x3',
}
_AUX_CONVS = {
  'aux_logits/proj': 'AuxLogits/Conv2d_1b_1x1',
  'aux_logits/Conv': 'AuxLogits/Conv2d_2a_5x5',
}
_FCS = {
  'aux_logits/FC': 'AuxLogits/Conv2d_2b_1x1',
  'logits/logits': 'Logits/Conv2d_1c_1x1',
}

# Our branch -> the endings of TF-Slim's names for its convolutions. TF-Slim
# calls the branches Branch_0, Branch_1 and so on in this order.
_BLOCK_35 = {
  'branch1x1': '2d_0a_1x1',
  'branch5x5': '2d_0a_1x1 2d_0b_5x5',
  'branch3x3dbl': '2d_0a_1x1 2d_0b_3x3 2d_0c_3x3',
  'branch_pool': '2d_0b_1x1',
}
# TF-Slim's names for branch5x5 are typing errors that its checkpoints keep.
_BLOCK_35_MISPRINTED = {**_BLOCK_35, 'branch5x5': '2d_0b_1x1 _1_0c_5x5'}
# So is '1x1' for two 3x3 convolutions of stride 2.
_BLOCK_35_TO_17 = {
  'branch3x3': '2d_1a_1x1',
  'branch3x3dbl': '2d_0a_1x1 2d_0b_3x3 2d_1a_1x1',
}
_BLOCK_17 = {
  'branch1x1': '2d_0a_1x1',
  'branch7x7': '2d_0a_1x1 2d_0b_1x7 2d_0c_7x1',
  'branch7x7dbl': '2d_0a_1x1 2d_0b_7x1 2d_0c_1x7 2d_0d_7x1 2d_0e_1x7',
  'branch_pool': '2d_0b_1x1',
}
_BLOCK_17_TO_8 = {
  'branch3x3': '2d_0a_1x1 2d_1a_3x3',
  'branch7x7x3': '2d_0a_1x1 2d_0b_1x7 2d_0c_7x1 2d_1a_3x3',
}
_BLOCK_8 = {
  'branch1x1': '2d_0a_1x1',
  'branch3x3': '2d_0a_1x1 2d_0b_1x3 2d_0c_3x1',
  'branch3x3dbl': '2d_0a_1x1 2d_0b_3x3 2d_0c_1x3 2d_0d_3x1',
  'branch_pool': '2d_0b_1x1',
}
# TF-Slim uses the letter b twice, in the first of the two blocks only.
_BLOCK_8_MISPRINTED = {**_BLOCK_8, 'branch3x3': '2d_0a_1x1 2d_0b_1x3 2d_0b_3x1'}

_BLOCKS = (
  ('mixed_35x35x256a', 'Mixed_5b', _BLOCK_35),
  ('mixed_35x35x288a', 'Mixed_5c', _BLOCK_35_MISPRINTED),
  ('mixed_35x35x288b', 'Mixed_5d', _BLOCK_35),
  ('mixed_17x17x768a', 'Mixed_6a', _BLOCK_35_TO_17),
  ('mixed_17x17x768b', 'Mixed_6b', _BLOCK_17),
  ('mixed_17x17x768c', 'Mixed_6c', _BLOCK_17),
  ('mixed_17x17x768d', 'Mixed_6d', _BLOCK_17),
  ('mixed_17x17x768e', 'Mixed_6e', _BLOCK_17),
  ('mixed_17x17x1280a', 'Mixed_7a', _BLOCK_17_TO_8),
  ('mixed_8x8x2048a', 'Mixed_7b', _BLOCK_8_MISPRINTED),
  ('mixed_8x8x2048b', 'Mixed_7c', _BLOCK_8),
)


def _trunk() -> dict[str, str]:
  """Returns {our scope: TF-Slim's} of the 94 convolutions, by creation."""
  scopes = dict(_STEM)
  for block, slim_block, branches in _BLOCKS:
    for branch_index, (branch, ends) in enumerate(branches.items()):
      for conv_index, end in enumerate(ends.split()):
        conv = f'Conv_{conv_index}' if conv_index else 'Conv'
        scopes[f'{block}/{branch}/{conv}'] = (
          f'{slim_block}/Branch_{branch_index}/Conv{end}'
        )
  return scopes


def trunk_scopes() -> tuple[str, ...]:
  """Returns the scopes of the 94 convolutions up to the last pooling.

  They come in the order in which research/inception, TF-Slim and Keras create
  them, so that the n-th is Keras' n-th conv2d and batch_normalization layer.
  """
  return tuple(_trunk())


def slim_names() -> dict[str, str]:
  """Returns {our name: TF-Slim's} of all 388 variables of the model."""
  names = {}
  for scopes, variables in (
    (_trunk() | _AUX_CONVS, CONV_VARIABLES),
    (_FCS, FC_VARIABLES),
  ):
    for scope, slim_scope in scopes.items():
      for variable in variables:
        names[f'{scope}/{variable}'] = f'{_SLIM_ROOT}{slim_scope}/{variable}'
  return names


def slim_name(name: str) -> str:
  """Returns TF-Slim's name of a variable or of its moving average.

  Names of other variables are unchanged.
  """
  ours = name.removesuffix(AVERAGE)
  slim = slim_names().get(ours)
  return slim + name.removeprefix(ours) if slim else name


def slim_shape(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
  """Returns the shape with which TF-Slim stores a variable of ours."""
  is_matrix = len(shape) == 2 and name.removesuffix(AVERAGE) in FC_WEIGHTS
  return (1, 1, *shape) if is_matrix else shape


def keras_names() -> dict[str, str]:
  """Returns {our name: Keras' LAYER/WEIGHT} of the 378 variables of its model.

  Layers are numbered from 1, as in the published weights.
  """
  names = {}
  for number, scope in enumerate(trunk_scopes(), start=1):
    for variable, (kind, weight) in zip(CONV_VARIABLES, _KERAS_CONV):
      names[f'{scope}/{variable}'] = f'{kind}_{number}/{weight}'
  for variable, weight in zip(FC_VARIABLES, ('kernel', 'bias')):
    names[f'logits/logits/{variable}'] = f'{KERAS_TOP}/{weight}'
  return names
