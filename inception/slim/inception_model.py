"""Inception v3 (arXiv 1512.00567), layer by layer from the image to the logits.

  inception_v3            the network
  classifier              its last layer alone
  inception_v3_arg_scope  settings of its layers, to be entered around it

The layers' names are those of the checkpoint released on 2016-03-01. The shape
after each layer is given for images of 299 x 299; any size from 75 up works
with the same variables.
"""

import contextlib
from collections.abc import Iterator

import tensorflow as tf

from inception.slim import dtypes
from inception.slim import ops
from inception.slim import scopes
from inception.slim import variables

_AUX_GRID = (5, 5)

# (name, filters, kernel, stride, padding); max pooling where filters is None.
_STEM = (
  ('conv0', 32, [3, 3], 2, 'VALID'),  # 149 x 149 x 32
  ('conv1', 32, [3, 3], 1, 'VALID'),  # 147 x 147 x 32
  ('conv2', 64, [3, 3], 1, 'SAME'),  # 147 x 147 x 64
  ('pool1', None, [3, 3], 2, 'VALID'),  # 73 x 73 x 64
  ('conv3', 80, [1, 1], 1, 'VALID'),  # 73 x 73 x 80
  ('conv4', 192, [3, 3], 1, 'VALID'),  # 71 x 71 x 192
  ('pool2', None, [3, 3], 2, 'VALID'),  # 35 x 35 x 192
)


@contextlib.contextmanager
def inception_v3_arg_scope(
  *,
  weight_decay: float = 0.0,
  stddev: float = 0.1,
  batch_norm_params: ops.BatchNormParams | None = (ops.BatchNormParams()),
) -> Iterator[None]:
  """Sets the arguments that the layers of inception_v3 share.

  Args:
    weight_decay: factor of the L2 loss of all weights.
    stddev: standard deviation of the convolutions' initialisers.
    batch_norm_params: settings of the convolutions' batch norm; None uses
      biases instead, for a network with batch norm folded into its weights.
  """
  with (
    scopes.arg_scope([ops.conv2d, ops.fc], weight_decay=weight_decay),
    scopes.arg_scope(
      [ops.conv2d], stddev=stddev, batch_norm_params=batch_norm_params
    ),
    scopes.arg_scope([_pool_branch], pool_last=batch_norm_params is None),
  ):
    yield


