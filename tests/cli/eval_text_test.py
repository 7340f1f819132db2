"""Lines that an evaluation prints."""

import pathlib

from inception.cli import eval_text
from inception.evaluation import metrics
from inception.testing import answers


def test_figures_name_the_weakest_classes_and_mistakes():
  made = answers.make(
    [[0, 9, 0, 0], [0, 0, 9, 0], [0, 0, 9, 0], [9, 0, 0, 0], [0, 0, 9, 0]],
    [1, 1, 2, 1, 1],
    class_names=('a', 'b', 'unused\n'),
  )
  first, second, third = eval_text.figures(metrics.compute(made, k=3))
  assert first.startswith('loss = ')
  assert 'balanced accuracy = 0.6250, calibration error = 0.' in first
  assert 'after scaling by temperature ' in first
  assert second == 'lowest recall: a 0.250 (1 of 4), b 1.000 (1 of 1)'
  assert third == (
    'most frequent mistakes: 2 of a taken for b, 1 of a taken for (background)'
  )


def test_without_mistakes_there_is_no_line_of_them():
  made = answers.make([[0, 9]], [1], class_names=['two\nlines'])
  lines = eval_text.figures(metrics.compute(made, k=1))
  assert len(lines) == 2
  assert lines[1] == r'lowest recall: two\nlines 1.000 (1 of 1)'


def test_files_of_one_folder_are_named():
  folder = pathlib.Path('eval')
  assert eval_text.written([folder / 'a', folder / 'b']) == (
    f'wrote {folder / "a"} and b'
  )
