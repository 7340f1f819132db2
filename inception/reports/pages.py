"""Renders self-contained HTML pages from the Jinja2 templates of this folder.

render        fills in a template
environment   returns the templates with their filters
data_uri      returns a file's bytes as a URI, for the src of an image
size          returns a number of bytes in words

Every value is escaped unless a template says otherwise, and a missing value is
an error. Names from outside go through the filter `shown`, which writes control
and direction characters as escapes.
"""

import base64
import pathlib

import jinja2

from inception.jobs import display_names

_TEMPLATES = pathlib.Path(__file__).absolute().parent / 'templates'


def render(template: str, **values: object) -> str:
  """Returns the text of a page.

  Args:
    template: name of a file in templates/.
    **values: values of the variables in the template.

  Raises:
    jinja2.UndefinedError: the template uses a value that is not given.
  """
  return environment().get_template(template).render(**values)


def environment() -> jinja2.Environment:
  """Returns the templates of this folder, with the filters that they use."""
  templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
  )
  templates.filters['shown'] = display_names.printable
  templates.filters['percent'] = _percent
  templates.filters['size'] = size
  return templates


def data_uri(content: bytes, media_type: str) -> str:
  """Returns a URI that contains bytes, such as those of an 'image/jpeg'."""
  return f'data:{media_type};base64,{base64.b64encode(content).decode("ascii")}'


def _percent(share: float, digits: int = 1) -> str:
  """Returns a share in percent; a dash for NaN."""
  return '\N{EN DASH}' if share != share else f'{share:.{digits}%}'


def size(num_bytes: float) -> str:
  """Returns a number of bytes with its unit, to three digits: '1.5 MB'."""
  unit = 'bytes'
  for larger in ('kB', 'MB', 'GB'):
    if num_bytes >= 1000:
      num_bytes, unit = num_bytes / 1000, larger
  digits = 0 if unit == 'bytes' or num_bytes >= 100 else 1
  return f'{num_bytes:,.{digits}f}\N{NO-BREAK SPACE}{unit}'
