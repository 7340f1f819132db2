"""Tests of the list of formats."""

import pytest

from inception.exporting import agreement
from inception.exporting import export_model
from inception.exporting import formats


@pytest.mark.parametrize('name', formats.FORMATS)
def test_every_format_has_bounds(name):
  form = formats.FORMATS[name]
  assert {'float32'} <= set(form.bound) <= set(export_model.PRECISIONS)
  assert all(
    isinstance(bound, agreement.Bound) for bound in form.bound.values()
  )


def test_saved_model_is_always_installed():
  assert formats.FORMATS['saved_model'].is_installed
  assert formats.FORMATS['saved_model'].takes_files


def test_package_that_does_not_exist_is_not_installed():
  form = formats.Format(
    write=lambda folder, request: None,
    open=lambda folder, request: None,
    bound={},
    package='no_such_package',
  )
  assert not form.is_installed
