"""Renders self-contained HTML pages from the Jinja2 templates of this folder.

render     fills in a template
data_uri   returns a file's bytes as a URI, for the src of an image

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
  environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
  )
  environment.filters['shown'] = display_names.printable
  environment.filters['percent'] = _percent
  return environment.get_template(template).render(**values)


def data_uri(content: bytes, media_type: str) -> str:
  """Returns a URI that contains bytes, such as those of an 'image/jpeg'."""
  return f'data:{media_type};base64,{base64.b64encode(content).decode("ascii")}'


def _percent(share: float, digits: int = 1) -> str:
  """Returns a share in percent; a dash for NaN."""
  return '\N{EN DASH}' if share != share else f'{share:.{digits}%}'
