"""Tests of inception.settings.config_checks: limits and messages."""

import math
import types

import pytest

from inception.settings import config_checks


def settings(**values):
  return types.SimpleNamespace(**values)


def test_require_raises_the_message_unchanged():
  config_checks.require(True, 'unused')
  with pytest.raises(ValueError, match='^a must be b$'):
    config_checks.require(False, 'a must be b')


@pytest.mark.parametrize('value', [2, 2.0, 3, 10**9])
def test_at_least_includes_the_minimum(value):
  config_checks.at_least(settings(steps=value), 2, 'steps')


@pytest.mark.parametrize('value', [1, 1.999, -2, math.nan, math.inf, -math.inf])
def test_at_least_refuses_smaller_and_non_finite_values(value):
  with pytest.raises(ValueError, match=f'^steps must be >= 2, got {value}$'):
    config_checks.at_least(settings(steps=value), 2, 'steps')


@pytest.mark.parametrize('value', [5e-324, 1, 1e300])
def test_positive_accepts_values_above_0(value):
  config_checks.positive(settings(rate=value), 'rate')


@pytest.mark.parametrize('value', [0, 0.0, -1e-9, math.nan, math.inf])
def test_positive_refuses_0_and_non_finite_values(value):
  with pytest.raises(
    ValueError, match=f'^rate must be a positive number, got {value}$'
  ):
    config_checks.positive(settings(rate=value), 'rate')


@pytest.mark.parametrize('value', [0, 0.5, math.nextafter(1, 0)])
def test_unit_interval_includes_0(value):
  config_checks.in_unit_interval(settings(decay=value), 'decay')


@pytest.mark.parametrize('value', [1, 1.0, -1e-9, math.nan, math.inf])
def test_unit_interval_excludes_1(value):
  with pytest.raises(
    ValueError, match=rf'^decay must be in \[0, 1\), got {value}$'
  ):
    config_checks.in_unit_interval(settings(decay=value), 'decay')


@pytest.mark.parametrize('value', ['c', '', 'A', 'a, b'])
def test_one_of_lists_the_choices(value):
  with pytest.raises(
    ValueError, match=f"^letter must be one of a, b, got '{value}'$"
  ):
    config_checks.one_of(settings(letter=value), 'letter', ('a', 'b'))
  config_checks.one_of(settings(letter='b'), 'letter', ('a', 'b'))


@pytest.mark.parametrize(
  'check',
  [
    lambda made: config_checks.at_least(made, 1, 'good', 'bad'),
    lambda made: config_checks.positive(made, 'good', 'bad'),
    lambda made: config_checks.in_unit_interval(
      settings(good=0.5, bad=made.bad), 'good', 'bad'
    ),
  ],
)
def test_all_names_are_checked(check):
  with pytest.raises(ValueError, match='^bad must be '):
    check(settings(good=1, bad=-1))
