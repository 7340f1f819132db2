"""Tests of the model that an export writes."""

import dataclasses
import json

import pytest

from inception.checkpoints import threshold
from inception.exporting import export_model
from inception.prediction import checkpoint_choice
from inception.testing import checkpoints
from inception.testing import exported_models
from inception.testing import records
from inception.testing import thresholds
from inception.testing import trained_models


@pytest.fixture(name='prefix', scope='module')
def _prefix(tmp_path_factory):
  folder = tmp_path_factory.mktemp('a training')
  return checkpoints.fake_v2(folder / 'model.ckpt-7')


def make(prefix, *, stored=None, data=None):
  warnings = []
  model = export_model.make(
    exported_models.model(),
    prefix=prefix,
    stored=stored,
    precision='bfloat16',
    data=data,
    warn=warnings.append,
  )
  return model, warnings


RULE = threshold.Rule(temperature=1.5, threshold=0.7)


def stored(checkpoint):
  return thresholds.make(
    checkpoint, class_names=trained_models.CLASS_NAMES, rule=RULE
  )


def test_model_has_the_facts_of_its_checkpoint(prefix):
  model, warnings = make(prefix)
  assert model.checkpoint['name'] == 'model.ckpt-7'
  assert model.checkpoint['step'] == 7
  assert '-' in model.checkpoint['fingerprint']
  assert (model.rule, model.data, warnings) == (None, {}, [])


def test_threshold_of_this_checkpoint_is_used(prefix):
  model, warnings = make(prefix, stored=stored('model.ckpt-7'))
  assert model.rule == RULE
  assert not warnings


def test_threshold_of_several_views_is_reported(prefix):
  averaged = dataclasses.replace(stored('model.ckpt-7'), views=2)
  model, warnings = make(prefix, stored=averaged)
  assert model.rule == RULE
  assert 'mean of 2 views' in warnings[0] and '--views=1' in warnings[0]


def test_threshold_of_another_checkpoint_is_reported(prefix):
  model, warnings = make(prefix, stored=stored('model.ckpt-6'))
  assert model.rule is None
  assert 'belongs to another checkpoint' in warnings[0]


def test_records_of_other_classes_are_refused(prefix, tmp_path):
  data = records.flat_dataset(tmp_path)
  with pytest.raises(
    checkpoint_choice.ModelError, match='daisy.*grey 1.*--data_dir'
  ):
    make(prefix, data=data)


def test_description_says_how_many_views_to_average():
  model = exported_models.model()
  info = dataclasses.replace(model.info, views=2)
  model = dataclasses.replace(model, info=info)
  assert export_model.description(model)['views'] == 2


def test_description_is_json():
  model = exported_models.model(rule=exported_models.RULE)
  values = json.loads(json.dumps(export_model.description(model)))
  assert values['class_names'] == list(trained_models.CLASS_NAMES)
  assert values['image_size'] == exported_models.IMAGE_SIZE
  assert values['views'] == 1
  assert values['precision'] == 'float32'
  assert values['none_of_these'] == {'temperature': 1.5, 'threshold': 0.2}
  assert values['training'] == {
    'data_name': 'flowers',
    'settings': {'optimizer': 'rmsprop'},
  }
