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
from inception.evaluation import eval_history
from inception.evaluation import learning_curve
from inception.evaluation import mislabels
from inception.evaluation import record_sources
from inception.evaluation import training_examination
from inception.evaluation import training_features
from inception.reports import evaluation_page
from inception.settings import config
from inception.testing import analyses
from inception.testing import answers
from inception.testing import datasets

_CHROMIUM = shutil.which('chromium') or shutil.which('google-chrome')


def analyse(
  folder, *, num_classes=3, examples=12, names=(), training=None, **kwargs
):
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
    looks=np.random.default_rng(1).random((examples, 2)),
    features=np.random.default_rng(2).random((examples, 4), np.float32),
  )
  return analysis.analyse(
    made,
    analyses.facts(folder, data_dir=str(folder), data_name='pictures'),
    config.EvalConfig(
      eval_dir=str(folder), checkpoint_dir=str(folder), **kwargs
    ),
    k=min(5, num_classes),
    training=training,
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
      uri, file, probability, _, *answer = data['pictures'][number]
      index = int(file.removeprefix('validation').removesuffix('.jpg'))
      assert found.predictions.labels[index] == label
      assert found.predictions.predicted[index] == predicted
      assert probability == pytest.approx(
        found.predictions.confidence[index], abs=1e-4
      )
      assert uri.startswith('data:image/jpeg')
      assert answer == [label, predicted]


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
  assert 'Sets that contain the true class with probability 80.0%' in text
  text = evaluation_page.html(analyse(tmp_path))
  assert 'None of these' not in text
  assert 'Sets that contain' not in text


def test_matrix_of_many_classes_is_a_picture(tmp_path):
  found = analyse(tmp_path, num_classes=400, examples=400)
  text = evaluation_page.html(found)
  assert '<canvas' in text and '<table class="matrix">' not in text
  # Up to 20 buttons for the most frequent mistakes.
  pairs = text.partition('<div class="pairs">')[2].partition('</div>')[0]
  assert 0 < pairs.count('data-cell="') <= 20
  # And one for each class with a mistake.
  assert text.count('data-cell="') - pairs.count('data-cell="') <= 400
  assert len(data_of(text)['cells']) == np.count_nonzero(found.metrics.matrix)


def test_slices_and_findings_list_their_mistakes(tmp_path):
  (tmp_path / 'audit.json').write_text(
    json.dumps({
      'num_images': 60,
      'formats': {'JPEG': 60},
      'sizes': {
        side: {'min': 31, 'median': 32, 'max': 33}
        for side in ('width', 'height')
      },
      'small_images': [
        {'path': f'class {i % 3 + 1}/validation{i}.jpg'} for i in range(10)
      ],
    }),
    encoding='utf-8',
  )
  found = analyse(tmp_path, examples=60)
  text = evaluation_page.html(found)
  is_correct = found.predictions.is_correct
  data = data_of(text)
  files = [picture[1] for picture in data['pictures']]
  wrong_small = {f'validation{i}.jpg' for i in range(10) if not is_correct[i]}
  title, count, numbers = data['lists']['finding0']
  assert (title, count) == ('Mistakes: small', len(wrong_small))
  assert {files[number] for number in numbers} == wrong_small
  assert numbers == sorted(numbers)  # The most confident first.
  shown = found.insights.mistakes[:24]
  assert text.count(
    '<span class="badge warn">small</span>'
  ) == np.count_nonzero(shown < 10)
  assert '31 × 31 to 33 × 33 pixels' in text and '60 JPEG files' in text
  slices = found.insights.slices
  assert [part.property_name for part in slices] == (
    ['brightness'] * 3 + ['sharpness'] * 3
  )
  for number, part in enumerate(slices):
    title, count, numbers = data['lists'][f'slice{number}']
    assert title == f'Mistakes: {part.property_name} {part.name}'
    assert count == part.num_examples - part.num_correct == len(numbers)
    assert f'data-list="slice{number}"' in text


def test_mistakes_stand_beside_the_nearest_training_pictures(tmp_path):
  train = datasets.write(tmp_path, {'train': 8}, class_names=('a', 'b'))
  sources = record_sources.index(train.shard_files('train'))
  found = analyse(
    tmp_path,
    training=training_features.TrainingFeatures(
      features=np.random.default_rng(0).random((8, 4), np.float32),
      labels=np.array([source.label for source in sources]),
      sources=sources,
    ),
  )
  text = evaluation_page.html(found)
  first = int(found.insights.mistakes[0])
  card = text.partition('id="mistakes"')[2].split('<div class="card">')[1]
  neighbours = found.insights.neighbours[first]
  assert re.findall(r'title="(train\d\.jpg): similarity', card) == [
    neighbour.source.file for neighbour in neighbours
  ]
  assert card.count('<img src="data:image/jpeg') == 1 + 3
  assert 'because it looks like' not in evaluation_page.html(analyse(tmp_path))


def test_classes_have_maps_and_the_training_a_curve(tmp_path):
  found = analyse(tmp_path)
  text = evaluation_page.html(found)
  with_maps = np.count_nonzero(found.insights.activations.num_examples)
  assert text.count('<img class="map" src="data:image/png') == with_maps
  assert 'Over the training' not in text  # A single step is no curve.
  two = dataclasses.replace(
    found,
    insights=dataclasses.replace(
      found.insights,
      history=[
        eval_history.Point(1, 0.25, (0.1, 0.5)),
        eval_history.Point(7, 0.5, (0.3, 0.7)),
      ],
    ),
  )
  text = evaluation_page.html(two)
  assert 'step 1: 25.0% (10.0% .. 50.0%)' in text and 'polygon' in text


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
def test_a_narrow_page_fits_and_opens_the_mistakes_of_a_slice(tmp_path):
  found = analyse(tmp_path, examples=60)
  evaluation_page.write(found, tmp_path)
  frame = tmp_path / 'frame.html'
  # Chromium's window has at least 500 pixels.
  frame.write_text(
    '<body><iframe width="390" height="844"></iframe><p></p></body>',
    encoding='utf-8',
  )
  text = (tmp_path / 'report.html').read_text(encoding='utf-8')
  # The frame's text must not end the script.
  source = json.dumps(text).replace('</', '<\\/')
  script = f"""
    const frame = document.querySelector('iframe');
    frame.srcdoc = {source};
    frame.onload = () => {{
      const inner = frame.contentDocument;
      inner.getElementById('heat').click();
      inner.querySelector('[data-list="slice1"]').click();
      const dialog = inner.getElementById('photos');
      const heat = inner.querySelector('.heat');
      document.querySelector('p').textContent = JSON.stringify([
        inner.documentElement.scrollWidth, dialog.open,
        dialog.querySelectorAll('img').length,
        Math.round(dialog.getBoundingClientRect().right) <= 390,
        inner.defaultView.getComputedStyle(heat).display,
      ]);
    }};
  """
  dom = dump(frame, script, tmp_path)
  part = found.insights.slices[1]
  width, *rest = json.loads(re.search(r'<p>(.*?)</p>', dom)[1])
  assert width <= 390
  assert rest == [True, part.num_examples - part.num_correct, True, 'block']


@needs_chromium
def test_one_of_many_classes_can_be_found(tmp_path):
  path = evaluation_page.write(
    analyse(tmp_path, num_classes=40, examples=80), tmp_path
  )
  script = """
    filter.value = 'CLASS 3';
    filter.dispatchEvent(new Event('input'));
    document.querySelector('.classes [data-cell]').click();
  """
  dom = dump(path, script, tmp_path)
  table = re.search(r'<table class="classes">.*?</table>', dom, re.DOTALL)[0]
  # 3, and 30 to 39.
  assert table.count('<tr>') - 1 == 11
  assert table.count('<tr hidden="">') == 29
  assert re.search(r'\d of class \d+ taken for', dom)


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
        open_set=analyses.open_set(1),
      ),
    )
  )
  assert '<code>--examine_training</code>' not in text
  assert 'Training labels that may be wrong' in text
  assert '<td>0.62</td>' in text
  assert '<td>100</td><td>75.0%</td>' in text
  assert '<bdi>class 2</bdi></td><td>2</td>' in text
  assert '<td>0.750</td><td>0.500</td>' in text
