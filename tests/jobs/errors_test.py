"""Tests of inception.jobs.errors."""

import warnings

import pytest

from inception.jobs import errors


def test_a_user_error_is_a_value_error_with_its_text():
  with pytest.raises(ValueError, match='^give another$'):
    raise errors.UserError('give another')


def test_notice_is_shown_by_default():
  with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('default')
    warnings.warn('no lock', errors.UserNotice, stacklevel=1)
  assert [str(each.message) for each in caught] == ['no lock']
