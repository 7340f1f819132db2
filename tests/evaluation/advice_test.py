"""Tests of the advice, from measurements made by hand."""

import numpy as np
import pytest

from inception.evaluation import advice
from inception.evaluation import learning_curve
from inception.evaluation import rejection
from inception.evaluation import whole_pictures


def curve(accuracy=(0.6, 0.7, 0.775), recall=(0.8, 0.52)):
  return learning_curve.LearningCurve(
    num_pictures=np.array([50.0, 100.0, 200.0]),
    accuracy=np.array(accuracy),
    recall=np.array([recall] * 3),
    class_counts=np.array([100, 100]),
  )


def whole(only_crop, only_whole):
  return whole_pictures.WholePictures(
    num_examples=200,
    num_correct=150 + only_crop,
    num_correct_whole=150 + only_whole,
    only_crop=only_crop,
    only_whole=only_whole,
  )


def fitted(threshold=0.7, num_accepted=80, num_correct=76):
  return rejection.Rejection(
    target_precision=0.95,
    temperature=1.0,
    threshold=threshold,
    num_examples=100,
    num_accepted=num_accepted,
    num_correct=num_correct,
    best_precision=0.96,
  )


def test_copies_are_counted():
  assert advice.on_leaks([]) is None
  assert advice.on_leaks(['a.jpg', 'b.jpg']) == (
    '2 of the evaluated pictures have a copy among the training pictures, such '
    'as a.jpg, so the figures are too good: keep them in one subset, and '
    'prepare the data again'
  )
  assert advice.on_leaks(['two\nlines']).startswith(
    r'1 of the evaluated pictures has a copy among the training pictures, such '
    r'as two\nlines,'
  )


@pytest.mark.parametrize(
  ('evaluated', 'training', 'words'),
  [
    (3, 20, '20 training pictures and 3 evaluated pictures'),
    (3, None, '3 evaluated pictures'),
    (None, 20, '20 training pictures'),
  ],
)
def test_labels_to_look_at_are_counted(evaluated, training, words):
  assert advice.on_labels(evaluated, training) == (
    f'look at the labels of {words} that look like another class: '
    '--relabel_csv writes them with the suggested class'
  )


def test_without_suspects_there_is_no_advice_on_labels():
  assert advice.on_labels(0, None) is None
  assert advice.on_labels(0, 0) is None


def test_class_with_the_most_additional_answers_needs_pictures():
  # The error falls as n ** -0.415: 0.4, 0.3, 0.225. Twice as many pictures
  # leave 0.75 of it: 0.48 -> 0.36 and 0.2 -> 0.15.
  assert advice.on_pictures(curve(), ['a', 'b'], [10, 10]) == (
    '100 more pictures of b would give about 12 points more recall of b (52% '
    'to 64%, by the learning curve of the last layer), and the most correct '
    'answers of all classes'
  )
  # Three times as many examples of a are worth more.
  assert '100 more pictures of a would give about 5 points' in (
    advice.on_pictures(curve(), ['a', 'b'], [30, 10])
  )


def test_flat_curve_advises_against_more_pictures():
  flat = curve(accuracy=(0.7, 0.7, 0.7))
  assert advice.on_pictures(flat, ['a', 'b'], [9, 9]) == (
    'more pictures of one class would hardly help: 100 more would give less '
    'than 1 point of its recall'
  )
  assert advice.on_pictures(None, ['a', 'b'], [9, 9]) is None


def test_class_without_examples_is_not_advised():
  found = advice.on_pictures(curve(recall=(np.nan, 0.5)), ['a', 'b'], [0, 9])
  assert 'pictures of b' in found


def test_crop_is_blamed_only_if_it_is_clearly_worse():
  assert advice.on_crop(None) is None
  assert advice.on_crop(whole(9, 2)) is None
  assert advice.on_crop(whole(4, 8)) is None  # p = 0.39
  # 2 (1 + 12) / 2 ** 12 = 0.0063
  assert advice.on_crop(whole(1, 11)) == (
    'the central crop cuts subjects off: of 200 pictures, 161 are right '
    'without it and 151 with it (p = 0.0063); --views=10 also looks at the '
    'corners'
  )


def test_threshold_is_given_with_its_cost():
  sentence = (
    'answer "none of these" below probability 0.70: 95.0% of the other '
    'answers are right, for 80% of the pictures; '
  )
  assert advice.on_threshold(fitted(), is_stored=True) == (
    f'{sentence}predict uses it'
  )
  assert advice.on_threshold(fitted(), is_stored=False) == (
    f'{sentence}--target_precision=0.95 stores it'
  )
  for nothing in (None, fitted(None, 0, 0), fitted(0.1, 100, 99)):
    assert advice.on_threshold(nothing, is_stored=False) is None


def test_advice_has_at_most_five_sentences_in_order():
  found = advice.advise(
    advice.Measurements(
      class_names=['a', 'b'],
      support=[10, 10],
      curve=curve(),
      num_suspects=1,
      num_training_suspects=2,
      leaks=['a.jpg'],
      whole=whole(0, 10),
      rejection=fitted(),
    )
  )
  assert len(found) == advice.MOST
  for sentence, words in zip(
    found, ('a copy', 'the labels', 'more pictures', 'crop', 'none of these')
  ):
    assert words in sentence


def test_without_measurements_there_is_no_advice():
  assert not advice.advise(advice.Measurements(class_names=['a'], support=[1]))
