"""Classifies files; decodes the next pictures while the network computes.

Prediction   an answer, with its picture and maps
classify     yields the predictions in the order of the files
"""

import collections
import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from inception.jobs import ordered_pool
from inception.prediction import answers
from inception.prediction import classifier as classifier_lib
from inception.prediction import pictures
from inception.prediction import prediction_settings

# Number of decoded batches that wait for the network.
_BATCHES_AHEAD = 2


@dataclasses.dataclass(frozen=True, eq=False)
class Prediction:
  """The prediction for one file.

  Attributes:
    answer: answer for the file.
    picture: picture that was classified.
    maps: last feature maps of the first view, float [height, width, 2048]; None
      for a broken file, and if they were not requested.
  """

  answer: answers.Answer
  picture: pictures.Picture
  maps: np.ndarray | None = None


def classify(
  names: Iterable[str],
  classifier: classifier_lib.Classifier,
  read: Callable[[str], pictures.Picture],
  settings: prediction_settings.Settings,
  *,
  with_maps: bool = False,
) -> Iterator[Prediction]:
  """Yields the prediction of each file, in order.

  Only a few batches are in memory at a time, however many files there are.

  Args:
    names: names of the files.
    classifier: network that classifies.
    read: function that returns a file's picture; called in several threads.
    settings: settings of the classification.
    with_maps: whether predictions have their maps.
  """
  waiting: collections.deque[tuple[str, pictures.Picture]] = collections.deque()
  num_good = 0
  for name, picture in ordered_pool.run(
    read,
    names,
    num_threads=settings.num_threads,
    window=_BATCHES_AHEAD * settings.pictures_per_batch + settings.num_threads,
  ):
    waiting.append((name, picture))
    num_good += not picture.error
    if num_good == settings.pictures_per_batch:
      yield from _answered(waiting, classifier, settings, with_maps)
      waiting.clear()
      num_good = 0
  yield from _answered(waiting, classifier, settings, with_maps)


def _answered(
  batch: Iterable[tuple[str, pictures.Picture]],
  classifier: classifier_lib.Classifier,
  settings: prediction_settings.Settings,
  with_maps: bool,
) -> Iterator[Prediction]:
  """Yields the predictions of a batch."""
  good = [picture.views for _, picture in batch if not picture.error]
  if good:
    probabilities, maps = classifier(good)
    # The mean over the views of each picture.
    probabilities = probabilities.reshape(len(good), settings.views, -1)
    means = iter(probabilities.mean(axis=1))
    first = itertools.count(step=settings.views)
  for name, picture in batch:
    if picture.error:
      answer = answers.Answer(file=name, error=picture.error)
      yield Prediction(answer, picture)
      continue
    index = next(first)
    answer = answers.answer_of(
      name,
      next(means),
      class_names=classifier.class_names,
      class_texts=classifier.class_texts,
      top_k=settings.top_k,
      min_probability=settings.min_probability,
      rule=settings.rule,
    )
    yield Prediction(answer, picture, maps[index] if with_maps else None)
