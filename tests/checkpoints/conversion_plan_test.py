"""Tests of inception.checkpoints.conversion_plan."""

import pytest

from inception.checkpoints import checkpoint_names
from inception.checkpoints import conversion_plan
from inception.checkpoints import conversion_target

_AVERAGE = '/ExponentialMovingAverage'
_RESEARCH = 'research/inception V1'


def _shapes(*, averages=True, leave_out=()):
  """Returns the shapes of a training's checkpoint with three outputs."""
  network = {
    name: (3,) if name.startswith(('logits/', 'aux_logits/FC')) else (1,)
    for name in checkpoint_names.slim_names()
  }
  shapes = dict(network)
  if averages:
    shapes |= {name + _AVERAGE: shape for name, shape in network.items()}
  shapes |= {'global_step': (), 'conv0/weights/RMSProp': (1,)}
  return {
    name: shape
    for name, shape in shapes.items()
    if not name.startswith(tuple(leave_out))
  }


def _make(shapes, **settings):
  settings = {'source': _RESEARCH, **settings}
  return conversion_plan.make('in.ckpt', shapes, **settings)


@pytest.mark.parametrize(
  ('source', 'name'),
  [
    ('research/inception V1', '2016'),
    ('TF-Slim V2', 'slim'),
    ('Keras .h5', 'keras'),
  ],
)
def test_family_of_a_reader(source, name):
  assert conversion_plan.family(source) == name


@pytest.mark.parametrize(
  ('source', 'to'), [('research/inception V1', '2016'), ('TF-Slim V2', 'slim')]
)
def test_same_format_is_a_complete_copy(source, to):
  shapes = _shapes()
  plan = _make(shapes, source=source, to=to)
  assert plan.is_copy
  assert plan.sources == {name: name for name in shapes}
  assert not plan.left_out
  assert plan.num_averages == 0


def test_averages_become_the_weights_of_slim():
  plan = _make(_shapes(), to='slim')
  assert plan.sources == {
    name: name + _AVERAGE for name in checkpoint_names.slim_names()
  }
  assert plan.num_averages == 388
  assert {kind: len(names) for kind, names in plan.left_out.items()} == {
    'weights of the last step': 388,
    'state of the training': 2,
  }
  assert not plan.missing


def test_weights_of_the_last_step_on_request():
  plan = _make(_shapes(), to='slim', averaged=False)
  assert plan.sources == {n: n for n in checkpoint_names.slim_names()}
  assert plan.num_averages == 0
  assert {kind: len(names) for kind, names in plan.left_out.items()} == {
    'moving averages': 388,
    'state of the training': 2,
  }


@pytest.mark.parametrize(
  ('include_top', 'count', 'left_out'),
  [(True, 378, {}), (False, 376, {'classifier': 4})],
)
def test_keras_has_no_auxiliary_head(include_top, count, left_out):
  plan = _make(_shapes(), to='keras', include_top=include_top)
  assert len(plan.sources) == plan.num_averages == count
  assert not any(name.startswith('aux_logits/') for name in plan.sources)
  assert {kind: len(names) for kind, names in plan.left_out.items()} == {
    'weights of the last step': count,
    'auxiliary head': 20,
    'state of the training': 2,
    **left_out,
  }
  assert not plan.missing


def test_averages_of_slim_stay_averages_in_2016():
  shapes = _shapes()
  plan = _make(shapes, source='TF-Slim V2', to='2016')
  assert plan.sources == {
    name: name
    for name in shapes
    if name not in ('global_step', 'conv0/weights/RMSProp')
  }
  assert plan.num_averages == 0
  assert plan.left_out.keys() == {'state of the training'}


def test_missing_parts_are_named():
  shapes = _shapes(averages=False, leave_out=('aux_logits/', 'logits/'))
  plan = _make(shapes, source='Keras .h5', to='2016')
  assert plan.missing == ('auxiliary head', 'classifier')
  assert len(plan.sources) == 376
  copy = _make(shapes, to='2016')
  assert not copy.missing


@pytest.mark.parametrize(
  ('shapes', 'message'),
  [
    ({'fc/weights': (1,)}, 'lacks 376 of 388 variables .conv0/weights, '),
    (_shapes(leave_out=['conv4/']), r'lacks 4 of 388 variables \(conv4/wei'),
    (_shapes(leave_out=['aux_logits/FC/b']), 'lacks 1 of 388'),
    (_shapes(leave_out=['logits/logits/b']), 'lacks 1 of 388'),
  ],
)
def test_another_network_is_an_error(shapes, message):
  with pytest.raises(
    conversion_target.ConversionError,
    match=f"'in.ckpt' is not a checkpoint of Inception v3: it {message}",
  ):
    _make(shapes, to='2016')


def test_batch_norm_with_gamma_is_an_error():
  shapes = _shapes() | {'conv0/BatchNorm/gamma': (1,)}
  with pytest.raises(
    conversion_target.ConversionError,
    match=r'has a gamma \(conv0/BatchNorm/gamma\).* with scale=False',
  ):
    _make(shapes, to='keras')


def test_keras_with_top_needs_a_classifier():
  shapes = _shapes(leave_out=['logits/'])
  with pytest.raises(
    conversion_target.ConversionError,
    match='has no classifier: give --noinclude_top',
  ):
    _make(shapes, to='keras')
  assert len(_make(shapes, to='keras', include_top=False).sources) == 376
  shapes |= {'logits/logits/weights': (1, 1), 'logits/logits/biases': (1,)}
  with pytest.raises(
    conversion_target.ConversionError, match='only the background class'
  ):
    _make(shapes, to='keras')
