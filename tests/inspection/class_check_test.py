"""Tests of inception.inspection.class_check."""

import pytest

from inception import dataset
from inception.inspection import class_check
from inception.inspection import record_examination


def info(**fields):
  return dataset.Dataset(
    name='pets',
    data_dir='',
    num_examples_of={},
    class_names=('cat', 'dog'),
    **fields,
  )


def checked(classes, label, text='', synset=''):
  return classes.check(
    record_examination.ExaminedRecord(label=label, text=text, synset=synset)
  )


@pytest.mark.parametrize(
  ('label', 'text'), [(1, 'cat'), (2, 'dog'), (1, ''), (None, 'bird')]
)
def test_classes_of_the_data_set_are_accepted(label, text):
  assert checked(class_check.Classes(info()), label, text) == []


@pytest.mark.parametrize(
  ('label', 'text', 'told'),
  [
    (0, 'cat', "TF-Slim's records count classes from 0"),
    (3, 'cat', 'label 3 is no class: pets has 2 classes, labelled 1 to 2'),
    (-5, '', 'label -5 is no class'),
    (1, 'dog', "image/class/text is 'dog', but label 1 is the class 'cat'"),
  ],
)
def test_other_classes_are_reported(label, text, told):
  (problem,) = checked(class_check.Classes(info()), label, text)
  assert told in problem


def test_identifiers_and_texts_are_both_accepted():
  classes = class_check.Classes(info(class_texts=('tabby, tom', 'hound')))
  for said in (
    {'text': 'tabby, tom', 'synset': 'cat'},
    {'text': 'cat'},
    {'text': 'tabby, tom'},
    {'text': 'Tom', 'synset': 'cat'},
  ):
    assert checked(classes, 1, **said) == []
  assert checked(classes, 1, 'hound', 'dog')
  assert classes.names() == {1: 'cat (tabby, tom)', 2: 'dog (hound)'}


def test_names_are_those_of_the_data_set():
  assert class_check.Classes(info()).names() == {1: 'cat', 2: 'dog'}


def test_without_info_the_first_record_names_the_label():
  classes = class_check.Classes(None)
  assert checked(classes, 7, 'roses') == []
  assert checked(classes, 2) == []  # TF-Slim writes no names.
  assert checked(classes, 7, 'roses') == []
  assert checked(classes, 7) == []
  assert checked(classes, 7, 'tulips') == [
    "image/class/text is 'tulips', but earlier records of label 7 have 'roses'"
  ]
  assert classes.names() == {2: 'label 2', 7: 'roses'}


@pytest.mark.parametrize('label', [-1, 10**12])
def test_without_info_large_labels_are_reported(label):
  classes = class_check.Classes(None)
  (problem,) = checked(classes, label)
  assert f'label {label} is no class' in problem
  assert 'TF-Slim' in checked(classes, 0)[0]
  assert classes.names() == {}


def test_two_unicode_forms_of_a_class_are_equal():
  made = dataset.Dataset(
    name='x', data_dir='', num_examples_of={}, class_names=('caf\u00e9',)
  )
  assert checked(class_check.Classes(made), 1, 'cafe\u0301') == []
  without = class_check.Classes(None)
  assert checked(without, 1, 'cafe\u0301') == []
  assert checked(without, 1, 'caf\u00e9') == []
  assert checked(without, 1, 'cafe')
