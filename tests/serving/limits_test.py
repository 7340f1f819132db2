"""Tests of the limits' checks."""

import pytest

from inception.serving import limits


@pytest.mark.parametrize(
  'name',
  [
    'max_requests',
    'max_body_mb',
    'max_megapixels',
    'body_timeout_s',
    'answer_timeout_s',
  ],
)
def test_limits_must_be_positive(name):
  with pytest.raises(ValueError, match=f'^{name} must be '):
    limits.Limits(**{name: 0})
