"""Default arguments for layers, in the style of TF-Slim.

  with scopes.arg_scope([ops.conv2d], stddev=0.1):
    net = ops.conv2d(net, 32, [3, 3])               # stddev=0.1
    net = ops.conv2d(net, 32, [3, 3], stddev=0.01)  # an argument wins

Scopes nest: an inner one adds to the outer ones and takes precedence where both
set an argument. The stack is a context variable, so that neither other threads
nor an error inside a scope can leave defaults behind.

  add_arg_scope  makes a layer use the scopes' defaults
  arg_scope      sets defaults for layers
"""

import contextlib
import contextvars
import functools
import inspect
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

_MARK = 'has_arg_scope'

# {layer's key: {argument: value}} of the active scopes.
_defaults: contextvars.ContextVar[Mapping[str, Mapping[str, Any]]] = (
  contextvars.ContextVar('arg_scope', default=types.MappingProxyType({}))
)


def _key(layer: Callable) -> str:
  return f'{layer.__module__}.{layer.__qualname__}'


def add_arg_scope(layer: Callable) -> Callable:
  """Decorates a layer so that it takes missing arguments from the scopes."""
  key = _key(layer)

  @functools.wraps(layer)
  def scoped(*args: Any, **kwargs: Any) -> Any:
    return layer(*args, **{**_defaults.get().get(key, {}), **kwargs})

  setattr(scoped, _MARK, True)
  return scoped


@contextlib.contextmanager
def arg_scope(layers: Sequence[Callable], **defaults: Any) -> Iterator[None]:
  """Sets default arguments of layers inside the `with` block.

  Args:
    layers: functions decorated with add_arg_scope.
    **defaults: values of keyword-only arguments that every function has.

  Raises:
    ValueError: a function is not decorated, or has no such argument.
  """
  current = dict(_defaults.get())
  for layer in layers:
    if not hasattr(layer, _MARK):
      raise ValueError(f'{_key(layer)} is not decorated with add_arg_scope')
    parameters = inspect.signature(layer).parameters
    for name in defaults:
      if (
        name not in parameters
        or parameters[name].kind is not inspect.Parameter.KEYWORD_ONLY
      ):
        raise ValueError(f'{_key(layer)} has no keyword argument {name!r}')
    current[_key(layer)] = {**current.get(_key(layer), {}), **defaults}
  token = _defaults.set(types.MappingProxyType(current))
  try:
    yield
  finally:
    _defaults.reset(token)
