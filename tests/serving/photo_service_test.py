"""Tests of the answers to pictures, with a model that classifies by colour."""

import asyncio
import struct
import time
import zlib

import numpy as np
import pytest
import tensorflow as tf
from starlette import exceptions

from inception.checkpoints import threshold
from inception.images import pictures as image_files
from inception.prediction import pictures
from inception.serving import photo_service
from inception.testing import served_model

# softmax of 2 * (1, -1, -1) and of 0, the background's logit.
_RED = np.exp(2) / (1 + np.exp(2) + 2 * np.exp(-2))


def bomb(side=60_000):
  """Returns a PNG file of few bytes that declares side * side pixels."""

  def chunk(kind, content):
    return (
      struct.pack('>I', len(content))
      + kind
      + content
      + struct.pack('>I', zlib.crc32(kind + content))
    )

  return (
    b'\x89PNG\r\n\x1a\n'
    + chunk(b'IHDR', struct.pack('>IIBBBBB', side, side, 8, 2, 0, 0, 0))
    + chunk(b'IDAT', zlib.compress(bytes(10**6)))
    + chunk(b'IEND', b'')
  )


def test_answer_probabilities_and_maps():
  service = served_model.service(top_k=2)
  found = asyncio.run(service.classify(served_model.picture('#ff0000')))
  assert found.answer.name == 'red'
  assert len(found.answer.candidates) == 2
  np.testing.assert_allclose(found.probabilities[0], _RED, atol=0.01)
  assert found.probabilities.shape == (3,)
  assert found.maps.shape == (3, 3, 3)
  assert found.jpeg.startswith(b'\xff\xd8')


@pytest.mark.parametrize('threshold_value,is_sure', [(0.8, True), (0.9, False)])
def test_rule_for_none_of_these_applies(threshold_value, is_sure):
  rule = threshold.Rule(temperature=1.0, threshold=threshold_value)
  service = served_model.service(rule=rule)
  found = asyncio.run(service.classify(served_model.picture('#ff0000')))
  assert found.answer.is_sure == is_sure


def test_views_are_averaged():
  classifier = served_model.ColourClassifier()
  service = served_model.service(views=2, classifier=classifier)
  found = asyncio.run(service.classify(served_model.picture('#ff0000')))
  assert classifier.batches == [2]
  np.testing.assert_allclose(found.probabilities[0], _RED, atol=0.01)


def test_concurrent_pictures_share_batches():
  classifier = served_model.ColourClassifier()
  service = served_model.service(classifier=classifier)
  colours = ['#ff0000', '#00ff00', '#0000ff'] * 4
  found = asyncio.run(
    service.classify_all([served_model.picture(colour) for colour in colours])
  )
  assert [item.answer.name for item in found] == ['red', 'green', 'blue'] * 4
  assert sum(classifier.batches) == 12


def test_pixels_are_classified_as_they_are():
  service = served_model.service()
  views = np.full((2, 75, 75, 3), -1, np.float32)
  views[0, ..., 1] = views[1, ..., 2] = 1
  found = asyncio.run(service.classify_all(views))
  assert [item.answer.name for item in found] == ['green', 'blue']
  np.testing.assert_allclose(found[0].probabilities[1], _RED, rtol=1e-6)


@pytest.mark.parametrize(
  'encoded,status,reason',
  [
    (b'', 415, 'the file is empty'),
    (b'<html>', 415, 'not an image but a web page'),
    (served_model.picture('red')[:-30], 415, 'truncated|incomplete|damaged'),
    (served_model.picture('red', side=1001), 413, r'1,001 x 1,001 pixels'),
    (bomb(), 413, 'declares more than 178,956,970 pixels'),
  ],
)
def test_unusable_files_are_refused(encoded, status, reason):
  service = served_model.service()
  with pytest.raises(exceptions.HTTPException, match=reason) as failure:
    asyncio.run(service.classify(encoded))
  assert failure.value.status_code == status


def test_large_pictures_are_refused_before_decoding(monkeypatch):
  service = served_model.service()
  opened = image_files.open_file(bomb(1100))
  monkeypatch.setattr(
    type(opened), 'load', lambda *args: pytest.fail('was decoded')
  )
  with pytest.raises(exceptions.HTTPException, match='1,100 x 1,100'):
    asyncio.run(service.classify(bomb(1100)))


@pytest.mark.parametrize('number,status', [(0, 400), (13, 413)])
def test_number_of_pictures_is_limited(number, status):
  service = served_model.service()
  files = number * [served_model.picture('red')]
  with pytest.raises(exceptions.HTTPException, match='picture') as failure:
    asyncio.run(service.classify_all(files))
  assert failure.value.status_code == status


def test_warming_up_runs_the_smallest_and_the_largest_batch():
  for views, sizes in ((1, [1, 8]), (2, [2, 8]), (10, [10, 10])):
    classifier = served_model.ColourClassifier()
    served_model.service(
      classifier=classifier, batch_size=8, views=views
    ).warm_up()
    assert classifier.batches == sizes


def test_large_pictures_are_decoded_one_at_a_time(monkeypatch):
  monkeypatch.setattr(photo_service, '_MANY_PIXELS', 80 * 80)
  service = served_model.service(num_threads=4)
  running, most = [], []

  def decode(encoded):
    running.append(1)
    most.append(len(running))
    time.sleep(0.01)
    running.pop()
    return pictures.Picture(views=tf.zeros([1, 75, 75, 3]))

  monkeypatch.setattr(service._reader, 'decode', decode)
  for side, is_alone in ((80, True), (79, False)):
    most.clear()
    files = 8 * [served_model.picture('red', side=side)]
    asyncio.run(service.classify_all(files))
    assert (max(most) == 1) == is_alone


def test_refusal_names_the_picture_among_several():
  service = served_model.service()
  files = [served_model.picture('red'), b'<html>']
  with pytest.raises(exceptions.HTTPException, match='picture 1: not an image'):
    asyncio.run(service.classify_all(files))
