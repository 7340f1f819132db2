"""Tests that messages of C libraries are dropped, and only within the block."""

import os

import pytest

from inception.jobs import standard_error


def test_messages_are_dropped_within_the_block_only(capfd):
  os.write(2, b'before')
  with standard_error.silenced():
    os.write(2, b'within')
  os.write(2, b'after')
  assert capfd.readouterr().err == 'beforeafter'


def test_messages_return_after_an_error(capfd):
  with pytest.raises(ValueError, match='reason'), standard_error.silenced():
    raise ValueError('reason')
  os.write(2, b'after')
  assert capfd.readouterr().err == 'after'
