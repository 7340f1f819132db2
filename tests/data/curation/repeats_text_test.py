"""Tests of inception.data.curation.repeats_text."""

from inception.data.curation import repeats
from inception.data.curation import repeats_text


def lines(**groups):
  return list(
    repeats_text.lines({
      kind.replace('_', ' '): names for kind, names in groups.items()
    })
  )


def test_kinds_have_headings_worst_first():
  assert lines(
    near_copies=[['a', 'b'], ['c', 'd']],
    copies=[['e', 'f']],
    conflicts=[['g', 'h']],
    leaks=[['i', 'j']],
  ) == [
    '1 picture is in more than one subset:',
    '  i = j',
    '1 picture is in more than one class:',
    '  g = h',
    '1 picture is there as byte-identical copies:',
    '  e = f',
    '2 pictures are there as near copies:',
    '  a = b',
    '  c = d',
  ]
  assert lines(**{repeats.LEAKS: []}) == []


def test_no_line_grows_with_the_data():
  names = [f'{"x" * 200}/{number:04d}.jpg' for number in range(3000)]
  told = lines(leaks=[names] * 5000)
  assert len(told) == 5
  assert told[0] == '5,000 pictures are in more than one subset:'
  assert told[1].endswith('0003.jpg = 2,996 more')
  assert told[4] == '  ... and 4,997 more'
  assert max(map(len, told)) < 520


def test_names_that_are_not_shown_are_not_read():
  class Names(list):
    def __getitem__(self, index):
      assert index == slice(None, 4)
      return super().__getitem__(index)

  assert lines(leaks=[Names('abcdef')])[1] == '  a = b = c = d = 2 more'


def test_likely_copies_are_listed():
  lines_ = list(
    repeats_text.likely_lines({
      repeats.NEAR_COPIES: [['a', 'b']],
      repeats.CONFLICTS: [],
      repeats.LEAKS: [['c', 'd', 'e']] * 5,
    })
  )
  words = 'likely copies that the hash does not see (mirrored, cropped)'
  assert lines_ == [
    f'{words}, in more than one subset: 5',
    *['  c = d = e'] * 3,
    '  ... and 2 more',
    f'{words}: 1',
    '  a = b',
  ]
  assert list(repeats_text.likely_lines({})) == []
