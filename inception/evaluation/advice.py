"""Sentences on what to do next, each from a measurement.

advise         returns at most five sentences
Measurements   input of the advice
on_*           one sentence from one measurement; None if it advises nothing

All functions are pure: measurements in, sentences out.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from inception.evaluation import learning_curve
from inception.evaluation import rejection as rejection_lib
from inception.evaluation import whole_pictures
from inception.jobs import display_names

MOST = 5

# Pictures of one class whose worth is estimated.
_MORE = 100
# Least gain of recall that is worth collecting pictures.
_LEAST_GAIN = 0.01
# Largest probability of chance at which a difference is reported.
_SIGNIFICANT = 0.05


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measurements:
  """Measurements of one evaluation; those that were not made are None.

  Attributes:
    class_names: class names without background, in the order of their labels.
    support: number of evaluated examples of each class.
    curve: accuracy by the number of training pictures.
    num_suspects: number of likely wrong labels among the evaluated examples.
    num_training_suspects: number of them among the training pictures.
    leaks: names of evaluated files with a copy in the training subset.
    whole: central crops compared with complete pictures.
    rejection: threshold for "none of these".
    is_stored: whether that threshold was requested, and so stored.
  """

  class_names: Sequence[str]
  support: Sequence[int]
  curve: learning_curve.LearningCurve | None = None
  num_suspects: int | None = None
  num_training_suspects: int | None = None
  leaks: Sequence[str] = ()
  whole: whole_pictures.WholePictures | None = None
  rejection: rejection_lib.Rejection | None = None
  is_stored: bool = False


def advise(measured: Measurements) -> list[str]:
  """Returns at most five sentences, the most fundamental first.

  Wrong data come first, because they make the other measurements wrong.
  """
  sentences = (
    on_leaks(measured.leaks),
    on_labels(measured.num_suspects, measured.num_training_suspects),
    on_pictures(measured.curve, measured.class_names, measured.support),
    on_crop(measured.whole),
    on_threshold(measured.rejection, is_stored=measured.is_stored),
  )
  return [sentence for sentence in sentences if sentence][:MOST]


def on_leaks(leaks: Sequence[str]) -> str | None:
  """Returns the sentence on evaluated files with a copy in the training set."""
  if not leaks:
    return None
  name = display_names.printable(leaks[0])
  verb, those = ('has', 'it') if len(leaks) == 1 else ('have', 'them')
  return (
    f'{len(leaks):,} of the evaluated pictures {verb} a copy among the '
    f'training pictures, such as {name}, so the figures are too good: keep '
    f'{those} in one subset, and prepare the data again'
  )


def on_labels(num_suspects: int | None, num_training: int | None) -> str | None:
  """Returns the sentence on likely wrong labels."""
  parts = [
    f'{count:,} {kind}'
    for count, kind in (
      (num_training, 'training pictures'),
      (num_suspects, 'evaluated pictures'),
    )
    if count
  ]
  if not parts:
    return None
  return (
    f'look at the labels of {" and ".join(parts)} that look like another '
    'class: --relabel_csv writes them with the suggested class'
  )


def on_pictures(
  curve: learning_curve.LearningCurve | None,
  class_names: Sequence[str],
  support: Sequence[int],
) -> str | None:
  """Returns the sentence on the class that gains most from more pictures.

  That is the class for which more pictures give the largest number of
  additional correct answers.
  """
  if curve is None:
    return None
  gains = curve.expected_recall(_MORE) - curve.recall[-1]
  gains = np.where(np.isnan(gains), 0, gains)
  best = int(np.argmax(gains * np.asarray(support)))
  if gains[best] < _LEAST_GAIN:
    return (
      f'more pictures of one class would hardly help: {_MORE} more would give '
      'less than 1 point of its recall'
    )
  before = curve.recall[-1][best]
  points = round(100 * gains[best])
  name = display_names.printable(class_names[best])
  return (
    f'{_MORE} more pictures of {name} would give about '
    f'{points} point{"s" if points != 1 else ""} more recall of {name} '
    f'({before:.0%} to {before + gains[best]:.0%}, by the learning curve of '
    'the last layer), and the most correct answers of all classes'
  )


def on_crop(whole: whole_pictures.WholePictures | None) -> str | None:
  """Returns the sentence on the central crop, where it is worse."""
  if whole is None or (
    whole.only_whole <= whole.only_crop or whole.p_value >= _SIGNIFICANT
  ):
    return None
  return (
    'the central crop cuts subjects off: of '
    f'{whole.num_examples} pictures, {whole.num_correct_whole} are right '
    f'without it and {whole.num_correct} with it (p = {whole.p_value:.2g}); '
    '--views=10 also looks at the corners'
  )


def on_threshold(
  rejection: rejection_lib.Rejection | None, *, is_stored: bool
) -> str | None:
  """Returns the sentence on the threshold for "none of these"."""
  if rejection is None or rejection.threshold is None:
    return None
  if not rejection.num_correct or rejection.coverage == 1:
    return None
  flag = (
    'predict uses it'
    if is_stored
    else f'--target_precision={rejection.target_precision:g} stores it'
  )
  return (
    f'answer "none of these" below probability {rejection.threshold:.2f}: '
    f'{rejection.precision:.1%} of the other answers are right, for '
    f'{rejection.coverage:.0%} of the pictures; {flag}'
  )
