"""Tests of the choice of the engine."""

import importlib.util

import pytest

from inception.prediction import engines


@pytest.mark.parametrize(
  'engine,is_installed,expected',
  [
    ('tensorflow', False, 'tensorflow'),
    ('tensorflow', True, 'tensorflow'),
    ('openvino', True, 'openvino'),
    ('auto', True, 'openvino'),
    ('auto', False, 'tensorflow'),
  ],
)
def test_auto_is_openvino_where_it_is_installed(
  monkeypatch, engine, is_installed, expected
):
  monkeypatch.setattr(
    importlib.util, 'find_spec', lambda name: is_installed or None
  )
  assert engines.choose(engine) == expected


def test_missing_openvino_is_refused(monkeypatch):
  monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
  with pytest.raises(
    engines.EngineError, match='needs the package openvino, .* not installed'
  ):
    engines.choose('openvino')
