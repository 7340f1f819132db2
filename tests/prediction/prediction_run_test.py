"""Tests of the stream of answers, with a stand-in for the network."""

import threading

import numpy as np
import pytest

from inception.prediction import pictures
from inception.prediction import prediction_run
from inception.prediction import prediction_settings


class Classifier:
  """Classifies a view by its first pixel."""

  class_names = ('a', 'b', 'c')
  class_texts = ()

  def __init__(self):
    self.batches = []

  def __call__(self, views):
    images = np.concatenate(views)
    self.batches.append(len(images))
    probabilities = np.zeros([len(images), 4], np.float32)
    probabilities[range(len(images)), images[:, 0, 0, 0].astype(int)] = 1
    return probabilities, images


def read(name):
  """Returns a picture of the class in the name; 'x' is a broken file."""
  if name.startswith('x'):
    return pictures.Picture(error='broken')
  label = int(name[0])
  return pictures.Picture(
    jpeg=b'jpeg', views=np.full([1, 2, 2, 3], label, np.float32)
  )


def test_answers_come_in_order_and_batches_are_full():
  names = ['1', '2', 'x', '3', '1', 'x', '2']
  network = Classifier()
  found = list(
    prediction_run.classify(
      names,
      network,
      read,
      prediction_settings.Settings(batch_size=2),
      with_maps=True,
    )
  )
  assert [prediction.answer.file for prediction in found] == names
  assert [prediction.answer.name for prediction in found] == [
    'a',
    'b',
    '',
    'c',
    'a',
    '',
    'b',
  ]
  assert found[2].answer.error == 'broken'
  assert network.batches == [2, 2, 1]
  assert found[3].maps[0, 0, 0] == 3
  assert found[2].maps is None


def test_no_file_and_broken_ones_alone_need_no_network():
  network = Classifier()
  settings = prediction_settings.Settings()
  assert not list(prediction_run.classify([], network, read, settings))
  found = list(prediction_run.classify(['1'], Classifier(), read, settings))
  assert found[0].maps is None  # They are not wanted.
  found = list(prediction_run.classify(['x'], network, read, settings))
  assert found[0].answer.error == 'broken'
  assert network.batches == []


def test_views_are_averaged():
  def two_views(name):
    del name
    views = np.ones([2, 2, 2, 3], np.float32)
    views[1] = 3
    return pictures.Picture(jpeg=b'jpeg', views=views)

  network = Classifier()
  found = list(
    prediction_run.classify(
      ['p', 'q', 'r'],
      network,
      two_views,
      prediction_settings.Settings(views=2, batch_size=4),
      with_maps=True,
    )
  )
  assert network.batches == [4, 2]
  for prediction in found:
    assert [(c.name, c.probability) for c in prediction.answer.candidates] == [
      ('a', 0.5),
      ('c', 0.5),
      ('b', 0),
    ]
    assert prediction.maps[0, 0, 0] == 1  # Of the first view.


def test_number_of_pictures_in_memory_is_bounded():
  lock, read_so_far = threading.Lock(), []

  def counted(name):
    with lock:
      read_so_far.append(name)
    return read(name)

  settings = prediction_settings.Settings(batch_size=4, num_threads=2)
  stream = prediction_run.classify(
    ['1'] * 1000, Classifier(), counted, settings
  )
  for done, _ in enumerate(stream, start=1):
    # The batch in the network, two that wait, and one a thread.
    assert len(read_so_far) <= done + 4 + 2 * 4 + 2
  assert done == 1000


def test_error_of_the_reader_is_passed_on():
  def fail(name):
    raise MemoryError(name)

  with pytest.raises(MemoryError):
    list(
      prediction_run.classify(
        ['1'], Classifier(), fail, prediction_settings.Settings()
      )
    )
