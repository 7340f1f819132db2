"""Variables of a network, by the names they have in its checkpoints.

A VariableStore creates each variable the first time a layer requests it and
returns the same one afterwards, so that a network written as a function can be
called any number of times. Layers do not pass the store around; they use the
active one:

  store = variables.VariableStore(seed=1)
  with variables.use(store):
    with variables.scope('conv0'):
      weights = variables.variable('weights', shape=..., initializer=...)
  store.variables  # {'conv0/weights': <tf.Variable>}

This replaces TF1's graph collections and reuse flags.

  VariableStore, use              the store, and its activation
  scope, variable, is_trained     interface for layers
  update                          reports a layer's statistic for its average
  truncated_normal, zeros, ones   initialisers
"""

import contextlib
import contextvars
import dataclasses
import zlib
from collections.abc import Callable, Iterator, Sequence

import tensorflow as tf

# (shape, seed int32 [2]) -> float32 tensor of that shape.
Initializer = Callable[[Sequence[int], Sequence[int]], tf.Tensor]
Regularizer = Callable[[tf.Tensor], tf.Tensor]


def truncated_normal(*, stddev: float) -> Initializer:
  """Normal distribution truncated at two standard deviations."""
  return lambda shape, seed: tf.random.stateless_truncated_normal(
    shape, seed=seed, stddev=stddev
  )


def zeros() -> Initializer:
  """Initialiser that fills a variable with 0."""
  return lambda shape, seed: tf.zeros(shape)


def ones() -> Initializer:
  """Initialiser that fills a variable with 1."""
  return lambda shape, seed: tf.ones(shape)


@dataclasses.dataclass(frozen=True)
class _Entry:
  variable: tf.Variable
  trainable: bool
  restore: bool
  regularizer: Regularizer | None


class VariableStore:
  """Creates variables on demand, and keeps their marks and regularisers."""

  def __init__(
    self, *, seed: int = 0, trained_scopes: Sequence[str] = ('',)
  ) -> None:
    """Creates an empty store.

    Args:
      seed: seed of the initial values. Each variable's own seed is derived from
        this one and its name, so that it does not depend on other variables.
      trained_scopes: prefixes of the names of variables that an optimizer may
        change; others are frozen.
    """
    self._seed = seed
    self._trained_scopes = tuple(trained_scopes)
    self._entries: dict[str, _Entry] = {}

  def get(
    self,
    name: str,
    *,
    shape: Sequence[int],
    initializer: Initializer,
    regularizer: Regularizer | None = None,
    trainable: bool = True,
    restore: bool = True,
  ) -> tf.Variable:
    """Returns the variable `name`, created on the first call.

    Args:
      name: name in the checkpoint, such as 'conv0/weights'.
      shape: shape of the variable.
      initializer: initialiser of a new variable.
      regularizer: function float tensor -> scalar loss, or None.
      trainable: whether an optimizer changes it.
      restore: whether fine-tuning takes it from the pretrained checkpoint.

    Raises:
      ValueError: the variable exists with another shape.
    """
    if name not in self._entries:
      trainable = trainable and self.trains(name)
      self._entries[name] = _Entry(
        self._create(name, shape, initializer, trainable),
        trainable,
        restore,
        regularizer,
      )
    existing = self._entries[name].variable
    if existing.shape != tf.TensorShape(shape):
      raise ValueError(
        f'variable {name} has shape {tuple(existing.shape)}, '
        f'a layer requests {tuple(shape)}'
      )
    return existing

  def trains(self, name: str) -> bool:
    """Returns whether a variable of this name is not frozen."""
    return name.startswith(self._trained_scopes)

  def _create(
    self,
    name: str,
    shape: Sequence[int],
    initializer: Initializer,
    trainable: bool,
  ) -> tf.Variable:
    # Created outside a tf.function that is being traced, to outlive it.
    with tf.init_scope():
      seed = (self._seed % 2**31, zlib.crc32(name.encode('utf-8')) % 2**31)
      return tf.Variable(
        initializer(shape, seed), trainable=trainable, name=name
      )

  def select(
    self,
    *,
    prefix: str = '',
    trainable: bool | None = None,
    restore: bool | None = None,
  ) -> dict[str, tf.Variable]:
    """Returns {name: variable} in order of creation, filtered.

    Args:
      prefix: prefix of the names, such as 'logits/'.
      trainable: selects variables with this mark; None selects both.
      restore: selects variables with this mark; None selects both.
    """
    return {
      name: entry.variable
      for name, entry in self._entries.items()
      if name.startswith(prefix)
      and trainable in (None, entry.trainable)
      and restore in (None, entry.restore)
    }

  @property
  def variables(self) -> dict[str, tf.Variable]:
    """{name: variable} of all variables, in order of creation."""
    return self.select()

  def regularization_losses(
    self, *, dtype: tf.DType = tf.float32
  ) -> list[tf.Tensor]:
    """Returns the scalar loss of each trained variable with a regulariser.

    Args:
      dtype: dtype of the arithmetic and of the losses.
    """
    return [
      entry.regularizer(tf.cast(entry.variable, dtype))
      for entry in self._entries.values()
      if entry.regularizer is not None and entry.trainable
    ]


