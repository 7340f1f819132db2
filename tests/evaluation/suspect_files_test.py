"""Tests of likely wrong labels as JSON and as a CSV file."""

import dataclasses

from inception.evaluation import mislabels
from inception.evaluation import suspect_files
from inception.testing import answers


def write_one(path, made):
  """Writes the first example, which looks like class 2."""
  suspect = mislabels.Suspect(index=0, label=1, suggested=2, margin=0.5)
  return suspect_files.write_relabel_csv(
    path, made, [(made.sources, [suspect])]
  )


def test_suggested_labels_are_written_with_paths_of_an_image_folder(tmp_path):
  made = answers.make([[0, 1, 2]] * 3, [1, 1, 2], class_names=['ä', 'b'])
  suspects = [
    mislabels.Suspect(index=1, label=1, suggested=2, margin=0.5),
    mislabels.Suspect(index=2, label=2, suggested=1, margin=0.25),
  ]
  path = suspect_files.write_relabel_csv(
    tmp_path / 'r.csv', made, [(made.sources, suspects)]
  )
  assert path.read_text(encoding='utf-8') == (
    'file,class,margin\nä/1.jpg,b,0.5000\nb/2.jpg,ä,0.2500\n'
  )
  assert suspect_files.suspects_json(made, suspects)[0] == {
    'record': 'validation-00000-of-00001:1',
    'file': '1.jpg',
    'class': 'ä',
    'suggested': 'b',
    'margin': 0.5,
  }
  assert suspect_files.suspects_json(made, None) is None


def test_suggested_labels_have_the_recorded_folder(tmp_path):
  made = answers.make([[0, 1, 2]], [1])
  made.sources[0] = dataclasses.replace(made.sources[0], folder='a/2016')
  path = write_one(tmp_path / 'r.csv', made)
  assert path.read_text(encoding='utf-8').splitlines()[1] == (
    'a/2016/0.jpg,b,0.5000'
  )


def test_a_record_without_file_name_cannot_be_relabelled(tmp_path):
  made = answers.make([[0, 1, 2]], [1])
  made.sources[0] = dataclasses.replace(made.sources[0], file='')
  path = write_one(tmp_path / 'r.csv', made)
  assert path.read_text(encoding='utf-8') == 'file,class,margin\n'


def test_suspects_of_several_subsets_are_written_together(tmp_path):
  made = answers.make([[0, 1, 2]] * 2, [1, 2])
  others = [
    dataclasses.replace(source, file=f'train{i}.jpg')
    for i, source in enumerate(made.sources)
  ]
  first = [
    mislabels.Suspect(index=0, label=1, suggested=2, margin=0.75),
    mislabels.Suspect(index=1, label=2, suggested=1, margin=0.25),
  ]
  second = [mislabels.Suspect(index=1, label=2, suggested=1, margin=0.5)]
  path = suspect_files.write_relabel_csv(
    tmp_path / 'r.csv', made, [(made.sources, first), (others, second)]
  )
  assert path.read_text(encoding='utf-8').splitlines() == [
    'file,class,margin',
    'a/0.jpg,b,0.7500',
    'b/train1.jpg,a,0.5000',
    'b/1.jpg,a,0.2500',
  ]
  (written,) = suspect_files.suspects_json(made, second, sources=others)
  assert written['file'] == 'train1.jpg'
