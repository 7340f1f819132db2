"""Tests of the flags of export."""

import dataclasses

import pytest
from absl import flags

from inception.cli import export_flags
from inception.exporting import formats
from inception.jobs import errors

FLAGS = flags.FLAGS


@pytest.fixture(autouse=True)
def _flags():
  """Defines the flags in place of those of other tests in this process."""
  others = flags.FlagValues()
  others.append_flag_values(FLAGS)
  FLAGS.remove_flag_values(others)
  export_flags.define()
  FLAGS(['export'])
  yield
  FLAGS.remove_flag_values(list(FLAGS))
  FLAGS.append_flag_values(others)


def test_saved_model_is_the_default():
  assert export_flags.format_names() == ['saved_model']


def test_formats_are_listed_once():
  FLAGS.format = ['saved_model', ' saved_model']
  assert export_flags.format_names() == ['saved_model']


@pytest.mark.parametrize(
  'value, reason',
  [(['onnx'], "no format 'onnx'"), ([''], 'is empty'), ([], 'is empty')],
)
def test_unknown_formats_are_refused(value, reason):
  FLAGS.format = value
  with pytest.raises(errors.UserError, match=reason):
    export_flags.format_names()


@pytest.mark.parametrize(
  'changes, reason',
  [
    ({'package': 'no_such_package'}, 'pip install no_such_package'),
    ({'needs_data': True}, 'give --data_dir'),
    ({'bound': {}}, '--precision: special does not support float32'),
  ],
)
def test_unusable_formats_are_refused(monkeypatch, changes, reason):
  form = dataclasses.replace(formats.FORMATS['saved_model'], **changes)
  monkeypatch.setattr(formats, 'FORMATS', {'special': form})
  FLAGS.format = ['special']
  with pytest.raises(errors.UserError, match=reason):
    export_flags.format_names()