class _Context:
  """State of one call of a network: its current scope and the names used."""

  def __init__(self, store: VariableStore) -> None:
    self.store = store
    self.scopes: list[str] = []
    self.used: dict[str, int] = {}
    self.updates: list[tuple[tf.Variable, tf.Tensor]] = []

  def unique(self, name: str) -> str:
    """Returns `name`, numbered if it was used in this scope: Conv, Conv_1."""
    path = '/'.join([*self.scopes, name])
    count = self.used.get(path, 0)
    self.used[path] = count + 1
    return f'{name}_{count}' if count else name


_context: contextvars.ContextVar[_Context | None] = contextvars.ContextVar(
  'variable_store', default=None
)


def _current() -> _Context:
  context = _context.get()
  if context is None:
    raise RuntimeError(
      'layers need a store: call them inside variables.use(store)'
    )
  return context


@contextlib.contextmanager
def use(store: VariableStore) -> Iterator[list[tuple[tf.Variable, tf.Tensor]]]:
  """Activates a store for one call of a network.

  Yields:
    The list to which layers add their updates: (moving average, new value of
    the averaged statistic).
  """
  context = _Context(store)
  token = _context.set(context)
  try:
    yield context.updates
  finally:
    _context.reset(token)


@contextlib.contextmanager
def scope(name: str | None, *, default: str | None = None) -> Iterator[None]:
  """Prefixes the names of the variables created in the block with `name`.

  Args:
    name: the scope's name; used unchanged, so that entering it again shares
      variables.
    default: the name to number (Conv, Conv_1, ...) where name is None.

  Raises:
    ValueError: name and default are both None.
    RuntimeError: no store is active.
  """
  context = _current()
  if name is None:
    if default is None:
      raise ValueError('scope needs a name or a default')
    name = context.unique(default)
  context.scopes.append(name)
  try:
    with tf.name_scope(context.scopes[-1]):
      yield
  finally:
    context.scopes.pop()


def variable(
  name: str,
  *,
  shape: Sequence[int],
  initializer: Initializer,
  regularizer: Regularizer | None = None,
  trainable: bool = True,
  restore: bool = True,
) -> tf.Variable:
  """Returns the current scope's variable `name`; see VariableStore.get.

  Raises:
    RuntimeError: no store is active.
    ValueError: the variable exists with another shape.
  """
  context = _current()
  return context.store.get(
    '/'.join([*context.scopes, name]),
    shape=shape,
    initializer=initializer,
    regularizer=regularizer,
    trainable=trainable,
    restore=restore,
  )


def is_trained(name: str) -> bool:
  """Returns whether the current scope's variable `name` is not frozen."""
  context = _current()
  return context.store.trains('/'.join([*context.scopes, name]))


def update(moving: tf.Variable, value: tf.Tensor) -> None:
  """Reports `value`, this batch's statistic, for the moving average `moving`.

  Nothing is assigned: the caller of the network decides how far the average
  moves, and may first average the values over devices.
  """
  _current().updates.append((moving, value))
