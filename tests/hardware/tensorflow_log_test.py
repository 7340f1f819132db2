"""Tests of inception.hardware.tensorflow_log."""

import logging
import os

import pytest

from inception.hardware import tensorflow_log


@pytest.mark.parametrize(
  ('settings', 'level', 'python_level'),
  [
    ({'several_hosts': False}, '2', logging.WARNING),
    ({'several_hosts': True}, '3', logging.WARNING),
    ({'several_hosts': True, 'verbose': True}, '0', logging.INFO),
  ],
)
def test_levels(settings, level, python_level, monkeypatch):
  monkeypatch.delenv('TF_CPP_MIN_LOG_LEVEL', raising=False)
  logger = logging.getLogger('tensorflow')
  before = logger.level
  try:
    logger.setLevel(logging.INFO)
    tensorflow_log.set_levels(**settings)
    assert os.environ['TF_CPP_MIN_LOG_LEVEL'] == level
    assert logger.level == python_level
  finally:
    logger.setLevel(before)


def test_users_level_is_kept(monkeypatch):
  monkeypatch.setenv('TF_CPP_MIN_LOG_LEVEL', '1')
  tensorflow_log.set_levels(several_hosts=True, verbose=True)
  assert os.environ['TF_CPP_MIN_LOG_LEVEL'] == '1'


def test_greetings_are_dropped_and_other_lines_kept(capfd):
  with tensorflow_log.without_greetings():
    os.write(2, b'WARNING: All log messages before absl::InitializeLog() is\n')
    os.write(2, b'a line of another library\n\n')
    os.write(2, b'I0000 port.cc:153] oneDNN custom operations are on.\n')
  assert capfd.readouterr().err == 'a line of another library\n'
  os.write(2, b'later\n')
  assert capfd.readouterr().err == 'later\n'


def test_lines_before_an_error_are_kept(capfd):
  with pytest.raises(KeyError), tensorflow_log.without_greetings():
    os.write(2, b'the cause\n')
    raise KeyError
  assert capfd.readouterr().err == 'the cause\n'
