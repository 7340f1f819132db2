"""Tests of the lines on the computation of features."""

import pytest

from inception.cli import feature_lines


@pytest.fixture(name='clock')
def _clock(monkeypatch):
  """A list whose last element is the time in seconds."""
  times = [100.0]
  monkeypatch.setattr(feature_lines.time, 'monotonic', lambda: times[-1])
  return times


def test_there_is_a_line_every_10_seconds_and_at_the_end(clock):
  lines = feature_lines.FeatureLines()
  found = []
  for time, done in ((0, 0), (5, 8), (10, 16), (19, 24), (19.5, 32)):
    clock.append(100 + time)
    found.append(lines.line(done, 32))
  assert found == [
    'Computing features: 0 of 32 images',
    None,
    'Computing features: 16 of 32 images',
    None,
    'Computing features: 32 of 32 images',
  ]
  # The features of the next checkpoint.
  assert lines.line(0, 32) == found[0]


def test_existing_features_are_reported(clock):
  lines = feature_lines.FeatureLines()
  assert lines.line(9, 9) == 'The features of all 9 images exist already.'