def inception_v3(
  images: tf.Tensor,
  *,
  num_logits: int,
  is_training: bool,
  dropout_keep_prob: float = 1.0,
  restore_logits: bool = True,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Classifies images.

  Args:
    images: float [batch, height, width, 3], in [-1, 1]; height and width are
      static and at least 75.
    num_logits: number of classes, including the background.
    is_training: whether to use batch statistics, which become updates of the
      moving averages, and dropout.
    dropout_keep_prob: probability with which dropout before the logits keeps a
      feature.
    restore_logits: restore mark of the two classifiers' variables.

  Returns:
    (logits [batch, num_logits], end_points: {name: tensor} of every stage,
    including 'aux_logits' [batch, num_logits]).

  Raises:
    ValueError: the images are smaller than 75 x 75.
  """
  smallest = _smallest_side()
  if min(images.shape[1:3]) < smallest:
    raise ValueError(
      f'images must be at least {smallest} x {smallest}, got '
      f'{images.shape[1]} x {images.shape[2]}'
    )
  end_points: dict[str, tf.Tensor] = {}
  with scopes.arg_scope([ops.conv2d, ops.dropout], is_training=is_training):
    net = _stem(images, end_points)
    for suffix, pool_filters in (('256a', 32), ('288a', 64), ('288b', 64)):
      name = f'mixed_35x35x{suffix}'
      net = end_points[name] = _mixed_35(net, pool_filters, scope=name)
    name = 'mixed_17x17x768a'
    net = end_points[name] = _reduce_to_17(net, scope=name)
    for suffix, filters in (('b', 128), ('c', 160), ('d', 160), ('e', 192)):
      name = f'mixed_17x17x768{suffix}'
      net = end_points[name] = _mixed_17(net, filters, scope=name)
    end_points['aux_logits'] = _aux_head(net, num_logits, restore_logits)
    name = 'mixed_17x17x1280a'
    net = end_points[name] = _reduce_to_8(net, scope=name)
    for suffix in 'ab':
      name = f'mixed_8x8x2048{suffix}'
      net = end_points[name] = _mixed_8(net, scope=name)
    logits = _head(
      net, num_logits, dropout_keep_prob, restore_logits, end_points
    )
  return logits, end_points


def _smallest_side() -> int:
  """Returns the side of images of which one pixel remains before the logits."""
  side = 7  # _reduce_to_17 shrinks 7 pixels to 3, and _reduce_to_8 3 to 1.
  for _, _, kernel, stride, padding in reversed(_STEM):
    if padding == 'VALID':
      side = (side - 1) * stride + kernel[0]
  return side


def _stem(images: tf.Tensor, end_points: dict[str, tf.Tensor]) -> tf.Tensor:
  """First layers: [batch, 299, 299, 3] -> [batch, 35, 35, 192]."""
  net = images
  for name, filters, kernel, stride, padding in _STEM:
    if filters is None:
      net = ops.max_pool(net, kernel, stride=stride, padding=padding)
    else:
      net = ops.conv2d(
        net, filters, kernel, stride=stride, padding=padding, scope=name
      )
    end_points[name] = net
  return net


@scopes.add_arg_scope
def _pool_branch(
  net: tf.Tensor, filters: int, *, pool_last: bool = False
) -> tf.Tensor:
  with variables.scope('branch_pool'):
    if pool_last:
      # A mean and a 1 x 1 convolution commute, biases included: padding never
      # counts. This way round the mean is of 4 to 10 times fewer channels.
      net = ops.conv2d(net, filters, [1, 1], activation=None)
      return tf.nn.relu(ops.avg_pool(net, [3, 3], stride=1, padding='SAME'))
    pool = ops.avg_pool(net, [3, 3], stride=1, padding='SAME')
    return ops.conv2d(pool, filters, [1, 1])


def _mixed_35(net: tf.Tensor, pool_filters: int, scope: str) -> tf.Tensor:
  """Figure 5: [batch, 35, 35, c] -> [batch, 35, 35, 224 + pool_filters]."""
  with variables.scope(scope):
    with variables.scope('branch1x1'):
      branch1x1 = ops.conv2d(net, 64, [1, 1])
    with variables.scope('branch5x5'):
      branch5x5 = ops.conv2d(net, 48, [1, 1])
      branch5x5 = ops.conv2d(branch5x5, 64, [5, 5])
    with variables.scope('branch3x3dbl'):
      branch3x3dbl = ops.conv2d(net, 64, [1, 1])
      branch3x3dbl = ops.conv2d(branch3x3dbl, 96, [3, 3])
      branch3x3dbl = ops.conv2d(branch3x3dbl, 96, [3, 3])
    return tf.concat(
      [branch1x1, branch5x5, branch3x3dbl, _pool_branch(net, pool_filters)],
      axis=3,
    )


def _reduce_to_17(net: tf.Tensor, scope: str) -> tf.Tensor:
  """Figure 10: [batch, 35, 35, 288] -> [batch, 17, 17, 768]."""
  with variables.scope(scope):
    with variables.scope('branch3x3'):
      branch3x3 = ops.conv2d(net, 384, [3, 3], stride=2, padding='VALID')
    with variables.scope('branch3x3dbl'):
      branch3x3dbl = ops.conv2d(net, 64, [1, 1])
      branch3x3dbl = ops.conv2d(branch3x3dbl, 96, [3, 3])
      branch3x3dbl = ops.conv2d(
        branch3x3dbl, 96, [3, 3], stride=2, padding='VALID'
      )
    pool = ops.max_pool(net, [3, 3])
    return tf.concat([branch3x3, branch3x3dbl, pool], axis=3)


def _mixed_17(net: tf.Tensor, filters: int, scope: str) -> tf.Tensor:
  """Figure 6 with n = 7: [batch, 17, 17, 768] -> the same shape."""
  with variables.scope(scope):
    with variables.scope('branch1x1'):
      branch1x1 = ops.conv2d(net, 192, [1, 1])
    with variables.scope('branch7x7'):
      branch7x7 = ops.conv2d(net, filters, [1, 1])
      branch7x7 = ops.conv2d(branch7x7, filters, [1, 7])
      branch7x7 = ops.conv2d(branch7x7, 192, [7, 1])
    with variables.scope('branch7x7dbl'):
      branch7x7dbl = ops.conv2d(net, filters, [1, 1])
      branch7x7dbl = ops.conv2d(branch7x7dbl, filters, [7, 1])
      branch7x7dbl = ops.conv2d(branch7x7dbl, filters, [1, 7])
      branch7x7dbl = ops.conv2d(branch7x7dbl, filters, [7, 1])
      branch7x7dbl = ops.conv2d(branch7x7dbl, 192, [1, 7])
    return tf.concat(
      [branch1x1, branch7x7, branch7x7dbl, _pool_branch(net, 192)], axis=3
    )


def _aux_head(
  net: tf.Tensor, num_logits: int, restore_logits: bool
) -> tf.Tensor:
  """Section 4's auxiliary classifier: [batch, 17, 17, 768] -> num_logits."""
  with variables.scope('aux_logits'):
    kernel = [min(5, size) for size in net.shape[1:3]]
    aux = ops.avg_pool(net, kernel, stride=3, padding='VALID')  # 5 x 5 x 768
    aux = ops.conv2d(aux, 128, [1, 1], scope='proj')
    # The kernel is 5 x 5 for any image size, so that checkpoints can be used at
    # another size: a smaller map is padded, a larger one averaged afterwards.
    aux = ops.pad_to(aux, _AUX_GRID)
    aux = ops.conv2d(aux, 768, _AUX_GRID, stddev=0.01, padding='VALID')
    aux = ops.flatten(ops.global_avg_pool(aux))  # 768
    return ops.fc(
      aux, num_logits, activation=None, stddev=0.001, restore=restore_logits
    )


def _reduce_to_8(net: tf.Tensor, scope: str) -> tf.Tensor:
  """Figure 10 again: [batch, 17, 17, 768] -> [batch, 8, 8, 1280]."""
  with variables.scope(scope):
    with variables.scope('branch3x3'):
      branch3x3 = ops.conv2d(net, 192, [1, 1])
      branch3x3 = ops.conv2d(branch3x3, 320, [3, 3], stride=2, padding='VALID')
    with variables.scope('branch7x7x3'):
      branch7x7x3 = ops.conv2d(net, 192, [1, 1])
      branch7x7x3 = ops.conv2d(branch7x7x3, 192, [1, 7])
      branch7x7x3 = ops.conv2d(branch7x7x3, 192, [7, 1])
      branch7x7x3 = ops.conv2d(
        branch7x7x3, 192, [3, 3], stride=2, padding='VALID'
      )
    pool = ops.max_pool(net, [3, 3])
    return tf.concat([branch3x3, branch7x7x3, pool], axis=3)


def _mixed_8(net: tf.Tensor, scope: str) -> tf.Tensor:
  """Figure 7: [batch, 8, 8, c] -> [batch, 8, 8, 2048]."""
  with variables.scope(scope):
    with variables.scope('branch1x1'):
      branch1x1 = ops.conv2d(net, 320, [1, 1])
    with variables.scope('branch3x3'):
      branch3x3 = ops.conv2d(net, 384, [1, 1])
      branch3x3 = tf.concat(
        [
          ops.conv2d(branch3x3, 384, [1, 3]),
          ops.conv2d(branch3x3, 384, [3, 1]),
        ],
        axis=3,
      )
    with variables.scope('branch3x3dbl'):
      branch3x3dbl = ops.conv2d(net, 448, [1, 1])
      branch3x3dbl = ops.conv2d(branch3x3dbl, 384, [3, 3])
      branch3x3dbl = tf.concat(
        [
          ops.conv2d(branch3x3dbl, 384, [1, 3]),
          ops.conv2d(branch3x3dbl, 384, [3, 1]),
        ],
        axis=3,
      )
    return tf.concat(
      [branch1x1, branch3x3, branch3x3dbl, _pool_branch(net, 192)], axis=3
    )


def _head(
  net: tf.Tensor,
  num_logits: int,
  dropout_keep_prob: float,
  restore_logits: bool,
  end_points: dict[str, tf.Tensor],
) -> tf.Tensor:
  """Pooling and classifier: [batch, 8, 8, 2048] -> [batch, num_logits]."""
  features = ops.flatten(ops.global_avg_pool(net))  # 2048
  end_points['features'] = features
  return classifier(
    features,
    num_logits=num_logits,
    dropout_keep_prob=dropout_keep_prob,
    restore_logits=restore_logits,
    end_points=end_points,
  )


def classifier(
  features: tf.Tensor,
  *,
  num_logits: int,
  dropout_keep_prob: float = 1.0,
  restore_logits: bool = True,
  end_points: dict[str, tf.Tensor] | None = None,
) -> tf.Tensor:
  """Classifies features by the last layer alone.

  Args:
    features: float [batch, 2048], end_points['features'] of inception_v3.
    num_logits: number of classes; see inception_v3.
    dropout_keep_prob: keep probability of dropout; see inception_v3.
    restore_logits: restore mark of the variables; see inception_v3.
    end_points: dict to which 'flattened_features', 'logits' and 'predictions'
      are added.

  Returns:
    Logits [batch, num_logits].
  """
  end_points = {} if end_points is None else end_points
  with variables.scope('logits'):
    net = ops.dropout(features, keep_prob=dropout_keep_prob)
    end_points['flattened_features'] = net
    logits = ops.fc(
      net, num_logits, activation=None, restore=restore_logits, scope='logits'
    )
  end_points['logits'] = logits
  end_points['predictions'] = tf.nn.softmax(dtypes.at_least_float32(logits))
  return logits
