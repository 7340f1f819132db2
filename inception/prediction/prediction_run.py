"""Files -> answers: the next pictures are decoded while the network works.

Prediction   an answer, and what it was made of
classify     the answers, one after the other, in the order of the files
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

# Decoded batches that wait for the network.
_BATCHES_AHEAD = 2


@dataclasses.dataclass(frozen=True, eq=False)
class Prediction:
  """One file's answer.

  Attributes:
    answer: what is said of it.
    picture: what it was made of.
    maps: float [height, width, 2048]: the last layer's maps of the first view;
      None of a broken file, and where they are not wanted.
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

  A few batches are all that is in memory, however many files there are.

  Args:
    names: of the files.
    classifier: the network.
    read: returns a file's picture; is called in several threads at a time.
    settings: how to classify.
    with_maps: whether predictions have their maps.
  """
  waiting = collections.deque()
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


def _answered(batch, classifier, settings, with_maps) -> Iterator[Prediction]:
  """Yields the predictions of a batch."""
  good = [picture.views for _, picture in batch if not picture.error]
  if good:
    probabilities, maps = classifier(good)
    # Of each picture the mean over its views.
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
