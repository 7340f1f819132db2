"""Tests of the report's content, and of clicks in a real browser."""

import dataclasses
import json
import pathlib
import re
import shutil
import subprocess

import numpy as np
import pytest

from inception.evaluation import analysis
from inception.evaluation import learning_curve
from inception.evaluation import mislabels
from inception.evaluation import open_set
from inception.evaluation import record_sources
from inception.evaluation import training_examination
from inception.evaluation import training_features
from inception.reports import evaluation_page
from inception.settings import config
from inception.testing import answers
from inception.testing import datasets

_CHROMIUM = shutil.which('chromium') or shutil.which('google-chrome')


def analyse(folder, *, num_classes=3, examples=12, names=(), **kwargs):
  """Returns an analysis of drawn answers to generated pictures."""
  names = names or tuple(f'class {i + 1}' for i in range(num_classes))
  made = answers.draw(examples=examples, num_classes=num_classes, strength=1)
  data = datasets.write(folder, {'validation': examples}, class_names=names)
  sources = record_sources.index(data.shard_files('validation'))
  made = dataclasses.replace(
    made,
    class_names=names,
    labels=np.array([source.label for source in sources]),
    sources=sources,
    maps=np.random.default_rng(0).normal(size=(examples, 2, 2)),
  )
  return analysis.analyse(
    made,
    analysis.Facts(
      checkpoint=str(folder / 'model.ckpt-7'),
      step=7,
      data_name='pictures',
      data_dir=str(folder),
      subset='validation',
      image_size=75,
    ),
    config.EvalConfig(
      eval_dir=str(folder), checkpoint_dir=str(folder), **kwargs
    ),
    k=min(5, num_classes),
  )


def data_of(html):
  text = re.search(r'id="data">(.*?)</script>', html, re.DOTALL)[1]
  return json.loads(text)


def test_page_is_written_and_self_contained(tmp_path):
  path = evaluation_page.write(analyse(tmp_path), tmp_path)
  assert path == tmp_path / 'report.html'
  text = path.read_text(encoding='utf-8')
  assert 'Evaluation of pictures' in text
  assert f'step 7 of {tmp_path / "model.ckpt-7"}' in text
  # Nothing is fetched: every image is a data URI.
  assert not re.findall(r'(?:src|href)="(?!data:)', text)
  assert '@import' not in text and 'url(' not in text


def test_every_photograph_is_in_its_cell(tmp_path):
  found = analyse(tmp_path)
  data = data_of(evaluation_page.html(found))
  assert data['classes'] == ['(background)', 'class 1', 'class 2', 'class 3']
  assert sum(cell[2] for cell in data['cells']) == 12
  for label, predicted, count, numbers in data['cells']:
    assert count == found.metrics.matrix[label - 1, predicted]
    assert count == len(numbers)
    for number in numbers:
      uri, file, probability, _ = data['pictures'][number]
      index = int(file.removeprefix('validation').removesuffix('.jpg'))
      assert found.predictions.labels[index] == label
      assert found.predictions.predicted[index] == predicted
      assert probability == pytest.approx(
        found.predictions.confidence[index], abs=1e-4
      )
      assert uri.startswith('data:image/jpeg')


def test_names_are_escaped(tmp_path):
  names = ('<script>alert(1)</script>', '</script>', 'c\u202e')
  text = evaluation_page.html(analyse(tmp_path, names=names))
  assert '<script>alert' not in text
  assert text.count('</script>') == 2
  assert '\u202e' not in text
  assert data_of(text)['classes'][1:] == [names[0], names[1], 'c\\u202e']


def test_requested_figures_are_on_the_page(tmp_path):
  text = evaluation_page.html(
    analyse(tmp_path, target_precision=0.5, coverage=0.8)
  )
  assert 'None of these' in text
  assert 'Sets that hold the true class with probability 80.0%' in text
  text = evaluation_page.html(analyse(tmp_path))
  assert 'None of these' not in text
  assert 'Sets that hold' not in text


def test_matrix_of_many_classes_is_a_picture(tmp_path):
  found = analyse(tmp_path, num_classes=400, examples=400)
  text = evaluation_page.html(found)
  assert '<canvas' in text and '<table class="matrix">' not in text
  # Up to 20 buttons for the most frequent mistakes.
  assert text.count('data-cell="') <= 20
  assert len(data_of(text)['cells']) == np.count_nonzero(found.metrics.matrix)


