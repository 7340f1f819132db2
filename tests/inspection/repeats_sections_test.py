"""Tests of inception.inspection.repeats_sections."""

import io

import numpy as np
import pytest
from PIL import Image

from inception.data.curation import repeats
from inception.inspection import feature_copies
from inception.inspection import record_inspection
from inception.inspection import repeats_sections
from inception.reports import pages
from inception.testing import cached_feature_files
from inception.testing import record_folders

record = record_folders.record


@pytest.fixture(name='html_of')
def _html_of(tmp_path):
  def html_of(shards, **features):
    record_folders.write(tmp_path, shards)
    for subset, values in features.items():
      cached_feature_files.write(tmp_path, subset, values)
    inspection = record_inspection.inspect(tmp_path, log=print)
    return pages.render(
      'inspection_repeats.html', **repeats_sections.values(inspection)
    )

  return html_of


def encoded(image):
  buffer = io.BytesIO()
  image.save(buffer, 'JPEG')
  return buffer.getvalue()


def flipped(seed, label=1):
  image = Image.fromarray(record_folders.noise(seed)[:, ::-1])
  return record(seed, label, encoded=encoded(image), filename=f'{seed}m.jpg')


def test_every_kind_has_a_section_or_an_anchor(html_of):
  html = html_of({'train': [[record(1), record(1)]], 'test': [[record(2)]]})
  assert '<h2 id="copies">' in html
  for anchor in ('conflicts', 'leaks', 'near', 'likely'):
    assert f'<a id="{anchor}"></a>' in html
  assert 'identical files' in html
  assert 'scenes' not in html and 'flawed' not in html


def test_likely_copies_are_side_by_side_with_leaks_first(html_of):
  values = np.eye(6, dtype=np.float32)[[0, 1, 2, 3, 0]]
  html = html_of(
    {
      'train': [[record(1), record(2), record(3), record(4), flipped(1)]],
      'test': [[flipped(3, 2), record(9)]],
    },
    train=values,
    test=np.eye(6, dtype=np.float32)[[2, 5]],
  )
  _, _, section = html.partition('<h2 id="likely">')
  first, second = section.split('<section')[1:]
  assert '3.jpg' in first and '3m.jpg' in first
  for badge in ('likely the same', 'classes differ', 'subsets differ'):
    assert badge in first
  assert '1.jpg' in second and '1m.jpg' in second
  assert 'subsets differ' not in second
  assert section.count('<img') == 4


def test_long_lists_are_shortened(html_of, monkeypatch):
  monkeypatch.setattr(repeats_sections, '_GROUPS_SHOWN', 2)
  html = html_of({'train': [[record(i // 2) for i in range(10)]]})
  assert html.count('<section') == 2
  assert 'and 3 more pictures' in html


def test_evenly_spaced_pictures_of_scenes_are_shown(html_of, monkeypatch):
  monkeypatch.setattr(repeats_sections, '_SCENES_SHOWN', 1)
  scenes = [
    [
      record(
        1,
        label,
        encoded=record_folders.picture(label, quality=80 + i),
        filename=f'{label}-{i:02d}.jpg',
      )
      for i in range(20)
    ]
    for label in (1, 2)
  ]
  html = html_of({'train': scenes})
  _, _, section = html.partition('<h2 id="scenes">')
  assert '20 pictures' in section and 'and 1 more scenes' in section
  assert section.count('<img') == 12
  assert 'alt="1-00.jpg"' in section and 'alt="1-19.jpg"' in section


def test_flawed_pictures_are_shown(html_of):
  plain = encoded(Image.new('RGB', (64, 48), (9, 99, 9)))
  html = html_of({
    'train': [[record(1), record(2, encoded=plain, filename='<plain>.jpg')]]
  })
  _, _, section = html.partition('<h2 id="flawed">')
  assert 'of one colour: 1' in section
  assert 'alt="&lt;plain&gt;.jpg"' in section


def test_only_the_members_of_the_groups_are_shown(html_of, monkeypatch):
  groups = (repeats.Group((0, 2)),)
  monkeypatch.setattr(
    feature_copies.Search,
    'find',
    lambda *_, **__: feature_copies.LikelyCopies(
      groups=groups, subsets=('train',)
    ),
  )
  html = html_of({'train': [[record(1), record(2), record(3)]]})
  assert html.count('<figure>') == 2
  assert '1.jpg' in html and '3.jpg' in html and '2.jpg' not in html
