"""What prediction says of one file, and how it becomes a row.

Answer      of one file
Candidate   one class and its probability
to_json     an answer as plain JSON
answer_of   probabilities -> Answer
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
    name: of the class.
    probability: in [0, 1].
    text: what the class is called in full; '' where its name is that.
  """

  name: str
  probability: float
  text: str = ''

  @property
  def shown(self) -> str:
    """What people call the class."""
    return self.text or self.name


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
  """What is said of one file.

  Attributes:
    file: its name, as it was given.
    candidates: the likeliest classes, the first first; none for a broken file.
    is_sure: whether the first one's probability reaches the threshold.
    label: of the first one, counted from 1; 0 for a broken file.
    error: why there is no answer; '' where there is one.
  """

  file: str
  candidates: tuple[Candidate, ...] = ()
  is_sure: bool = True
  label: int = 0
  error: str = ''

  @property
  def name(self) -> str:
    """The class; 'none of these' where unsure; '' for a broken file."""
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
  # Stable: of equal ones the first label's, as tf.math.top_k has it.
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
      {'name': found.name, 'probability': round(found.probability, 6)}
      | ({'text': found.text} if found.text else {})
      for found in answer.candidates
    ],
  }
  return fields | ({'error': answer.error} if answer.error else {})
