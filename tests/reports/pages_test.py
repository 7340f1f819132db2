"""Tests that templates escape values and report missing ones."""

import base64

import jinja2
import pytest

from inception.reports import pages


@pytest.fixture
def template(tmp_path, monkeypatch):
  monkeypatch.setattr(pages, '_TEMPLATES', tmp_path)

  def write(text):
    (tmp_path / 'page.html').write_text(text, encoding='utf-8')
    return 'page.html'

  return write


def test_values_are_escaped(template):
  name = template('<p title="{{ a }}">{{ a|shown }}</p>')
  found = pages.render(name, a='<b>"&\u202e')
  assert found == (
    '<p title="&lt;b&gt;&#34;&amp;\u202e">&lt;b&gt;&#34;&amp;\\u202e</p>'
  )


def test_a_missing_value_is_an_error(template):
  with pytest.raises(jinja2.UndefinedError, match='nobody'):
    pages.render(template('{{ nobody }}'))


@pytest.mark.parametrize(
  ('share', 'expected'), [(0.1234, '12.3%'), (1, '100.0%'), (float('nan'), '–')]
)
def test_shares_are_in_percent(template, share, expected):
  assert pages.render(template('{{ share|percent }}'), share=share) == expected


def test_data_uri_holds_the_bytes():
  found = pages.data_uri(b'\x00\xffx', 'image/png')
  head, _, body = found.partition(',')
  assert head == 'data:image/png;base64'
  assert base64.b64decode(body) == b'\x00\xffx'
