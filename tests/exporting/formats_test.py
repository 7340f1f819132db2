"""Tests of the list of formats."""

import types

import pytest

from inception.exporting import agreement
from inception.exporting import export_model
from inception.exporting import formats
from inception.testing import fitted_models
from inception.testing import trained_models


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


def test_litert_files_answer_as_the_network(tmp_path):
  model = types.SimpleNamespace(
    values=fitted_models.values(),
    info=types.SimpleNamespace(
      image_size=fitted_models.IMAGE_SIZE,
      class_names=trained_models.CLASS_NAMES,
    ),
  )
  request = formats.Request(model=model, data=None)
  form = formats.FORMATS['litert_dynamic_int8']
  form.write(tmp_path / '1', request)
  assert sorted(path.name for path in (tmp_path / '1').iterdir()) == [
    'ANDROID.md',
    'classify.py',
    'model.tflite',
  ]
  pixels, labels = fitted_models.pictures(10, seed=3)
  probabilities = form.open(tmp_path / '1', request)(
    formats.Batch(encoded=[], images=fitted_models.as_input(pixels))
  )
  assert probabilities.argmax(axis=1).tolist() == labels.tolist()


def test_only_calibrated_files_need_records():
  assert [
    name for name, form in formats.FORMATS.items() if form.needs_data
  ] == ['litert_int8']
