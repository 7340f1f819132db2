"""The answer for one file.

Answer      the answer for one file
Candidate   one class and its probability
answer_of   makes an Answer from probabilities
to_json     returns an Answer as plain JSON
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from inception.checkpoints import threshold

NONE_OF_THESE = 'none of these'


@dataclasses.dataclass(frozen=True)
class Candidate:
  """One class and its probability.

  Attributes:
    name: name of the class.
    probability: probability of the class, in [0, 1].
    text: full name of the class; '' if there is no other than `name`.
  """

  name: str
  probability: float
  text: str = ''

  @property
  def shown(self) -> str:
    """Full name of the class, or else its name."""
    return self.text or self.name


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
  """The answer for one file.

  Attributes:
    file: name of the file, as it was given.
    candidates: most probable classes in descending order; empty for a broken
      file.
    is_sure: whether the first candidate is accepted as the answer.
    label: label of the first candidate, counted from 1; 0 for a broken file.
    error: reason why there is no answer; '' if there is one.
  """

  file: str
  candidates: tuple[Candidate, ...] = ()
  is_sure: bool = True
  label: int = 0
  error: str = ''

  @property
  def name(self) -> str:
    """The class; 'none of these' if unsure; '' for a broken file."""
    if self.error:
      return ''
    return self.candidates[0].name if self.is_sure else NONE_OF_THESE


def answer_of(
  file: str,
  probabilities: np.ndarray,
  *,
  class_names: Sequence[str],
  class_texts: Sequence[str] = (),
  top_k: int,
  min_probability: float = 0.0,
  rule: threshold.Rule | None = None,
) -> Answer:
  """Returns the answer for one file.

  Args:
    file: name of the file.
    probabilities: float [num_classes + 1], softmax of the logits; the first is
      the background's, which is never an answer.
    class_names: class names in the order of their labels; the first has label
      1.
    class_texts: full names of the classes; may be empty.
    top_k: maximum number of candidates.
    min_probability: least probability of a sure answer.
    rule: rule that a sure answer must satisfy too.
  """
  of_classes = probabilities[1:]
  # A stable sort puts the smaller of equal labels first, like tf.math.top_k.
  best = np.argsort(-of_classes, kind='stable')[:top_k]
  return Answer(
    file=file,
    candidates=tuple(
      Candidate(
        class_names[index],
        float(of_classes[index]),
        class_texts[index] if class_texts else '',
      )
      for index in best
    ),
    is_sure=bool(of_classes[best[0]] >= min_probability)
    and (rule is None or _is_accepted(probabilities, rule)),
    label=int(best[0]) + 1,
  )


def _is_accepted(probabilities: np.ndarray, rule: threshold.Rule) -> bool:
  """Returns whether the largest scaled probability reaches the threshold.

  It must be a class's, not the background's. The logarithm of a softmax is the
  logits less a constant, so scaling it scales the logits. For several views,
  evaluation scales the logarithm of their mean probabilities too.

  Args:
    probabilities: float [num_classes + 1].
    rule: temperature and threshold.
  """
  if probabilities[0] > probabilities[1:].max():
    return False
  positive = np.maximum(
    probabilities.astype(np.float64), np.finfo(np.float64).tiny
  )
  scaled = np.log(positive) / rule.temperature
  largest = 1 / np.exp(scaled - scaled.max()).sum()
  return bool(largest >= rule.threshold)


def to_json(answer: Answer) -> dict[str, Any]:
  """Returns {'file', 'answer', 'classes': [{'name', 'probability'}]}.

  A broken file has {'file', 'answer': None, 'classes': [], 'error'}.
  """
  fields = {
    'file': answer.file,
    'answer': answer.name or None,
    'classes': [
      {'name': candidate.name, 'probability': round(candidate.probability, 6)}
      | ({'text': candidate.text} if candidate.text else {})
      for candidate in answer.candidates
    ],
  }
  return fields | ({'error': answer.error} if answer.error else {})
