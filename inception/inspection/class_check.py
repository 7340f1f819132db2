"""Whether a record's label and class name are those of its data set.

  Classes   the classes that are known, and the check of a record

A folder with dataset_info.json says what its classes are. Of one without, made
in 2016, each label's name is that in its first record.
"""

from collections.abc import Mapping

from inception import dataset
from inception.inspection import record_examination
from inception.records import example_message

# Who has no dataset_info.json may have any label; so many are no label.
_MAX_LABEL = 1_000_000


class Classes:
  """The classes of a data set."""

  def __init__(self, info: dataset.Dataset | None):
    self._info = info
    self._names = {}
    if info is not None:
      self._names = dict(enumerate(info.class_names, 1))
    self._texts = {label: {name} for label, name in self._names.items()}
    if info is not None:
      for label, text in enumerate(info.class_texts, 1):
        self._texts.setdefault(label, set()).add(text)

  def names(self) -> Mapping[int, str]:
    """Returns {label: class name}, ascending.

    ImageNet's identifiers are followed by what they mean. Without
    dataset_info.json these are the labels that check has seen.
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
    """Returns what is wrong with the class of a record."""
    label = examined.label
    if label is None:  # Which record_examination has told.
      return []
    problem = self._wrong_label(label)
    if problem:
      return [problem]
    if self._info is None and not self._names.get(label):
      self._names[label] = examined.text
      self._texts[label] = {examined.text}
    said = {examined.text, examined.synset} - {''}
    if not said or said & self._texts[label]:
      return []
    if self._info is None:
      return [
        f'{example_message.TEXT} is {examined.text!r}, and earlier '
        f'records of label {label} have {self._names[label]!r}'
      ]
    return [
      f'{example_message.TEXT} is {examined.text!r}, and label {label} '
      f'is the class {self._names[label]!r}'
    ]

  def _wrong_label(self, label: int) -> str | None:
    if label == 0:
      return (
        "label 0 is the unused background class here: TF-Slim's records "
        'count classes from 0, these programs from 1: prepare the data '
        'again with build_image_data'
      )
    if self._info is not None and not 1 <= label <= self._info.num_classes:
      return (
        f'label {label} is no class: {self._info.name} has '
        f'{self._info.num_classes} classes, labelled 1 to '
        f'{self._info.num_classes}'
      )
    if not 1 <= label <= _MAX_LABEL:
      return f'label {label} is no class: labels count from 1'
    return None
