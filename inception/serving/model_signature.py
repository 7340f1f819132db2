"""Names and shapes of the model's inputs and outputs in both protocols.

They are those of an exported model's signature serving_default, without its
logits and features.
"""

from collections.abc import Sequence
from typing import Any

from starlette import exceptions

from inception.serving import photo_service

IMAGE_BYTES, IMAGES = 'image_bytes', 'images'
# Outputs that are text; the others are numbers.
TEXTS = frozenset(('answer', 'classes', 'class_names'))


def output_shapes(service: photo_service.PhotoService) -> dict[str, list[int]]:
  """Returns {output: shape}; -1 stands for any number of pictures."""
  num_classes = len(service.classifier.class_names)
  top_k = min(service.settings.top_k, num_classes)
  return {
    'answer': [-1],
    'classes': [-1, top_k],
    'scores': [-1, top_k],
    'class_names': [-1, num_classes],
    'probabilities': [-1, num_classes],
  }


def outputs(
  service: photo_service.PhotoService,
  found: Sequence[photo_service.Recognition],
) -> dict[str, list[Any]]:
  """Returns {output: one value or row per picture}."""
  rows = [item.answer.candidates for item in found]
  return {
    'answer': [item.answer.name for item in found],
    'classes': [[candidate.name for candidate in row] for row in rows],
    'scores': [[candidate.probability for candidate in row] for row in rows],
    'class_names': [list(service.classifier.class_names) for _ in found],
    'probabilities': [item.probabilities.tolist() for item in found],
  }


def refused(reason: str) -> exceptions.HTTPException:
  """Returns the error for a malformed request."""
  return exceptions.HTTPException(400, reason)
