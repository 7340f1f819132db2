"""The sections of inspection_page that show pictures side by side.

  values   repeated pictures, likely copies, scenes, and flawed pictures

Each repeated picture is in one section only, that of its most serious kind. The
size of the sections is bounded, whatever the number of pictures.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from inception.data.curation import repeats
from inception.inspection import page_pictures
from inception.inspection import record_inspection
from inception.inspection import record_statistics

_GROUPS_SHOWN = 60
_MEMBERS_SHOWN = 12
_SCENES_SHOWN = 8
# Number of members that fit into half the width of the page.
_NARROW_GROUP = 2
# (anchor, title, words) of the sections on repeated pictures.
_REPEATED = (
  (
    'conflicts',
    'In more than one class',
    'The network gets two labels for one picture: decide which is right.',
  ),
  (
    'leaks',
    'In more than one subset',
    'A picture that was trained on is no test: the evaluation is too good.',
  ),
  ('copies', 'Copies', 'Byte-identical files in one class and subset.'),
  (
    'near',
    'Near copies',
    'Pictures that look the same, in one class and subset: another size or '
    'quality, or the next frame of a burst.',
  ),
)


def values(inspection: record_inspection.Inspection) -> dict[str, Any]:
  """Returns the values of the template inspection_repeats.html."""
  return {
    'repeats': [*_repeated(inspection), _likely(inspection)],
    'rows': [_scenes(inspection), _flawed(inspection)],
  }


def _repeated(
  inspection: record_inspection.Inspection,
) -> Iterator[dict[str, Any]]:
  """Yields the pictures that occur more than once, each in one section."""
  by_kind: dict[str, list[repeats.Group]] = {key: [] for key, *_ in _REPEATED}
  for group in inspection.repeats.groups:
    kind = (
      'conflicts'
      if group.is_conflict
      else 'leaks'
      if group.is_leak
      else 'copies'
      if group.is_exact
      else 'near'
    )
    by_kind[kind].append(group)
  for kind, title, words in _REPEATED:
    if kind == 'leaks' and by_kind['conflicts']:
      words += ' Those in two classes as well are above.'
    yield _side_by_side(inspection, kind, title, words, by_kind[kind])


def _side_by_side(
  inspection: record_inspection.Inspection,
  anchor: str,
  title: str,
  words: str,
  groups: Sequence[repeats.Group],
  *,
  badge: str = '',
) -> dict[str, Any]:
  """Returns a section with the records of each picture side by side.

  Tiles may link to a section without groups, if all its pictures are shown
  above: the template then writes its anchor alone.
  """
  return {
    'anchor': anchor,
    'title': title,
    'words': words,
    'groups': [
      page_pictures.side_by_side(
        inspection,
        group,
        most=_MEMBERS_SHOWN,
        is_wide=len(group.members) > _NARROW_GROUP,
        badge=badge,
      )
      for group in groups[:_GROUPS_SHOWN]
    ],
    'num_hidden': len(groups) - _GROUPS_SHOWN,
  }


def _likely(inspection: record_inspection.Inspection) -> dict[str, Any]:
  """Returns the copies that only features show, leaks first."""
  kinds = repeats.by_worst_kind(inspection.likely.groups)
  return _side_by_side(
    inspection,
    'likely',
    'Likely copies that the hash does not see',
    'Mirrored, turned, or cropped, according to the features of a '
    'network and a comparison of small versions. Those in more than one '
    'subset come first, then those in more than one class.',
    [group for groups in kinds.values() for group in groups],
    badge='likely the same',
  )


def _scenes(inspection: record_inspection.Inspection) -> dict[str, Any]:
  """Returns some evenly spaced pictures of each scene."""
  scenes = inspection.repeats.scenes
  return {
    'anchor': 'scenes',
    'title': 'Scenes',
    'words': 'Pictures that look nearly the same and fill most of a class, '
    'like those of a fixed camera. Each counts as a separate picture. If they '
    'were taken in series, keep each series in one subset: build_image_data '
    '--group_pattern.',
    'cards': [
      page_pictures.strip(
        inspection, scene, most=_MEMBERS_SHOWN, title=f'{len(scene):,} pictures'
      )
      for scene in scenes[:_SCENES_SHOWN]
    ],
    'num_hidden': len(scenes) - _SCENES_SHOWN,
  }


def _flawed(inspection: record_inspection.Inspection) -> dict[str, Any]:
  """Returns some evenly spaced pictures of each flaw."""
  flaws = record_statistics.flawed(inspection.table)
  return {
    'anchor': 'flawed',
    'title': 'Pictures that show hardly anything',
    'words': 'A network learns little from these, or learns something wrong.',
    'cards': [
      page_pictures.strip(
        inspection,
        indices,
        most=_MEMBERS_SHOWN,
        title=f'{flaw}: {len(indices):,}',
      )
      for flaw, indices in flaws.items()
    ],
    'num_hidden': 0,
  }
