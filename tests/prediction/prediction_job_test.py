"""Tests of a run that writes answers, maps and copies."""

import io
import json

import numpy as np
import pytest
import tensorflow as tf

from inception.prediction import answer_file
from inception.prediction import answer_formats
from inception.prediction import file_list
from inception.prediction import prediction_job
from inception.prediction import prediction_settings
from inception.testing import image_folders


class Classifier:
  """A stand-in network that is sure of bright pictures."""

  class_names = ('dark', 'bright')
  class_texts = ()
  image_size = 75
  input_dtype = tf.float32
  class_weights = np.ones([4, 3], np.float32)

  def __call__(self, views):
    images = np.concatenate(views)
    bright = (images.mean(axis=(1, 2, 3)) + 1) / 2
    probabilities = np.stack([0 * bright, 1 - bright, bright], axis=1)
    return probabilities, np.ones([len(images), 2, 2, 4], np.float32)


@pytest.fixture(name='folder')
def _folder(tmp_path):
  for index in range(6):
    (tmp_path / f'{index}.jpg').write_bytes(image_folders.image_file(index))
  (tmp_path / '3.jpg').write_bytes(b'')
  return tmp_path


def job(folder, **options):
  names = tuple(f'{index}.jpg' for index in range(6))
  return prediction_job.Job(
    classifier=Classifier(),
    settings=prediction_settings.Settings(
      batch_size=2, top_k=1, min_probability=0.6
    ),
    files=file_list.FileList(names, str(folder)),
    all_names=names,
    **options,
  )


def rows(text):
  return [json.loads(line) for line in text.splitlines()]


def run(a_job):
  stream = io.StringIO()
  writer = answer_file.StreamWriter(stream)
  form = answer_formats.make('jsonl', top_k=1)
  a_job.run(form, writer, shows_bar=False)
  return rows(stream.getvalue()), writer.counts


def test_every_file_has_a_row_and_kinds_are_counted(folder):
  found, counts = run(job(folder))
  assert [row['file'] for row in found] == [f'{i}.jpg' for i in range(6)]
  assert found[3]['error'] == 'the file is empty'
  unsure = sum(row['answer'] == 'none of these' for row in found)
  assert counts.get('broken') == 1
  assert counts.get('unsure', 0) == unsure


def test_copies_and_maps_are_made_of_good_files(folder):
  (folder / 'maps').mkdir()
  found, _ = run(
    job(folder, explain=str(folder / 'maps'), sort_into=str(folder / 'sorted'))
  )
  for row in found:
    copies = [p.parent.name for p in (folder / 'sorted').rglob(row['file'])]
    unsure = row['answer'] == 'none of these'
    expected = [] if 'error' in row else ['unsure' if unsure else row['answer']]
    assert copies == expected
  assert sorted(p.name for p in (folder / 'maps').iterdir()) == [
    f'{index}.explained.jpg' for index in (0, 1, 2, 4, 5)
  ]


def test_interrupted_run_is_resumed_with_equal_answers(folder):
  expected, counts = run(job(folder))
  path, facts = folder / 'out.jsonl', {'run': 1}
  form = answer_formats.make('jsonl', top_k=1)
  calls = []

  def stop_at_four(writer, row):
    def wrapped(text, kind=''):
      if len(calls) == 4:
        raise KeyboardInterrupt
      calls.append(text)
      row(text, kind)

    writer.row = wrapped

  with pytest.raises(KeyboardInterrupt), answer_file.opened(path, facts) as out:
    stop_at_four(out, out.row)
    job(folder).run(form, out, shows_bar=True)
  assert len(rows(path.read_text('utf-8'))) == 4
  with answer_file.opened(path, facts) as out:
    job(folder).run(form, out, shows_bar=True)
    assert out.counts == counts
  assert rows(path.read_text('utf-8')) == expected
  with answer_file.opened(path, facts) as out:
    assert out.is_complete
    job(folder).run(form, out, shows_bar=True)
  assert rows(path.read_text('utf-8')) == expected


def test_slow_run_is_logged(folder, monkeypatch):
  lines = []
  monkeypatch.setattr(prediction_job.progress, '_SECONDS_PER_LINE', 0)
  stream = answer_file.StreamWriter(io.StringIO())
  job(folder, log=lines.append).run(
    answer_formats.make('csv', top_k=1), stream, shows_bar=True
  )
  assert lines[-1] == 'Classifying: 6 of 6 files'
