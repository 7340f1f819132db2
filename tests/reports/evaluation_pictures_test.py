"""Photographs of mistakes come first; a lost one leaves a gap."""

import base64
import dataclasses
import io

from PIL import Image

from inception.evaluation import record_sources
from inception.reports import evaluation_pictures
from inception.testing import answers
from inception.testing import datasets


def test_confident_mistakes_come_first_and_doubtful_hits_next():
  made = answers.make(
    [[0, 4, 0], [0, 1, 0], [0, 2, 0], [0, 5, 0], [0, 3, 0]], [1, 1, 2, 2, 1]
  )
  assert evaluation_pictures.choose(made) == [3, 2, 1, 4, 0]
  assert evaluation_pictures.choose(made, most=2) == [3, 2]


def test_thumbnails_come_in_order(tmp_path):
  data = datasets.write(
    tmp_path, {'validation': 6}, class_names=('a', 'b'), size=200
  )
  sources = record_sources.index(data.shard_files('validation'))
  sources[2] = dataclasses.replace(sources[2], offset=5)
  found = evaluation_pictures.load(sources)
  assert found[2] == ''
  assert len(set(found)) == 6
  head, _, body = found[0].partition(',')
  assert head == 'data:image/jpeg;base64'
  assert Image.open(io.BytesIO(base64.b64decode(body))).size == (128, 128)
