"""Classifies files and writes the requested answers, maps and copies.

Job   one run over files
"""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence

import numpy as np

from inception.jobs import atomic_files
from inception.jobs import progress
from inception.prediction import activation_maps
from inception.prediction import answer_file
from inception.prediction import answer_formats
from inception.prediction import classifier as classifier_lib
from inception.prediction import file_list
from inception.prediction import pictures
from inception.prediction import prediction_run
from inception.prediction import prediction_settings
from inception.prediction import sorted_copies

BROKEN, UNSURE = 'broken', 'unsure'

Writer = answer_file.Writer | answer_file.StreamWriter


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
  """One run over files.

  Attributes:
    classifier: network that classifies.
    settings: settings of the classification.
    files: files to classify.
    all_names: names of the files of all shards, which decide the maps' names.
    explain: folder for the maps; '' for none.
    sort_into: folder for the copies; '' for none.
    log: called with an occasional line of progress if stderr is not a
      terminal.
  """

  classifier: classifier_lib.Classifier
  settings: prediction_settings.Settings
  files: file_list.FileList
  all_names: Sequence[str]
  explain: str = ''
  sort_into: str = ''
  log: Callable[[str], None] = lambda line: None

  def run(
    self, form: answer_formats.Format, writer: Writer, *, shows_bar: bool
  ) -> None:
    """Writes the answers that `writer` lacks.

    Args:
      form: format of the answers.
      writer: destination of the answers.
      shows_bar: whether to show a progress bar.

    Raises:
      sorted_copies.SortError: a file cannot be copied.
      OSError: a map cannot be written.
    """
    if writer.is_complete:
      return
    if self.sort_into:
      sorted_copies.check(self.classifier.class_names)
    done, total = writer.num_rows, len(self.files.names)
    if not done:
      writer.text(form.head)
    if shows_bar:
      with progress.show(
        'Classifying', total, log=self.log, unit='files', done=done
      ) as update:
        self._classify(form, writer, update)
    else:
      self._classify(form, writer, lambda count: None)
    writer.text(form.foot)
    writer.complete()

  def _classify(
    self,
    form: answer_formats.Format,
    writer: Writer,
    update: Callable[[int], object],
  ) -> None:
    """Classifies the files that have no answer yet, and writes everything."""
    read = pictures.Reader(
      image_size=self.classifier.image_size,
      num_views=self.settings.views,
      dtype=self.classifier.input_dtype,
    )
    map_names = (
      activation_maps.file_names(self.all_names) if self.explain else {}
    )
    for prediction in prediction_run.classify(
      self.files.names[writer.num_rows :],
      self.classifier,
      lambda name: read(self.files.path(name)),
      self.settings,
      with_maps=bool(self.explain),
    ):
      answer = prediction.answer
      # Written before the row: a resumed run may write them twice but never
      # skips them.
      if not answer.error:
        if prediction.maps is not None:
          self._explain(prediction, prediction.maps, map_names[answer.file])
        if self.sort_into:
          folder = sorted_copies.folder_of(answer)
          sorted_copies.copy(
            self.files.path(answer.file), pathlib.Path(self.sort_into, folder)
          )
      kind = BROKEN if answer.error else '' if answer.is_sure else UNSURE
      writer.row(form.row(answer, is_first=writer.num_rows == 0), kind)
      update(1)

  def _explain(
    self, prediction: prediction_run.Prediction, maps: np.ndarray, name: str
  ) -> None:
    """Writes the map of one prediction."""
    activation = activation_maps.activation_map(
      maps, self.classifier.class_weights, prediction.answer.label
    )
    picture = activation_maps.overlay(prediction.picture.jpeg, activation)
    with atomic_files.writing(
      pathlib.Path(self.explain, name), durable=False
    ) as temporary:
      temporary.write_bytes(picture)
