"""Checks whether a record's label and class name belong to its data set.

  Classes   the known classes, and the check of a record

dataset_info.json defines the classes. Without it, as in folders of 2016, the
name of each label is the one in its first record.
"""

from collections.abc import Mapping

from inception import dataset
from inception.inspection import record_examination
from inception.jobs import display_names
from inception.records import example_message
from inception.records import record_problems


class Classes:
  """The classes of a data set."""

  def __init__(self, info: dataset.Dataset | None):
    self._info = info
    self._names: dict[int, str] = {}
    if info is not None:
      self._names = dict(enumerate(info.class_names, 1))
    self._texts = {label: {name} for label, name in self._names.items()}
    if info is not None:
      for label, text in enumerate(info.class_texts, 1):
        self._texts.setdefault(label, set()).add(text)

  def names(self) -> Mapping[int, str]:
    """Returns {label: class name}, ascending.

    ImageNet's identifiers are followed by their names in words. Without
    dataset_info.json, the labels are those that `check` has seen.
    """
    names = {
      label: self._names[label] or f'label {label}'
      for label in sorted(self._names)
    }
    texts = self._info.class_texts if self._info is not None else ()
    for label, text in enumerate(texts, 1):
      if label in names and text != names[label]:
        names[label] = f'{names[label]} ({text})'
    return names

  def check(self, examined: record_examination.ExaminedRecord) -> list[str]:
    """Returns the problems with the class of a record, one clause each."""
    label = examined.label
    if label is None:  # record_examination reports it.
      return []
    problem = record_problems.label(
      label,
      num_classes=self._info.num_classes if self._info else None,
      name=self._info.name if self._info else '',
    )
    if problem:
      return [problem]
    if self._info is None and not self._names.get(label):
      self._names[label] = examined.text
      self._texts[label] = {examined.text}
    texts = {examined.text, examined.synset} - {''}
    known = {display_names.composed(text) for text in self._texts[label]}
    if not texts or {display_names.composed(text) for text in texts} & known:
      return []
    if self._info is None:
      return [
        f'{example_message.TEXT} is {examined.text!r}, but earlier '
        f'records of label {label} have {self._names[label]!r}'
      ]
    return [
      f'{example_message.TEXT} is {examined.text!r}, but label {label} '
      f'is the class {self._names[label]!r}'
    ]
