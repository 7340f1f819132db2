"""Class activation maps: where in a picture the network sees a class.

The main head is a mean over the last maps, and one matrix. The logit of a class
is therefore the mean of a map of its own, plus the bias (arXiv 1512.04150,
equation 2), exactly and without a gradient:

  map_c[y, x] = sum over k of weights[k, c] * maps[y, x, k]

Softmax sees only differences between logits, so that the same may be taken off
every class. Less the mean over the classes, the map shows what speaks for this
class rather than for a flower of any kind.

  activation_map   that map
  overlay          the map as colours over the picture
  file_names       the name of each file's overlay
"""

import collections
import hashlib
import io
import os
import pathlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

_LONGEST_SIDE = 1024  # Of an overlay, in pixels.
_MARGIN = 16  # eval_image cuts this part of a side off every edge.
_OPACITY = 0.5
_QUALITY = 90
# Dark blue, cyan, yellow, red: the colours of a map from 0 to 1.
_COLOURS = np.array(
  [[0, 0, 90], [0, 120, 255], [60, 255, 180], [255, 220, 0], [255, 20, 0]],
  np.float32,
)
_SUFFIX = '.explained.jpg'
_DIGITS = 8  # Of a digest, in a name that two files would share.


def activation_map(
  maps: np.ndarray, class_weights: np.ndarray, label: int
) -> np.ndarray:
  """Returns the class's map.

  Args:
    maps: float [height, width, 2048], of the last layer.
    class_weights: float32 [2048, num_classes + 1], of the classifier.
    label: of the class.

  Returns:
    float32 [height, width]; its mean is the logit, less the mean of all logits,
    biases left out.
  """
  own = class_weights[:, label] - class_weights.mean(axis=1)
  return np.asarray(maps, np.float32) @ own


def overlay(jpeg: bytes, activation: np.ndarray) -> bytes:
  """Returns the picture as a JPEG file, what speaks for the class coloured.

  What speaks against it, and the margin that the network does not see, keeps
  its own colours.

  Args:
    jpeg: the picture.
    activation: float [height, width], of activation_map.
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
  at = strength * (len(_COLOURS) - 1)
  colours = np.stack(
    [
      np.interp(at, range(len(_COLOURS)), _COLOURS[:, channel])
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

  A name that two files would share gets a part that the file's path decides.

  Args:
    names: of all files, whichever part of them this run classifies.
  """
  # Not every disk tells A from a.
  count = collections.Counter(_stem(name).lower() for name in set(names))
  return {
    name: _stem(name)
    + (f'-{_digest(name)}' if count[_stem(name).lower()] > 1 else '')
    + _SUFFIX
    for name in names
  }


def _stem(name: str) -> str:
  return pathlib.PurePath(name).stem


def _digest(name: str) -> str:
  return hashlib.sha256(os.fsencode(name)).hexdigest()[:_DIGITS]
