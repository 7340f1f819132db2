"""Tests of inception.slim.scopes."""

import threading

import pytest

from inception.slim import scopes


@scopes.add_arg_scope
def layer(inputs, *, size=1, name='layer'):
  return inputs, size, name


@scopes.add_arg_scope
def other(inputs, *, size=2):
  return inputs, size


def plain(inputs, *, size=3):
  return inputs, size


def test_without_a_scope_the_functions_own_defaults_apply():
  assert layer('x') == ('x', 1, 'layer')


def test_scope_sets_defaults_of_its_layers_only():
  with scopes.arg_scope([layer], size=7):
    assert layer('x') == ('x', 7, 'layer')
    assert other('x') == ('x', 2)
  assert layer('x') == ('x', 1, 'layer')


def test_argument_takes_precedence_over_the_scope():
  with scopes.arg_scope([layer], size=7):
    assert layer('x', size=8) == ('x', 8, 'layer')


def test_inner_scope_extends_and_overrides_the_outer():
  with scopes.arg_scope([layer, other], size=7):
    with scopes.arg_scope([layer], name='inner'):
      assert layer('x') == ('x', 7, 'inner')
      with scopes.arg_scope([layer], size=9):
        assert layer('x') == ('x', 9, 'inner')
        assert other('x') == ('x', 7)
    assert layer('x') == ('x', 7, 'layer')


def test_error_inside_restores_the_outer_scope():
  with scopes.arg_scope([layer], size=7):
    with pytest.raises(KeyError):
      with scopes.arg_scope([layer], size=9):
        raise KeyError
    assert layer('x') == ('x', 7, 'layer')


def test_refused_scope_leaves_the_outer_one_active():
  # The original popped its parent when an error was raised before its push.
  with scopes.arg_scope([layer], size=7):
    with pytest.raises(ValueError):
      with scopes.arg_scope([plain], size=9):
        pass
    assert layer('x') == ('x', 7, 'layer')


def test_undecorated_function_is_refused():
  with pytest.raises(ValueError, match='plain is not decorated'):
    with scopes.arg_scope([plain], size=9):
      pass


@pytest.mark.parametrize('name', ['nothing', 'inputs'])
def test_unknown_argument_is_refused(name):
  with pytest.raises(ValueError, match=f'no keyword argument {name!r}'):
    with scopes.arg_scope([layer], **{name: 9}):
      pass


def test_scope_does_not_affect_other_threads():
  seen = []
  with scopes.arg_scope([layer], size=7):
    thread = threading.Thread(target=lambda: seen.append(layer('x')))
    thread.start()
    thread.join()
  assert seen == [('x', 1, 'layer')]
