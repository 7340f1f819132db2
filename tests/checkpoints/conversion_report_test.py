"""Tests of inception.checkpoints.conversion_report."""

from inception.checkpoints import checkpoint_names
from inception.checkpoints import conversion_plan
from inception.checkpoints import conversion_report
from inception.checkpoints import run_info

_SHAPES = {
  **dict.fromkeys(checkpoint_names.slim_names(), (1,)),
  'conv0/weights': (3, 3, 3, 32),
  'logits/logits/weights': (2048, 6),
  'logits/logits/biases': (6,),
}
_INFO = run_info.RunInfo(
  class_names=('a', 'b', 'c', 'd', 'e'),
  data_name='flowers',
  image_size=299,
  preprocessing={},
  settings={},
)


def _lines(shapes, *, source, to, info=None, **settings):
  plan = conversion_plan.make('in', shapes, source=source, to=to, **settings)
  return conversion_report.lines(
    'in', source, shapes, plan, output='out', to=to, info=info
  )


def test_report_of_a_training_for_keras():
  shapes = _SHAPES | {
    'global_step': (),
    'conv0/weights/ExponentialMovingAverage': (3, 3, 3, 32),
  }
  assert _lines(
    shapes, source='research/inception V1', to='keras', info=_INFO
  ) == [
    'Converted 378 of 390 variables of in (research/inception V1) into out '
    '(Keras .h5):',
    '    376 convolutions and their batch norm: conv0/weights [3, 3, 3, 32] -> '
    'conv2d_1/kernel [3, 3, 3, 32]',
    '      2 classifier: logits/logits/weights [2048, 6] -> '
    'predictions/kernel [2048, 5]',
    '1 of them are moving averages in the input; the weights of the last step, '
    'which --noaveraged would take, are left out.',
    "Left out: auxiliary head, which Keras' network does not have (10: "
    'aux_logits/proj/weights, aux_logits/proj/BatchNorm/beta, '
    'aux_logits/proj/BatchNorm/moving_mean and 7 more).',
    "Left out: state of the training, which Keras' network does not have (1: "
    'global_step).',
    "Left out: the classifier's background class, its first output.",
    'Left out: run_info, the description of the training. The 5 class names '
    'are in out.labels.txt; the network was trained on images of 299 pixels.',
  ]


def test_report_of_keras_for_2016():
  shapes = {n: s for n, s in _SHAPES.items() if not n.startswith('aux_')}
  assert _lines(shapes, source='Keras .h5', to='2016')[1:] == [
    '    376 convolutions and their batch norm: conv2d_1/kernel [3, 3, 3, 32] '
    '-> conv0/weights [3, 3, 3, 32]',
    '      2 classifier: predictions/kernel [2048, 5] -> logits/logits/weights '
    '[2048, 6]',
    "Added: the classifier's background class, its first output; its logit is "
    "the mean of the others', so that it is never the answer.",
    'Not in the input: the auxiliary head, which fine-tuning starts from '
    'scratch.',
  ]


def test_report_of_a_copy():
  shapes = _SHAPES | {'global_step': ()}
  assert _lines(shapes, source='research/inception V1', to='2016') == [
    'Converted 389 of 389 variables of in (research/inception V1) into out '
    '(research/inception V2):',
    '    376 convolutions and their batch norm: conv0/weights [3, 3, 3, 32]',
    '     10 auxiliary head: aux_logits/proj/weights [1]',
    '      2 classifier: logits/logits/weights [2048, 6]',
    "      1 others, such as the training's state: global_step []",
  ]


def test_slim_stores_a_classifier_as_a_convolution():
  lines = _lines(_SHAPES, source='research/inception V2', to='slim')
  assert lines[3] == (
    '      2 classifier: logits/logits/weights [2048, 6] -> '
    'InceptionV3/Logits/Conv2d_1c_1x1/weights [1, 1, 2048, 6]'
  )


def test_classifier_is_left_out_on_request():
  lines = _lines(
    _SHAPES, source='research/inception V2', to='keras', include_top=False
  )
  assert lines[-1] == (
    'Left out: classifier, as --noinclude_top asks (2: logits/logits/weights, '
    'logits/logits/biases).'
  )