def dump(path: pathlib.Path, script: str, tmp_path) -> str:
  """Returns the page's DOM after a script has run in Chromium."""
  text = path.read_text(encoding='utf-8')
  text = text.replace('</body>', f'<script>{script}</script></body>')
  page = tmp_path / 'clicked.html'
  page.write_text(text, encoding='utf-8')
  return subprocess.run(
    [
      _CHROMIUM,
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      f'--user-data-dir={tmp_path / "profile"}',
      '--virtual-time-budget=3000',
      '--dump-dom',
      page.as_uri(),
    ],
    capture_output=True,
    encoding='utf-8',
    check=True,
    timeout=120,
  ).stdout


needs_chromium = pytest.mark.skipif(
  _CHROMIUM is None, reason='Chromium is not installed'
)


@needs_chromium
def test_a_click_opens_the_photographs_of_a_cell(tmp_path):
  found = analyse(tmp_path)
  path = evaluation_page.write(found, tmp_path)
  label, predicted = 1, int(found.predictions.predicted[0])
  count = int(found.metrics.matrix[0, predicted])
  script = f'document.querySelector(\'[data-cell="1,{predicted}"]\').click();'
  dom = dump(path, script, tmp_path)
  dialog = re.search(r'<dialog id="photos".*?</dialog>', dom, re.DOTALL)[0]
  assert ' open' in dialog.partition('>')[0]
  assert f'{count} of class {label} ' in dialog
  assert dialog.count('<img src="data:image/jpeg') == count
  assert 'validation0.jpg' in dialog


@needs_chromium
def test_a_click_into_the_picture_of_many_classes_opens_a_cell(tmp_path):
  path = evaluation_page.write(
    analyse(tmp_path, num_classes=40, examples=40), tmp_path
  )
  script = """
    const [label, predicted] = data.cells[0];
    const box = canvas.getBoundingClientRect();
    const at = place => (place + 0.5) / data.classes.length;
    canvas.dispatchEvent(new MouseEvent('click', {
      clientX: box.left + at(predicted) * box.width,
      clientY: box.top + at(label) * box.height,
    }));
  """
  dom = dump(path, script, tmp_path)
  dialog = re.search(r'<dialog id="photos".*?</dialog>', dom, re.DOTALL)[0]
  label, predicted, count, _ = data_of(path.read_text(encoding='utf-8'))[
    'cells'
  ][0]
  assert f'{count} of class {label} ' in dialog
  assert '<img src="data:image/jpeg' in dialog


@needs_chromium
def test_a_heading_sorts_the_classes(tmp_path):
  found = analyse(tmp_path, examples=13)  # Class 1 has one example more.
  path = evaluation_page.write(found, tmp_path)
  script = "document.querySelectorAll('.classes thead th')[1].click();"
  dom = dump(path, script, tmp_path)
  names = re.findall(r'<td data-value="(class \d)">', dom)
  assert names[-1] == 'class 1' and len(names) == 3


def test_advice_and_the_training_pictures_are_shown(tmp_path):
  found = dataclasses.replace(
    analyse(tmp_path), advice=['look at <these> labels']
  )
  text = evaluation_page.html(found)
  assert '<li>Look at &lt;these&gt; labels.</li>' in text
  assert '<code>--examine_training</code>' in text
  scores = open_set.OpenSet(
    target_precision=0.9,
    rows=(
      open_set.LeftOut(
        classes=(1,),
        num_known=8,
        num_unknown=2,
        roc_auc={'probability': 0.75, 'distance': 0.5},
        coverage={'probability': 0.25, 'distance': 0.125},
      ),
    ),
  )
  text = evaluation_page.html(
    dataclasses.replace(
      found,
      training=training_features.TrainingFeatures(
        features=np.zeros([12, 2]),
        labels=found.predictions.labels,
        sources=found.predictions.sources,
      ),
      examination=training_examination.Examination(
        suspects=[
          mislabels.Suspect(index=2, label=1, suggested=3, margin=0.625)
        ],
        curve=learning_curve.LearningCurve(
          num_pictures=np.array([25.0, 50, 100]),
          accuracy=np.array([0.5, 0.625, 0.75]),
          recall=np.zeros([3, 3]),
          class_counts=np.array([40, 30, 30]),
        ),
        open_set=scores,
      ),
    )
  )
  assert '<code>--examine_training</code>' not in text
  assert 'Training labels that may be wrong' in text
  assert '<td>0.62</td>' in text
  assert '<td>100</td><td>75.0%</td>' in text
  assert '<bdi>class 2</bdi></td><td>2</td>' in text
  assert '<td>0.750</td><td>0.500</td>' in text
