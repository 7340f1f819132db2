"""HTML elements of the page that inspection_page writes.

text           untrusted text, escaped
size           a number of bytes in words
tile           a number with a caption
bar            a table cell with a bar
picture        the image of a record
side_by_side   the records of one picture
more           a note on the entries that are not shown
"""

import base64
import html

from inception.data.curation import repeats
from inception.images import image_reader
from inception.inspection import record_inspection
from inception.jobs import display_names
from inception.records import example_message
from inception.records import tfrecord_file
from inception.reports import thumbnails


def text(words: str) -> str:
  """HTML-escapes text for element content or attributes."""
  return html.escape(display_names.printable(words))


def size(num_bytes: float) -> str:
  """Returns a number of bytes with its unit, to three digits: '1.5 MB'."""
  unit = 'bytes'
  for larger in ('kB', 'MB', 'GB'):
    if num_bytes >= 1000:
      num_bytes, unit = num_bytes / 1000, larger
  digits = 0 if unit == 'bytes' or num_bytes >= 100 else 1
  return f'{num_bytes:,.{digits}f}\N{NO-BREAK SPACE}{unit}'


def tile(number: str, words: str, link: str = '', tone: str = '') -> str:
  """Returns a number with a caption.

  Args:
    number: The formatted number.
    words: The caption.
    link: Anchor of the page to link to, such as '#sizes'; '' for no link.
    tone: Class of the style sheet: 'bad', 'warn' or ''.
  """
  tag, target = ('a', f' href="{link}"') if link else ('div', '')
  return (
    f'<{tag} class="tile {tone}"{target}><b>{number}</b>'
    f'<span>{text(words)}</span></{tag}>'
  )


def bar(number: int, most: int) -> str:
  """Returns a table cell with a bar of length number / most."""
  percent = 100 * number / most if most else 0
  tone = '' if number else ' class="none"'
  return (
    f'<td class="bar"><div><i><u style="width:{percent:.1f}%"></u></i>'
    f'<em{tone}>{number:,}</em></div></td>'
  )


def picture(inspection: record_inspection.Inspection, index: int) -> str:
  """Returns the image of a record, or a note if it cannot be decoded."""
  try:
    example = inspection.table.read(index)
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
    inspection: The inspection of the records.
    pictures: The group of records.
    most: Largest number of records to show.
    is_wide: Use the full width of the page.
    badge: Text that says how the records are alike; '' selects the text for the
      results of the hash.
  """
  if not badge:
    badge = 'identical files' if pictures.is_exact else 'look alike'
  badges = [_badge(badge, 'plain')]
  if pictures.is_conflict:
    badges.append(_badge('classes differ', 'bad'))
  if pictures.is_leak:
    badges.append(_badge('subsets differ', 'warn'))
  members = ''.join(
    _member(inspection, index) for index in pictures.members[:most]
  )
  return (
    f'<section class="card group{" wide" if is_wide else ""}"><header>'
    f'{"".join(badges)}</header><div class="members">{members}</div>'
    f'{more(len(pictures.members) - most, "records")}</section>'
  )


def more(number: int, words: str) -> str:
  """Returns a line with the number of entries not shown; '' for none."""
  if number <= 0:
    return ''
  return f'<p class="faint">and {number:,} more {words}</p>'


def _badge(words: str, tone: str) -> str:
  return f'<span class="badge {tone}">{words}</span>'


def _member(inspection: record_inspection.Inspection, index: int) -> str:
  named = inspection.name(index)
  return (
    f'<figure>{picture(inspection, index)}<figcaption>'
    f'<b><bdi>{text(named.class_name)}</bdi></b>'
    f'<span>{text(named.subset)}</span>'
    f'<span><bdi>{text(named.filename)}</bdi></span>'
    f'<span class="faint">{named.width:,}&nbsp;&times;&nbsp;'
    f'{named.height:,}, {size(named.num_bytes)}</span>'
    f'<span class="faint">{text(named.shard)}, record {named.record:,}'
    '</span>'
    '</figcaption></figure>'
  )
