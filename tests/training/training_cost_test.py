"""Tests of the cost of a training."""

import pytest

from inception.testing import goldens
from inception.training import training_cost


def test_account_adds_steps_and_forward_passes():
  account = training_cost.Account()
  account.add_steps(32, 299)
  account.add_forward(3, 299)
  assert account.images == pytest.approx(33)
  assert account.seconds >= 0
  assert account.cpu_seconds > 0


def test_a_full_image_costs_one():
  assert training_cost.step_cost(299) == pytest.approx(1)


def test_a_forward_pass_costs_a_third():
  assert training_cost.forward_cost(299) == pytest.approx(1 / 3)


def test_cost_grows_with_the_number_of_pixels():
  assert training_cost.step_cost(160) == pytest.approx(0.28635, abs=1e-5)
  assert training_cost.forward_cost(160) == pytest.approx(0.09545, abs=1e-5)


def test_frozen_layers_have_no_backward_pass():
  # The stem has 1,340 of the network's 5,710 million multiply-adds.
  above_stem = ('mixed_', 'logits', 'aux_logits')
  assert training_cost.step_cost(299, above_stem) == pytest.approx(
    1 / 3 + 2 / 3 * (1 - 1340 / 5710), abs=1e-3
  )
  assert training_cost.step_cost(299, ('logits',)) == pytest.approx(1 / 3)


def test_lowest_trained_layer_decides():
  both = training_cost.step_cost(299, ('mixed_8x8x2048b', 'conv4'))
  assert both == training_cost.step_cost(299, ('conv4',))
  inside = training_cost.step_cost(299, ('mixed_8x8x2048b/branch1x1',))
  assert inside == training_cost.step_cost(299, ('mixed_8x8x2048b',))


def test_similar_names_are_told_apart():
  # mixed_8x8x2048a must not match mixed_8x8x2048b, nor conv1 conv10.
  assert training_cost.step_cost(299, ('conv1/',)) == training_cost.step_cost(
    299, ('conv1',)
  )
  assert training_cost.step_cost(
    299, ('mixed_8x8x2048b',)
  ) < training_cost.step_cost(299, ('mixed_8x8x2048a',))


def test_layers_with_rate_0_have_no_backward_pass_unless_others_lie_below():
  def cost(*multipliers):
    return training_cost.step_cost(299, ('',), multipliers)

  above_stem = training_cost.step_cost(299, ('mixed_',))
  assert cost(('conv', 0.0)) == above_stem
  assert cost(('conv0/', 0.0), ('mixed_35x35', 0.0)) == (
    training_cost.step_cost(299, ('conv1', 'mixed_'))
  )
  # A longer prefix counts: of conv4 something changes, or of it alone nothing.
  assert cost(('conv', 0.0), ('conv4/BatchNorm', 1.0)) == (
    training_cost.step_cost(299, ('conv4',))
  )
  assert cost(('conv', 0.1), ('conv0', 0.0)) == (
    training_cost.step_cost(299, ('conv1',))
  )
  assert cost(('conv4/BatchNorm', 0.0)) == 1
  assert cost(('', 0.0)) == pytest.approx(1 / 3)


_SIDES = (('35x35', 35), ('17x17', 17), ('8x8', 8))
_STEM = {'conv0': 149, 'conv1': 147, 'conv2': 147, 'conv3': 73, 'conv4': 71}


def test_table_matches_the_shapes_of_the_weights():
  """The 17x17 reductions are left out: they mix two sizes of maps."""
  counted = {}
  for name, _, shape in goldens.variables():
    block = name.split('/')[0]
    if len(shape) != 4 or block.startswith('aux') or block.endswith('1280a'):
      continue
    if block == 'mixed_17x17x768a':
      continue
    side = _STEM.get(block) or next(
      pixels for text, pixels in _SIDES if text in block
    )
    number = side * side
    for length in shape:
      number *= length
    counted[block] = counted.get(block, 0) + number
  table = dict(training_cost.MULTIPLY_ADDS)
  assert {name: table[name] for name in counted} == {
    name: round(number / 1e6) for name, number in counted.items()
  }
