"""Tests of the settings of prediction."""

import pytest

from inception.prediction import prediction_settings


@pytest.mark.parametrize(
  'views,batch_size,expected', [(1, 32, 32), (10, 32, 3), (10, 4, 1)]
)
def test_views_fill_a_batch(views, batch_size, expected):
  settings = prediction_settings.Settings(views=views, batch_size=batch_size)
  assert settings.pictures_per_batch == expected


@pytest.mark.parametrize(
  'field,value',
  [
    ('batch_size', 0),
    ('top_k', 0),
    ('num_threads', 0),
    ('views', 3),
    ('min_probability', -0.5),
    ('min_probability', 1.5),
  ],
)
def test_wrong_values_are_refused(field, value):
  with pytest.raises(ValueError, match=f'^{field} must be'):
    prediction_settings.Settings(**{field: value})
