"""Tests of writing, checking and publishing."""

import json

import numpy as np
import pytest

from inception.exporting import agreement
from inception.exporting import check_pictures
from inception.exporting import export_check
from inception.exporting import export_files
from inception.exporting import export_job
from inception.exporting import formats
from inception.jobs import output_folder
from inception.testing import exported_models
from inception.testing import records

_ANSWER = np.array([[0.2, 0.5, 0.3]])


def network(images):
  count = sum(len(part) for part in images)
  return np.tile(_ANSWER, [count, 1]), None


def form(added):
  """Returns a format of one file, whose probabilities differ by `added`."""

  def write(folder, request):
    folder.mkdir()
    (folder / 'added.json').write_text(json.dumps(added), 'utf-8')

  def load(folder, request):
    read = json.loads((folder / 'added.json').read_text('utf-8'))
    return lambda batch: np.tile(_ANSWER[:, 1:] + read, [len(batch.encoded), 1])

  return formats.Format(
    write=write, open=load, bound={'float32': agreement.FLOAT}
  )


@pytest.fixture(autouse=True)
def _formats(monkeypatch):
  monkeypatch.setattr(
    formats,
    'FORMATS',
    {'good': form([0, 1e-6]), 'better': form([0, 0]), 'bad': form([0, 0.5])},
  )


def run(output, *names, finish=lambda outcome: None, log=lambda line: None):
  return export_job.Job(
    output=output,
    names=names,
    request=formats.Request(model=exported_models.model(), data=None),
    log=log,
  ).run(
    export_check.Reference(network, check_pictures.made(3), image_size=20),
    finish,
  )


def folders(output):
  return sorted(
    path.relative_to(output).as_posix()
    for path in output.rglob('*')
    if path.is_dir()
  )


def test_checked_formats_appear_together(tmp_path):
  seen, lines = [], []
  outcome = run(
    tmp_path,
    'good',
    'better',
    finish=lambda outcome: seen.append(folders(tmp_path)),
    log=lambda line: lines.append((line, folders(tmp_path))),
  )
  everything = ['better', 'better/1', 'good', 'good/1']
  assert (
    seen == [['better', 'better/1', 'good', 'good/1']]
    and folders(tmp_path) == everything
  )
  assert [line for line, _ in lines] == [
    'Writing good.',
    'Checking good on 3 pictures.',
    'Writing better.',
    'Checking better on 3 pictures.',
  ]
  assert not {'good/1', 'better/1'} & set(lines[-1][1])
  first = outcome.exports[0].to_json()
  assert (first['format'], first['path']) == ('good', 'good/1')
  assert first['bytes'] == len('[0, 1e-06]')
  assert first['largest_difference'] == pytest.approx(1e-6)
  assert outcome.version == 1
  assert outcome.checkpoint_images_per_sec > 0


def test_failed_format_is_removed_and_the_other_kept(tmp_path):
  finished = []
  outcome = run(tmp_path, 'bad', 'good', finish=finished.append)
  assert folders(tmp_path) == ['good', 'good/1']
  assert [export.name for export in outcome.failed] == ['bad']
  assert [export.name for export in outcome.passed] == ['good']
  assert finished == [outcome]


def test_nothing_is_finished_if_nothing_passed(tmp_path):
  finished = []
  outcome = run(tmp_path, 'bad', finish=finished.append)
  assert outcome.failed and not finished
  assert not folders(tmp_path)


def test_second_export_gets_the_next_number(tmp_path):
  run(tmp_path, 'good')
  content = (tmp_path / 'good' / '1' / 'added.json').read_bytes()
  assert run(tmp_path, 'good', 'better').version == 2
  assert folders(tmp_path) == ['better', 'better/2', 'good', 'good/1', 'good/2']
  assert (tmp_path / 'good' / '1' / 'added.json').read_bytes() == content


def test_interrupted_export_leaves_nothing(tmp_path):
  def interrupt(line):
    if line.startswith('Checking better'):
      raise KeyboardInterrupt

  with pytest.raises(KeyboardInterrupt):
    run(tmp_path, 'good', 'better', log=interrupt)
  assert not folders(tmp_path)


def test_two_exports_at_a_time_are_refused(tmp_path):
  with output_folder.exclusive(tmp_path):
    with pytest.raises(output_folder.FolderError, match='another command'):
      run(tmp_path, 'good')


def test_damaged_report_is_refused_before_the_work(tmp_path):
  (tmp_path / 'export.json').write_text('precious', 'utf-8')
  with pytest.raises(export_files.ExportError, match='is not JSON'):
    run(tmp_path, 'good')


def test_pictures_are_those_of_the_records(tmp_path):
  model = exported_models.model()
  request = formats.Request(model=model, data=None)
  made = export_job.pictures(request, subset='validation', limit=4)
  assert (len(made.encoded), made.labels) == (4, None)
  data = records.flat_dataset(tmp_path, subset='validation')
  request = formats.Request(model=model, data=data)
  found = export_job.pictures(request, subset='validation', limit=4)
  assert 'validation records' in found.source
