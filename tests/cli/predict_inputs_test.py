"""Tests of the files, folders and facts of a run of predict."""

import types

import pytest

from inception.cli import command
from inception.cli import predict_inputs
from inception.jobs import errors


@pytest.fixture(name='set_flags')
def _set_flags(monkeypatch, tmp_path):
  """Returns a function that sets the values of flags."""
  monkeypatch.setattr(command, 'resolve_path', lambda path: path)

  class Flags(dict):
    """Values by name, as attributes too."""

    __getattr__ = dict.__getitem__

    def __getitem__(self, name):
      return types.SimpleNamespace(value=super().__getitem__(name))

  def set_flags(**values):
    monkeypatch.setattr(
      predict_inputs,
      'FLAGS',
      Flags({'explain': '', 'sort_into': '', 'format': None, **values}),
    )

  return set_flags


@pytest.mark.parametrize(
  ('flag', 'output', 'expected'),
  [('csv', 'a.jsonl', 'csv'), (None, 'a.jsonl', 'jsonl'), (None, '', 'table')],
)
def test_format_is_the_flags_or_the_endings(set_flags, flag, output, expected):
  set_flags(format=flag, output=output)
  assert predict_inputs.format_name() == expected


@pytest.mark.parametrize('flag', ['explain', 'sort_into'])
def test_output_folder_must_not_be_in_an_input_folder(
  set_flags, tmp_path, flag
):
  folder = tmp_path / 'photos' / 'deep'
  folder.parent.mkdir()
  set_flags(**{flag: str(folder)})
  with pytest.raises(errors.UserError, match=f'^--{flag}: .* is in '):
    predict_inputs.make_folders([str(folder.parent)])
  assert not folder.exists()
  predict_inputs.make_folders([str(tmp_path / 'other')])
  assert folder.is_dir()
