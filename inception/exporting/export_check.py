"""Checks a written file against its checkpoint.

  Reference   answers of the checkpoint, computed once
  Result      result of the check of one file
  check       runs a file and compares

Speeds are measured with batches of 32, after a first, slower call. They include
the decoding of pictures only for formats that take files.
"""

import dataclasses
import functools
import gc
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from inception import image_processing
from inception.exporting import agreement
from inception.exporting import check_pictures
from inception.exporting import formats

# Images -> probabilities with the background's, and maps: see Classifier.
Network = Callable[[list[tf.Tensor]], tuple[np.ndarray, tf.Tensor]]

_BATCH_SIZE = 32


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
  """Result of the check of one file.

  Attributes:
    agreement: comparison with the checkpoint.
    images_per_sec: speed of the file.
    faults: one clause per exceeded part of the format's bound; empty if the
      file passed.
  """

  agreement: agreement.Agreement
  images_per_sec: float
  faults: tuple[str, ...]

  def to_json(self) -> dict[str, Any]:
    """Returns the result as plain JSON."""
    return {
      'num_pictures': self.agreement.num_pictures,
      'num_equal': self.agreement.num_equal,
      'num_ties': self.agreement.num_ties,
      'largest_difference': self.agreement.max_difference,
      'precision_at_1': share(
        self.agreement.num_right, self.agreement.num_pictures
      ),
      'checkpoint_precision_at_1': share(
        self.agreement.checkpoint_num_right, self.agreement.num_pictures
      ),
      'images_per_sec': round(self.images_per_sec, 2),
    }


def share(count: int | None, total: int) -> float | None:
  """Returns a share; None if the count is unknown."""
  return None if count is None else count / total


class Reference:
  """Answers of the checkpoint to the pictures of the check.

  Attributes:
    pictures: the pictures.
    images_per_sec: speed of the checkpoint, without decoding.
  """

  def __init__(
    self,
    network: Network,
    pictures: check_pictures.Pictures,
    *,
    image_size: int,
  ):
    """Stores the arguments; `probabilities` runs the network.

    Args:
      network: the checkpoint's Classifier, in float32.
      pictures: pictures to check with.
      image_size: height and width of the network's input, in pixels.
    """
    self.pictures = pictures
    self.images_per_sec = float('nan')
    self._network = [network]
    self._decode = tf.function(
      functools.partial(image_processing.eval_image, size=image_size),
      input_signature=[tf.TensorSpec([], tf.string)],
      autograph=False,
    )

  def batches(self) -> Iterator[formats.Batch]:
    """Yields the pictures, encoded and as evaluation sees them."""
    encoded = self.pictures.encoded
    for start in range(0, len(encoded), _BATCH_SIZE):
      part = encoded[start : start + _BATCH_SIZE]
      yield formats.Batch(
        encoded=part,
        images=np.stack([self._decode(item).numpy() for item in part]),
      )

  @functools.cached_property
  def probabilities(self) -> np.ndarray:
    """Probabilities of the classes, float64 [pictures, num_classes].

    Computing them releases the network, which takes more than a gigabyte.
    """
    result = self._run_network(self._network.pop())
    gc.collect()  # TensorFlow's functions are reference cycles.
    return result[:, 1:]

  def _run_network(self, network: Network) -> np.ndarray:
    result, self.images_per_sec = self.run(
      lambda batch: network([tf.constant(batch.images)])[0]
    )
    return result

  def compute(self) -> None:
    """Computes `probabilities`, unless they have been computed."""
    _ = self.probabilities

  def run(self, runner: formats.Runner) -> tuple[np.ndarray, float]:
    """Returns a runner's probabilities for all pictures, and its speed."""
    results, seconds, count = [], 0.0, 0
    for index, batch in enumerate(self.batches()):
      if index == 0:
        runner(batch)
      start = time.perf_counter()
      results.append(runner(batch))
      seconds += time.perf_counter() - start
      count += len(batch.encoded)
    return np.concatenate(results), count / seconds


def check(
  runner: formats.Runner, reference: Reference, bound: agreement.Bound
) -> Result:
  """Runs a loaded file on the pictures and compares.

  Args:
    runner: the loaded file.
    reference: answers of the checkpoint.
    bound: limits of the format.
  """
  expected = reference.probabilities
  probabilities, images_per_sec = reference.run(runner)
  compared = agreement.compare(
    probabilities[:, -expected.shape[1] :],
    expected,
    labels=reference.pictures.labels,
    bound=bound,
  )
  return Result(
    agreement=compared,
    images_per_sec=images_per_sec,
    faults=tuple(compared.faults(bound)),
  )
