"""Tests of the files for TensorBoard's embedding projector."""

import dataclasses

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector import projector_config_pb2

from inception.evaluation import record_sources
from inception.reports import embedding_projector
from inception.testing import answers
from inception.testing import datasets


@pytest.fixture(name='predictions')
def _predictions(tmp_path):
  data = datasets.write(tmp_path, {'validation': 5}, class_names=('a', 'b\tc'))
  sources = record_sources.index(data.shard_files('validation'))
  made = answers.make(
    [[0, 1, 0]] * 5,
    [source.label for source in sources],
    class_names=('a', 'b\tc'),
  )
  return dataclasses.replace(
    made,
    sources=sources,
    features=np.random.default_rng(0).normal(size=(5, 9)).astype(np.float32),
  )


def test_tensorboards_projector_reads_the_files(predictions, tmp_path):
  path = embedding_projector.write(predictions, tmp_path)
  assert path == tmp_path / 'projector_config.pbtxt'
  settings = text_format.Parse(
    path.read_text(encoding='utf-8'), projector_config_pb2.ProjectorConfig()
  )
  (embedding,) = settings.embeddings
  values = np.loadtxt(tmp_path / embedding.tensor_path, delimiter='\t')
  assert values.shape == (5, 5)  # No more axes than pictures.
  np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-2)
  rows = (
    (tmp_path / embedding.metadata_path)
    .read_text(encoding='utf-8')
    .splitlines()
  )
  assert rows[0].split('\t') == [
    'class',
    'predicted',
    'answer',
    'probability',
    'file',
  ]
  assert rows[2].split('\t') == [
    r'b\tc',
    'a',
    'wrong',
    '0.5761',
    'validation1.jpg',
  ]
  assert len(rows) == 6
  side = embedding.sprite.single_image_dim[0]
  sprite = Image.open(tmp_path / embedding.sprite.image_path)
  assert sprite.size == (3 * side, 3 * side)
  pixels = np.asarray(sprite)
  assert pixels[side : 2 * side, side : 2 * side].std() > 1  # The fifth.
  assert (pixels[side : 2 * side, 2 * side :] == 255).all()


def test_number_of_pictures_is_limited(predictions, tmp_path, monkeypatch):
  monkeypatch.setattr(embedding_projector, 'MOST_PICTURES', 2)
  embedding_projector.write(predictions, tmp_path)
  text = (tmp_path / 'projector_pictures.tsv').read_text(encoding='utf-8')
  assert len(text.splitlines()) == 3


def test_picture_that_cannot_be_read_is_left_white(predictions, tmp_path):
  broken = [
    dataclasses.replace(source, offset=source.offset + 1)
    for source in predictions.sources
  ]
  embedding_projector.write(
    dataclasses.replace(predictions, sources=broken), tmp_path
  )
  sprite = np.asarray(Image.open(tmp_path / 'projector_sprite.png'))
  assert (sprite == 255).all()


def test_without_features_nothing_is_written(predictions, tmp_path):
  folder = tmp_path / 'empty'
  folder.mkdir()
  made = dataclasses.replace(predictions, features=None)
  assert embedding_projector.write(made, folder) is None
  assert not list(folder.iterdir())
