"""Tests of inception.settings.parsing."""

import pytest

from inception.settings import parsing


@pytest.mark.parametrize(
  'text,expected',
  [
    ('all', ('',)),
    ('head', ('logits/',)),
    ('logits, aux_logits', ('logits', 'aux_logits')),
  ],
)
def test_scopes(text, expected):
  assert parsing.scopes(text) == expected


@pytest.mark.parametrize(
  'text,expected',
  [
    ('', ()),
    ('logits:10, conv0:0.5', (('logits', 10.0), ('conv0', 0.5))),
    ('a:b:0', (('a:b', 0.0),)),
  ],
)
def test_rate_multipliers(text, expected):
  assert parsing.rate_multipliers(text) == expected


@pytest.mark.parametrize('text,expected', [('', None), ('20, 25', (20, 25))])
def test_profile_range(text, expected):
  assert parsing.profile_range(text) == expected


@pytest.mark.parametrize(
  'parse,text,message',
  [
    (parsing.scopes, 'logits,,conv0', 'trainable_scopes must be all, head, or'),
    (
      parsing.rate_multipliers,
      'logits:x',
      'must have the form logits:10,conv0:0.1',
    ),
    (
      parsing.rate_multipliers,
      'logits:-1',
      'must have the form logits:10,conv0:0.1',
    ),
    (parsing.rate_multipliers, ':1', 'must have the form logits:10,conv0:0.1'),
    (parsing.profile_range, '25,20', 'must be FIRST,LAST'),
    (parsing.profile_range, '20', 'must be FIRST,LAST'),
  ],
)
def test_invalid_text_is_an_error(parse, text, message):
  with pytest.raises(ValueError, match=message):
    parse(text)
