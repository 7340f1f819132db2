"""Pieces of the page that inspection_page puts together, as HTML.

text      a stranger's words, escaped
size      bytes in words
tile      a number with a word
bar       how large a part is, in a cell of a table
picture   a record's image
side_by_side
          the records of one picture
more      that there is more than is shown
"""

import base64
import html

from inception.data.curation import repeats
from inception.images import image_reader
from inception.inspection import record_inspection
from inception.inspection import thumbnails
from inception.jobs import display_names
from inception.records import example_message
from inception.records import tfrecord_file


def text(words: str) -> str:
  """Returns any words for the text or an attribute of a page."""
  return html.escape(display_names.printable(words))


def size(num_bytes: float) -> str:
  """Returns a number of bytes in words, to three digits."""
  unit = 'bytes'
  for larger in ('kB', 'MB', 'GB'):
    if num_bytes >= 1000:
      num_bytes, unit = num_bytes / 1000, larger
  digits = 0 if unit == 'bytes' or num_bytes >= 100 else 1
  return f'{num_bytes:,.{digits}f}\N{NO-BREAK SPACE}{unit}'


def tile(number: str, words: str, link: str = '', tone: str = '') -> str:
  """Returns a number with a word; `link` is an anchor of the page."""
  tag, target = ('a', f' href="{link}"') if link else ('div', '')
  return (
    f'<{tag} class="tile {tone}"{target}><b>{number}</b>'
    f'<span>{text(words)}</span></{tag}>'
  )


def bar(number: int, most: int) -> str:
  """Returns a cell with a bar as long as `number` is of `most`."""
  percent = 100 * number / most if most else 0
  tone = '' if number else ' class="none"'
  return (
    f'<td class="bar"><div><i><u style="width:{percent:.1f}%"></u></i>'
    f'<em{tone}>{number:,}</em></div></td>'
  )


def picture(inspection: record_inspection.Inspection, place: int) -> str:
  """Returns a record's image; a word where it cannot be decoded."""
  try:
    example = inspection.table.read(place)
    jpeg = thumbnails.jpeg(example.encoded)
  except (
    tfrecord_file.RecordError,
    example_message.MessageError,
    image_reader.ImageError,
    OSError,
  ):
    return '<div class="missing">no picture</div>'
  name = text(example.filename)
  return (
    f'<img alt="{name}" title="{name}" src="data:image/jpeg;base64,'
    f'{base64.b64encode(jpeg).decode("ascii")}">'
  )


def side_by_side(
  inspection: record_inspection.Inspection,
  pictures: repeats.Group,
  *,
  most: int,
  is_wide: bool,
  badge: str = '',
) -> str:
  """Returns the records of one picture, side by side.

  Args:
    inspection: that they are of.
    pictures: which they are.
    most: so many are shown.
    is_wide: they take the whole width of the page.
    badge: says how they are the same; '' says what the hash has found.
  """
  if not badge:
    badge = 'identical files' if pictures.is_exact else 'look alike'
  badges = [_badge(badge, 'plain')]
  if pictures.is_conflict:
    badges.append(_badge('classes differ', 'bad'))
  if pictures.is_leak:
    badges.append(_badge('subsets differ', 'warn'))
  members = ''.join(
    _member(inspection, place) for place in pictures.members[:most]
  )
  return (
    f'<section class="card group{" wide" if is_wide else ""}"><header>'
    f'{"".join(badges)}</header><div class="members">{members}</div>'
    f'{more(len(pictures.members) - most, "records")}</section>'
  )


def more(number: int, words: str) -> str:
  """Returns a line that tells how many are not shown; '' if there are none."""
  if number <= 0:
    return ''
  return f'<p class="faint">and {number:,} more {words}</p>'


def _badge(words: str, tone: str) -> str:
  return f'<span class="badge {tone}">{words}</span>'


def _member(inspection, place: int) -> str:
  named = inspection.name(place)
  return (
    f'<figure>{picture(inspection, place)}<figcaption>'
    f'<b><bdi>{text(named.class_name)}</bdi></b>'
    f'<span>{text(named.subset)}</span>'
    f'<span><bdi>{text(named.filename)}</bdi></span>'
    f'<span class="faint">{named.width:,}&nbsp;&times;&nbsp;'
    f'{named.height:,}, {size(named.num_bytes)}</span>'
    f'<span class="faint">{text(named.shard)}, record {named.record:,}'
    '</span>'
    '</figcaption></figure>'
  )
