"""The variables of a network, by the names they have in its checkpoints.

A VariableStore creates each variable the first time a layer asks for it and
returns the same one ever after, so that a network written as a function can be
called as often as one likes. Layers do not pass the store around; they ask the
one in force:

  store = variables.VariableStore(seed=1)
  with variables.use(store):
    with variables.scope('conv0'):
      weights = variables.variable('weights', shape=..., initializer=...)
  store.variables  # {'conv0/weights': <tf.Variable>}

This takes the place of TF1's graph collections and reuse flags.

  VariableStore, use         the store, and the store in force
  scope, variable, is_trained  what layers call
  update                     a layer's new value for a moving average
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
  """Normal with standard deviation `stddev`, redrawn past two of them."""
  return lambda shape, seed: tf.random.stateless_truncated_normal(
    shape, seed=seed, stddev=stddev
  )


def zeros() -> Initializer:
  """All 0."""
  return lambda shape, seed: tf.zeros(shape)


def ones() -> Initializer:
  """All 1."""
  return lambda shape, seed: tf.ones(shape)


@dataclasses.dataclass(frozen=True)
class _Entry:
  variable: tf.Variable
  trainable: bool
  restore: bool
  regularizer: Regularizer | None


class VariableStore:
  """Creates variables on demand and knows what each is for."""

  def __init__(self, *, seed: int = 0, trained_scopes: Sequence[str] = ('',)):
    """Makes an empty store.

    Args:
      seed: of the initial values. Each variable's own seed is made from this
        one and its name, so that it does not depend on what else exists.
      trained_scopes: beginnings of the names of what an optimizer may change;
        all else is frozen.
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
      name: as in the checkpoint, such as 'conv0/weights'.
      shape: of the variable.
      initializer: of a new variable.
      regularizer: float tensor -> scalar loss, or None.
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
    found = self._entries[name].variable
    if found.shape != tf.TensorShape(shape):
      raise ValueError(
        f'variable {name} has shape {tuple(found.shape)}, '
        f'a layer asks for {tuple(shape)}'
      )
    return found

  def trains(self, name: str) -> bool:
    """Whether a variable of this name is not frozen."""
    return name.startswith(self._trained_scopes)

  def _create(self, name, shape, initializer, trainable):
    # Out of a tf.function that is being traced: the variable outlives it.
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
      prefix: of the name, such as 'logits/'.
      trainable: only those with this mark; None for both.
      restore: only those with this mark; None for both.
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
    """{name: variable} of all, in order of creation."""
    return self.select()

  def regularization_losses(
    self, *, dtype: tf.DType = tf.float32
  ) -> list[tf.Tensor]:
    """Returns the scalar loss of each trained variable with a regulariser.

    Args:
      dtype: of the arithmetic and of the losses.
    """
    return [
      entry.regularizer(tf.cast(entry.variable, dtype))
      for entry in self._entries.values()
      if entry.regularizer is not None and entry.trainable
    ]


class _Context:
  """One call of a network: the scope it is in, and the names it has used."""

  def __init__(self, store: VariableStore):
    self.store = store
    self.scopes: list[str] = []
    self.used: dict[str, int] = {}
    self.updates: list[tuple[tf.Variable, tf.Tensor]] = []

  def unique(self, name: str) -> str:
    """Returns the path of `name`, numbered where it was used: Conv, Conv_1."""
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
  """Puts a store in force for one call of a network.

  Yields:
    The list to which layers add their updates: (variable, new value of what it
    averages).
  """
  context = _Context(store)
  token = _context.set(context)
  try:
    yield context.updates
  finally:
    _context.reset(token)


@contextlib.contextmanager
def scope(name: str | None, *, default: str | None = None) -> Iterator[None]:
  """Puts `name` before the names of the variables made inside.

  Args:
    name: the scope's name; used as it is, so that entering it again shares
      variables.
    default: where name is None, the name to number: Conv, Conv_1, ...
  """
  context = _current()
  context.scopes.append(context.unique(default) if name is None else name)
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
    RuntimeError: no store is in force.
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
  """Whether the current scope's variable `name` is not frozen."""
  context = _current()
  return context.store.trains('/'.join([*context.scopes, name]))


def update(moving: tf.Variable, value: tf.Tensor) -> None:
  """Says that `moving` should move towards `value`, this batch's statistic.

  Nothing is assigned: whoever calls the network decides how far, and may
  average over devices first.
  """
  _current().updates.append((moving, value))
