"""Tests that every way to classify a picture gives the same answer.

Evaluation, predict and an exported SavedModel see the same pixels, whatever the
kind of the file. The records hold the pictures' files byte for byte.
"""

import csv
import functools
import io
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from PIL import ImageCms

from inception import dataset
from inception import image_processing
from inception.evaluation import predictions
from inception.exporting import export_files
from inception.exporting import export_model
from inception.exporting import export_reader
from inception.exporting import saved_model_files
from inception.images import image_coder
from inception.prediction import checkpoint_choice
from inception.prediction import classifier
from inception.testing import command_batches
from inception.testing import commands
from inception.testing import golden_model
from inception.testing import goldens
from inception.testing import image_folders
from inception.testing import records
from inception.testing import trained_models

_NUM_PICTURES = 24
# Differences between two ways to compute the same network.
_TOLERANCE = 1e-4


def _file(index):
  return records.jpeg(records.picture(90, 120, seed=index))


def _write_data(folder, labels):
  """Writes a folder of records and one of files; returns the latter."""
  photos = folder / 'photos'
  photos.mkdir(parents=True)
  examples = []
  for index, label in enumerate(labels):
    name = f'{index:02}.jpg'
    content = _file(index)
    (photos / name).write_bytes(content)
    examples.append(records.example(content, label, filename=name))
  records.write_shards(folder, 'validation', [examples])
  dataset.write_info(
    dataset.Dataset(
      name='pictures',
      data_dir=str(folder),
      class_names=trained_models.CLASS_NAMES,
      num_examples_of={'validation': len(labels)},
      tool='a test',
    )
  )
  return photos


def _rgba(mode):
  """Returns a partly transparent picture as a PNG."""
  pixels = np.dstack([records.picture(80, 100, seed=5), np.eye(80, 100) * 200])
  buffer = io.BytesIO()
  Image.fromarray(pixels.astype(np.uint8)).convert(mode).save(buffer, 'PNG')
  return buffer.getvalue()


def _odd_files():
  """Returns {name: content} of photographs that are not plain JPEGs."""
  image = functools.partial(image_folders.image_file, 4, height=91, width=133)
  return {
    'odd size.jpg': image_folders.image_file(1, height=301, width=76),
    'small.jpg': image_folders.image_file(2, height=9, width=13),
    'progressive.jpg': image(progressive=True),
    'grey.jpg': image(mode='L'),
    **{f'turned {i}.jpg': image(orientation=i) for i in range(1, 9)},
    'grey and turned.jpg': image(mode='L', orientation=8),
    'sRGB.jpg': image(
      icc_profile=ImageCms.ImageCmsProfile(
        ImageCms.createProfile('sRGB')
      ).tobytes()
    ),
    'garbage EXIF.jpg': image_folders.ODD['garbage exif.jpg'],
    'plain.png': image(file_format='PNG'),
    'grey.png': image(file_format='PNG', mode='L'),
    'palette.png': image(file_format='PNG', mode='P'),
    'transparent.png': _rgba('RGBA'),
    'grey and transparent.png': _rgba('LA'),
    'cmyk.jpg': image(mode='CMYK'),
  }


def _rows(text):
  return {
    row['file'].rpartition('/')[2]: row
    for row in csv.DictReader(text.splitlines())
  }


def _class(row):
  """Returns the most probable class that is not the background."""
  names = [row['class_1'], row['class_2']]
  return next(name for name in names if name != predictions.BACKGROUND)


def _evaluate(data_dir, model_dir, *more):
  eval_dir = data_dir / 'eval'
  done = commands.run(
    'evaluate',
    [
      f'--data_dir={data_dir}',
      f'--checkpoint_dir={model_dir}',
      f'--eval_dir={eval_dir}',
      '--batch_size=8',
      '--run_once',
      *more,
    ],
  )
  assert done.returncode == 0, done.stderr
  return _rows((eval_dir / 'predictions.csv').read_text('utf-8'))


def _predict(photos, model_dir, *more):
  done = commands.run(
    'predict',
    [
      f'--checkpoint_dir={model_dir}',
      '--format=csv',
      '--top_k=5',
      *more,
      photos.name,
    ],
    cwd=photos.parent,
  )
  assert done.returncode == 0, done.stderr
  return _rows(done.stdout), done.stderr


def _last_layer():
  """Returns changes to the seeded weights, and the logits they bring about.

  The seeded network answers every picture alike. Here the mean logit of each
  output is 0, and differences between the pictures are enlarged.
  """
  golden = goldens.load()
  weights = goldens.seeded_weights(golden['seed'], golden['num_classes'])
  images = [
    image_processing.eval_image(_file(index), size=75)
    for index in range(_NUM_PICTURES)
  ]
  outputs = golden_model.make().inference(tf.stack(images), is_training=False)
  logits = outputs.logits.numpy()
  factor = 2 / logits.std(axis=0).mean()
  prefix = 'logits/logits'
  return {
    f'{prefix}/weights': weights[f'{prefix}/weights'] * factor,
    f'{prefix}/biases': (weights[f'{prefix}/biases'] - logits.mean(axis=0))
    * factor,
  }, (logits - logits.mean(axis=0)) * factor


@pytest.fixture(name='evaluated', scope='module')
def _evaluated(tmp_path_factory):
  """Returns folders of the model and of the files, and evaluation's rows."""
  changes, logits = _last_layer()
  model_dir = tmp_path_factory.mktemp('run')
  trained_models.write(model_dir, changes=changes)
  # The answers to the pictures with the largest logits are right.
  largest = logits.max(axis=1)
  answered = logits[:, 1:].argmax(axis=1) + 1
  labels = np.where(largest > np.median(largest), answered, answered % 5 + 1)
  data_dir = tmp_path_factory.mktemp('data')
  photos = _write_data(data_dir, labels.tolist())
  rows = _evaluate(data_dir, model_dir, '--target_precision=0.7')
  return model_dir, photos, rows


