"""Names and shapes of the model's inputs and outputs in both protocols.

They are those of an exported model's signature serving_default.
"""

from collections.abc import Sequence
from typing import Any

from starlette import exceptions

from inception.serving import photo_service

IMAGE_BYTES, PIXELS = 'image_bytes', 'pixels'
CLASSES, SCORES, PROBABILITIES = 'classes', 'scores', 'probabilities'


def output_shapes(service: photo_service.PhotoService) -> dict[str, list[int]]:
  """Returns {output: shape}; -1 stands for any number of pictures."""
  num_classes = len(service.classifier.class_names)
  top_k = min(service.settings.top_k, num_classes)
  return {
    CLASSES: [-1, top_k],
    SCORES: [-1, top_k],
    PROBABILITIES: [-1, num_classes],
  }


def outputs(
  found: Sequence[photo_service.Recognition],
) -> dict[str, list[list[Any]]]:
  """Returns {output: one row per picture}."""
  candidates = [item.answer.candidates for item in found]
  return {
    CLASSES: [[best.name for best in row] for row in candidates],
    SCORES: [[best.probability for best in row] for row in candidates],
    PROBABILITIES: [item.probabilities.tolist() for item in found],
  }


def refused(reason: str) -> exceptions.HTTPException:
  """Returns the error for a malformed request."""
  return exceptions.HTTPException(400, reason)
