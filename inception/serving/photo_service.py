"""Classifies the encoded pictures of concurrent requests.

Recognition    the network's answer to one picture
PhotoService   decodes in threads, and classifies in batches
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from concurrent import futures

import numpy as np
import tensorflow as tf
from starlette import exceptions

from inception.images import image_errors
from inception.images import pictures as image_files
from inception.prediction import answers
from inception.prediction import classifier as classifier_lib
from inception.prediction import pictures
from inception.prediction import prediction_settings
from inception.serving import batcher
from inception.serving import limits as limits_lib

# Pictures with at least this many pixels are decoded one at a time, because
# decoding takes 16 bytes per pixel.
_MANY_PIXELS = 16_000_000


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Recognition:
  """The network's answer to one picture.

  Attributes:
    answer: the answer, with the settings' top-k candidates.
    probabilities: float64 [num_classes], without the background class.
    maps: last feature maps of the first view, float [height, width, 2048].
    jpeg: RGB JPEG that was classified; b'' for pixels.
  """

  answer: answers.Answer
  probabilities: np.ndarray
  maps: tf.Tensor
  jpeg: bytes = b''


class PhotoService:
  """Classifies pictures; refuses unusable ones and those that are too large.

  Attributes:
    classifier: network that classifies.
    settings: settings of the classification.
    limits: limits of requests.
    name: name of the model, of letters, digits, '-' and '_'.
    version: version of the model, a number.
  """

  def __init__(
    self,
    classifier: classifier_lib.Classifier,
    settings: prediction_settings.Settings,
    limits: limits_lib.Limits,
    *,
    name: str,
    version: str,
  ):
    """Prepares decoding.

    Args:
      classifier: see the attributes.
      settings: see the attributes.
      limits: see the attributes.
      name: see the attributes.
      version: see the attributes.
    """
    self.classifier = classifier
    self.settings = settings
    self.limits = limits
    self.name, self.version = name, version
    self._max_pixels = int(limits.max_megapixels * 1e6)
    self._reader = pictures.Reader(
      image_size=classifier.image_size, num_views=settings.views
    )
    self._decoders = futures.ThreadPoolExecutor(
      settings.num_threads, 'decoding'
    )
    self._slow_decoder = futures.ThreadPoolExecutor(1, 'slow decoding')
    self._batcher = batcher.Batcher(
      self._run, max_batch=settings.pictures_per_batch
    )

  def warm_up(self) -> None:
    """Runs the smallest and the largest batch, whose first runs are slow."""
    size = self.classifier.image_size
    views = self.settings.views
    for number in (views, views * self.settings.pictures_per_batch):
      self.classifier([tf.zeros([number, size, size, 3])])

  async def classify(self, encoded: bytes) -> Recognition:
    """Returns the answer to an image file.

    Raises:
      HTTPException: the file is not a usable image (415), or it is too large
        (413).
    """
    loop = asyncio.get_running_loop()
    pixels = await loop.run_in_executor(
      self._decoders, self._checked_size, encoded
    )
    decoder = self._decoders if pixels < _MANY_PIXELS else self._slow_decoder
    picture = await loop.run_in_executor(decoder, self._reader.decode, encoded)
    if picture.error:
      raise exceptions.HTTPException(415, picture.error)
    found = await self._batcher(picture.views)
    return dataclasses.replace(found, jpeg=picture.jpeg)

  async def classify_pixels(self, view: np.ndarray) -> Recognition:
    """Returns the answer to a view, float32 [size, size, 3] in [-1, 1]."""
    return await self._batcher(tf.constant(view[np.newaxis], tf.float32))

  async def classify_all(
    self, inputs: Sequence[bytes] | np.ndarray
  ) -> list[Recognition]:
    """Returns the answers to a request's image files, or to its views.

    Raises:
      HTTPException: as in classify(), with the index of the picture if there
        are several; there is no picture (400), or there are too many (413).
    """
    if not len(inputs):
      raise exceptions.HTTPException(400, 'the request has no picture')
    if len(inputs) > self.limits.max_requests:
      raise exceptions.HTTPException(
        413,
        f'{len(inputs)} pictures in a request, more than '
        f'{self.limits.max_requests}',
      )
    call: Callable[..., Awaitable[Recognition]] = (
      self.classify_pixels if isinstance(inputs, np.ndarray) else self.classify
    )
    done = await asyncio.gather(*map(call, inputs), return_exceptions=True)
    found = []
    for index, item in enumerate(done):
      if isinstance(item, exceptions.HTTPException) and len(done) > 1:
        raise exceptions.HTTPException(
          item.status_code, f'picture {index}: {item.detail}'
        )
      if isinstance(item, BaseException):
        raise item
      found.append(item)
    return found

  def _checked_size(self, encoded: bytes) -> int:
    """Returns the number of pixels that a file's header declares.

    Raises:
      HTTPException: see classify().
    """
    try:
      width, height = image_files.open_file(encoded).size
    except image_errors.ImageError as error:
      too_large = str(error).startswith(image_errors.too_many_pixels())
      raise exceptions.HTTPException(
        413 if too_large else 415, str(error)
      ) from error
    if width * height > self._max_pixels:
      raise exceptions.HTTPException(
        413,
        f'declares {width:,} x {height:,} pixels, more than '
        f'{self._max_pixels:,} in all',
      )
    return width * height

  def _run(self, items: Sequence[tf.Tensor]) -> list[Recognition]:
    """Classifies a batch of pictures; each is one or more views."""
    probabilities, maps = self.classifier(items)
    ends = np.cumsum([len(views) for views in items])
    found = []
    for views, first in zip(
      np.split(probabilities, ends[:-1]), (0, *ends[:-1])
    ):
      mean = views.mean(axis=0)
      answer = answers.answer_of(
        '',
        mean,
        class_names=self.classifier.class_names,
        class_texts=self.classifier.class_texts,
        top_k=self.settings.top_k,
        min_probability=self.settings.min_probability,
        rule=self.settings.rule,
      )
      found.append(
        Recognition(answer=answer, probabilities=mean[1:], maps=maps[first])
      )
    return found
