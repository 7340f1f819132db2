"""Tests of the list of published models."""

import pytest

from inception.downloads import pretrained_sources


@pytest.mark.parametrize(
  'name,file_name,checkpoint,is_archive',
  [
    (
      'research',
      'inception-v3-2016-03-01.tar.gz',
      'inception-v3/model.ckpt-157585',
      True,
    ),
    ('slim', 'inception_v3_2016_08_28.tar.gz', 'inception_v3.ckpt', True),
    (
      'keras',
      'inception_v3_weights_tf_dim_ordering_tf_kernels.h5',
      'inception_v3_weights_tf_dim_ordering_tf_kernels.h5',
      False,
    ),
  ],
)
def test_properties_of_a_source(name, file_name, checkpoint, is_archive):
  source = pretrained_sources.SOURCES[name]
  assert source.file_name == file_name
  assert source.checkpoint == checkpoint
  assert source.is_archive == is_archive
  for address in source.addresses:
    assert address.endswith(f'/{file_name}')


def test_only_the_keras_file_has_a_published_hash():
  assert {
    name: source.expected.md5
    for name, source in pretrained_sources.SOURCES.items()
  } == {'research': '', 'slim': '', 'keras': '9a0d58056eeedaa3f26cb7ebd46da564'}
