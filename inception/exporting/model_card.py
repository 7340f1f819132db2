"""Renders a model card: the description, origin and uses of a model.

  render   facts -> the text of MODEL_CARD.md

The sections are those of Mitchell et al. (arXiv 1810.03993), in the form of
Hugging Face's template. Everything in the card is read from files; it
reports missing facts as missing, and marks entries that a person must fill in.
"""

import pathlib
import re
from collections.abc import Mapping
from typing import Any

import jinja2

from inception.jobs import display_names

_TEMPLATES = pathlib.Path(__file__).absolute().parent / 'templates'
# Characters with a meaning in Markdown.
_SPECIAL = re.compile(r'([\\`*_{}\[\]<>|#])')


def render(facts: Mapping[str, Any]) -> str:
  """Returns the text of the card.

  Args:
    facts: an entry of export.json with its `model` (export_model.description),
      `programs`, `evaluation` ({} for none) and `formats`.

  Raises:
    jinja2.UndefinedError: a fact is missing.
  """
  environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_TEMPLATES),
    # Markdown, not HTML: names go through the filter `shown`.
    autoescape=False,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
  )
  environment.filters['shown'] = _shown
  environment.filters['figure'] = _figure
  return environment.get_template('MODEL_CARD.md').render(**facts)


def _shown(name: object) -> str:
  """Returns a name without control characters and Markdown's special ones."""
  return _SPECIAL.sub(r'\\\1', display_names.printable(str(name)))


def _figure(value: float | None, digits: int = 4) -> str:
  return '–' if value is None else f'{value:.{digits}f}'