def test_classes_and_probabilities_agree(evaluated):
  model_dir, photos, expected = evaluated
  rows, _ = _predict(photos, model_dir, '--min_probability=0')
  assert rows.keys() == expected.keys()
  assert len(rows) == _NUM_PICTURES
  for name, row in rows.items():
    assert row['answer'] == row['class_1'] == _class(expected[name])
    theirs = expected[name]
    ours = {row[f'class_{i}']: row[f'probability_{i}'] for i in range(1, 6)}
    for i in range(1, 6):
      if theirs[f'class_{i}'] in ours:  # Not the background.
        np.testing.assert_allclose(
          float(ours[theirs[f'class_{i}']]),
          float(theirs[f'probability_{i}']),
          atol=_TOLERANCE,
        )


def test_none_of_these_follows_the_threshold_of_evaluation(evaluated):
  model_dir, photos, expected = evaluated
  rejection = json.loads((model_dir / 'threshold.json').read_text('utf-8'))[
    'rejection'
  ]
  assert 0 < rejection['coverage'] < 1
  rows, stderr = _predict(photos, model_dir)
  assert 'WARNING' not in stderr
  answers = []
  for name, row in rows.items():
    # The five classes' and the background's, which is the rest.
    probabilities = [float(row[f'probability_{i}']) for i in range(1, 6)]
    probabilities.append(max(1 - sum(probabilities), 1e-9))
    powers = np.power(probabilities, 1 / rejection['temperature'])
    confidence = (powers / powers.sum()).max()
    if expected[name]['class_1'] == predictions.BACKGROUND:
      assert row['answer'] == 'none of these'
      continue
    if abs(confidence - rejection['threshold']) < 1e-3:
      continue  # The two computations may differ by so much.
    is_sure = confidence > rejection['threshold']
    answers.append(is_sure)
    expected_answer = _class(expected[name]) if is_sure else 'none of these'
    assert row['answer'] == expected_answer, name
  assert set(answers) == {True, False}


@pytest.fixture(name='exported', scope='module')
def _exported(evaluated, tmp_path_factory):
  """Returns the folder of an export of the model."""
  model_dir, _, _ = evaluated
  prefix = checkpoint_choice.locate(model_dir)
  output = tmp_path_factory.mktemp('an \u00f6utput')
  version = export_files.folder(output, export_files.SAVED_MODEL, 1)
  version.parent.mkdir()
  saved_model_files.write(
    version,
    export_model.make(
      classifier.read(prefix),
      prefix=prefix,
      stored=checkpoint_choice.stored_threshold(prefix),
      precision='float32',
      data=None,
      warn=pytest.fail,
    ),
  )
  return output


def test_odd_files_have_the_same_probabilities_everywhere(
  evaluated, exported, tmp_path
):
  model_dir, _, _ = evaluated
  files = _odd_files()
  photos = tmp_path / 'odd \u00fc'
  photos.mkdir()
  for name, content in files.items():
    (photos / name).write_bytes(content)
  arguments = [photos, '--format=csv', '--top_k=5']
  ends = command_batches.run_all(
    'predict',
    [
      [f'--checkpoint_dir={model_dir}', *arguments],
      [f'--model={exported}', *arguments],
    ],
  )
  assert [done.returncode for done in ends] == [0, 0], ends
  of_checkpoint, of_export = (_rows(done.stdout) for done in ends)
  loaded = tf.saved_model.load(str(export_reader.locate(exported)))
  served = loaded.signatures['serving_default'](
    image_bytes=tf.constant(list(files.values()))
  )
  network = classifier.load(checkpoint_choice.locate(model_dir))
  for i, (name, content) in enumerate(files.items()):
    image = image_processing.eval_image(
      image_coder.encode(content).jpeg, size=75
    )
    expected = network([image[tf.newaxis]])[0][0, 1:]
    for rows in (of_checkpoint, of_export):
      row = rows[name]
      found = {
        row[f'class_{k}']: float(row[f'probability_{k}']) for k in range(1, 6)
      }
      np.testing.assert_allclose(
        [found[label] for label in trained_models.CLASS_NAMES],
        expected,
        atol=_TOLERANCE,
        err_msg=name,
      )
    assert of_export[name]['answer'] == of_checkpoint[name]['answer'], name
    # TensorFlow converts CMYK with other rounding, and the note says so.
    is_exact = name != 'cmyk.jpg'
    assert (served['note'][i].numpy() == b'') == is_exact, name
    np.testing.assert_allclose(
      served['probabilities'][i],
      expected,
      atol=_TOLERANCE if is_exact else 0.05,
      err_msg=name,
    )
    if is_exact:
      answer = served['answer'][i].numpy().decode()
      assert answer == of_checkpoint[name]['answer'], name
  assert len({row['answer'] for row in of_export.values()}) > 1


def test_threshold_of_another_checkpoint_is_not_used(evaluated, tmp_path):
  model_dir, photos, expected = evaluated
  copy = tmp_path / 'run'
  shutil.copytree(model_dir, copy)
  path = copy / 'threshold.json'
  content = json.loads(path.read_text('utf-8'))
  for field, value in (
    ('checkpoint', 'model.ckpt-6'),
    ('class_names', list('abcde')),
  ):
    path.write_text(json.dumps(content | {field: value}), encoding='utf-8')
    rows, stderr = _predict(photos, copy)
    (line,) = [line for line in stderr.splitlines() if 'WARNING' in line]
    assert 'belongs to another checkpoint' in line
    for name, row in rows.items():
      assert row['answer'] == _class(expected[name])
