"""Published Inception v3 models, and their addresses.

Source    a published model
SOURCES   all of them, by name
"""

import collections.abc
import dataclasses

from inception.downloads import downloads

_MIRRORS = (
  'https://storage.googleapis.com/download.tensorflow.org/',
  'http://download.tensorflow.org/',
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
  """A published model.

  Attributes:
    title: description for the user.
    addresses: addresses of the same file.
    checkpoint: path of the checkpoint to train from, relative to the models'
      folder.
    expected: size and hashes of the file, as far as they are known.
  """

  title: str
  addresses: tuple[str, ...]
  checkpoint: str
  expected: downloads.Expected = downloads.Expected()

  @property
  def file_name(self) -> str:
    return self.addresses[0].rpartition('/')[2]

  @property
  def is_archive(self) -> bool:
    return self.file_name != self.checkpoint


def _mirrored(path: str) -> tuple[str, ...]:
  return tuple(mirror + path for mirror in _MIRRORS)


_KERAS = 'inception_v3_weights_tf_dim_ordering_tf_kernels.h5'

SOURCES: collections.abc.Mapping[str, Source] = {
  'research': Source(
    title='Inception v3 of 2016-03-01: 1001 classes, with the averaged weights',
    addresses=_mirrored('models/image/imagenet/inception-v3-2016-03-01.tar.gz'),
    checkpoint='inception-v3/model.ckpt-157585',
  ),
  'slim': Source(
    title='Inception v3 of TF-Slim, 2016-08-28: 1001 classes',
    addresses=_mirrored('models/inception_v3_2016_08_28.tar.gz'),
    checkpoint='inception_v3.ckpt',
  ),
  'keras': Source(
    title='Inception v3 of Keras: 1000 classes, no auxiliary head',
    addresses=(
      'https://storage.googleapis.com/tensorflow/'
      f'keras-applications/inception_v3/{_KERAS}',
    ),
    checkpoint=_KERAS,
    expected=downloads.Expected(md5='9a0d58056eeedaa3f26cb7ebd46da564'),
  ),
}
