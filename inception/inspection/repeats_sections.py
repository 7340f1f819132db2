"""The sections of inspection_page that show pictures side by side.

  sections   repeated pictures, likely copies, scenes, and flawed pictures

Each repeated picture is in one section only, that of its most serious kind. The
size of the sections is bounded, whatever the number of pictures.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from inception.data.curation import repeats
from inception.inspection import html_parts
from inception.inspection import record_inspection
from inception.inspection import record_statistics

_GROUPS_SHOWN = 60
_MEMBERS_SHOWN = 12
_SCENES_SHOWN = 8
# Number of members that fit into half the width of the page.
_NARROW_GROUP = 2


def sections(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields the sections, or an anchor in place of a missing one."""
  yield from _repeated(inspection)
  yield from _likely(inspection)
  yield from _scenes(inspection)
  yield from _flawed(inspection)


def _repeated(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields the pictures that occur more than once, each in one section."""
  conflicts: list[repeats.Group] = []
  leaks: list[repeats.Group] = []
  copies: list[repeats.Group] = []
  near: list[repeats.Group] = []
  for group in inspection.repeats.groups:
    (
      conflicts
      if group.is_conflict
      else leaks
      if group.is_leak
      else copies
      if group.is_exact
      else near
    ).append(group)
  for anchor, title, words, groups in (
    (
      'conflicts',
      'In more than one class',
      'The network gets two labels for one picture: decide which is right.',
      conflicts,
    ),
    (
      'leaks',
      'In more than one subset',
      'A picture that was trained on is no test: the evaluation is too good.'
      + (' Those in two classes as well are above.' if conflicts else ''),
      leaks,
    ),
    (
      'copies',
      'Copies',
      'Byte-identical files in one class and subset.',
      copies,
    ),
    (
      'near',
      'Near copies',
      'Pictures that look the same, in one class and '
      'subset: another size or quality, or the next frame of a burst.',
      near,
    ),
  ):
    yield from _side_by_side(inspection, anchor, title, words, groups)


def _side_by_side(
  inspection: record_inspection.Inspection,
  anchor: str,
  title: str,
  words: str,
  groups: Sequence[repeats.Group],
  *,
  badge: str = '',
) -> Iterator[str]:
  """Yields a section with the records of each picture side by side."""
  if not groups:
    # Tiles may still link here if all these pictures are shown above.
    yield f'<a id="{anchor}"></a>'
    return
  yield (
    f'<h2 id="{anchor}">{title}</h2>\n<p class="faint">{words}</p>\n'
    '<div class="groups">'
  )
  for group in groups[:_GROUPS_SHOWN]:
    yield html_parts.side_by_side(
      inspection,
      group,
      most=_MEMBERS_SHOWN,
      is_wide=len(group.members) > _NARROW_GROUP,
      badge=badge,
    )
  yield '</div>'
  yield html_parts.more(len(groups) - _GROUPS_SHOWN, 'pictures')


def _likely(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields the copies that only features show, leaks first."""
  kinds = repeats.by_worst_kind(inspection.likely.groups)
  yield from _side_by_side(
    inspection,
    'likely',
    'Likely copies that the hash does not see',
    'Mirrored, turned, or cropped, according to the features of a '
    'network and a comparison of small versions. Those in more than one '
    'subset come first, then those in more than one class.',
    [group for groups in kinds.values() for group in groups],
    badge='likely the same',
  )


def _scenes(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields some evenly spaced pictures of each scene."""
  scenes = inspection.repeats.scenes
  if not scenes:
    return
  yield (
    '<h2 id="scenes">Scenes</h2>\n<p class="faint">Pictures that look nearly '
    'the same and fill most of a class, like those of a fixed camera. '
    'Each counts as a separate picture. If they were taken in series, keep '
    'each series in one subset: build_image_data --group_pattern.</p>'
  )
  for scene in scenes[:_SCENES_SHOWN]:
    yield _strip(inspection, f'{len(scene):,} pictures', scene)
  yield html_parts.more(len(scenes) - _SCENES_SHOWN, 'scenes')


def _flawed(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields some evenly spaced pictures of each flaw."""
  flaws = record_statistics.flawed(inspection.table)
  if not flaws:
    return
  yield (
    '<h2 id="flawed">Pictures that show hardly anything</h2>\n'
    '<p class="faint">A network learns little from these, or learns '
    'something wrong.</p>'
  )
  for flaw, indices in flaws.items():
    yield _strip(inspection, f'{flaw}: {len(indices):,}', indices)


def _strip(
  inspection: record_inspection.Inspection, title: str, indices: Sequence[int]
) -> str:
  """Returns a card with one row of pictures, evenly spaced over the indices."""
  shown = min(_MEMBERS_SHOWN, len(indices))
  chosen = np.linspace(0, len(indices) - 1, shown).round().astype(int)
  pictures = ''.join(
    html_parts.picture(inspection, indices[position]) for position in chosen
  )
  return (
    '<section class="card class"><header><h3>'
    f'{html_parts.text(title)}</h3></header>'
    f'<div class="grid">{pictures}</div></section>'
  )
