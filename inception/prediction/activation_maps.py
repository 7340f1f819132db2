"""Class activation maps: the parts of a picture that are evidence for a class.

The main head is a mean over the last maps and one matrix. The logit of a class
is therefore exactly the mean of a map of that class, plus the bias (arXiv
1512.04150, equation 2); no gradient is needed:

  map_c[y, x] = sum over k of weights[k, c] * maps[y, x, k]

Softmax depends only on differences between logits, so the same map may be
subtracted from that of every class. With the mean over the classes subtracted,
the map shows the evidence for this class rather than for a flower of any kind.

  activation_map   computes that map
  overlay          draws the map in colour over the picture
  file_names       names each file's overlay
"""

import collections
import hashlib
import io
import os
import pathlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

_LONGEST_SIDE = 1024  # Longer side of an overlay, in pixels.
_MARGIN = 16  # eval_image cuts this part of a side off every edge.
_OPACITY = 0.5
_QUALITY = 90
# Dark blue, cyan, yellow, red: the colours of a map from 0 to 1.
_COLOURS = np.array(
  [[0, 0, 90], [0, 120, 255], [60, 255, 180], [255, 220, 0], [255, 20, 0]],
  np.float32,
)
_SUFFIX = '.explained.jpg'
# In bytes; file systems allow 255 for a name.
_LONGEST_STEM = 200
_DIGITS = 8  # Digits of the digest in a name that two files would share.


def activation_map(
  maps: np.ndarray, class_weights: np.ndarray, label: int
) -> np.ndarray:
  """Returns the map of a class.

  Args:
    maps: last feature maps, float [height, width, 2048].
    class_weights: weights of the classifier, float32 [2048, num_classes + 1].
    label: label of the class.

  Returns:
    float32 [height, width]; its mean is the logit minus the mean of all logits,
    without biases.
  """
  own = class_weights[:, label] - class_weights.mean(axis=1)
  return np.asarray(maps, np.float32) @ own


def overlay(jpeg: bytes, activation: np.ndarray) -> bytes:
  """Returns the picture as a JPEG file, with evidence for the class coloured.

  Evidence against it, and the margin that the network does not see, keep their
  own colours.

  Args:
    jpeg: JPEG file of the picture.
    activation: result of activation_map, float [height, width].
  """
  image = Image.open(io.BytesIO(jpeg)).convert('RGB')
  image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
  pixels = np.asarray(image, np.float32)
  height, width = pixels.shape[:2]
  top, left = height // _MARGIN, width // _MARGIN
  seen = np.s_[top : height - top, left : width - left]
  positive = np.maximum(activation, 0).astype(np.float32)
  strength = positive / max(float(positive.max()), 1e-12)
  strength = np.asarray(
    Image.fromarray(strength).resize(
      (width - 2 * left, height - 2 * top), Image.Resampling.BILINEAR
    )
  )
  position = strength * (len(_COLOURS) - 1)
  colours = np.stack(
    [
      np.interp(position, range(len(_COLOURS)), _COLOURS[:, channel])
      for channel in range(3)
    ],
    axis=-1,
  )
  alpha = (_OPACITY * np.sqrt(strength))[..., np.newaxis]
  blended = pixels.copy()
  blended[seen] = (1 - alpha) * pixels[seen] + alpha * colours
  buffer = io.BytesIO()
  Image.fromarray(blended.round().astype(np.uint8)).save(
    buffer, 'JPEG', quality=_QUALITY
  )
  return buffer.getvalue()


def file_names(names: Sequence[str]) -> dict[str, str]:
  """Returns {file: name of its overlay}, the same on every run.

  A name that two files would share gets a digest of the file's path, as does
  one that would be too long.

  Args:
    names: names of all files, including those that other shards classify.
  """
  # Not every file system distinguishes A from a.
  count = collections.Counter(_stem(name).lower() for name in set(names))

  def is_own(stem: str, name: str) -> bool:
    return count[stem.lower()] == 1 and stem == pathlib.PurePath(name).stem

  stems = {name: _stem(name) for name in names}
  return {
    name: stem + ('' if is_own(stem, name) else f'-{_digest(name)}') + _SUFFIX
    for name, stem in stems.items()
  }


def _stem(name: str) -> str:
  """Returns the name without its ending, cut to _LONGEST_STEM bytes."""
  stem = pathlib.PurePath(name).stem
  encoded = os.fsencode(stem)
  if len(encoded) <= _LONGEST_STEM:
    return stem
  return encoded[:_LONGEST_STEM].decode('utf-8', 'ignore')


def _digest(name: str) -> str:
  return hashlib.sha256(os.fsencode(name)).hexdigest()[:_DIGITS]
