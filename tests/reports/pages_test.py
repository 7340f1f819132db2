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


@pytest.mark.parametrize(
  ('words', 'expected'),
  [
    (
      '<script>alert("x")</script>',
      '&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;',
    ),
    ("'&'", '&#39;&amp;&#39;'),
    ('a\nb', 'a\\nb'),
    ('\U0001f33b \u0648\u0631\u062f', '\U0001f33b \u0648\u0631\u062f'),
    ('\u202etxt.gpj', '\\u202etxt.gpj'),
    ('\udcfc', '\\udcfc'),
  ],
)
def test_text_is_escaped(template, words, expected):
  found = pages.render(template('{{ words|shown }}'), words=words)
  assert found == expected
  found.encode('utf-8')


@pytest.mark.parametrize(
  ('num_bytes', 'expected'),
  [
    (0, '0 bytes'),
    (999, '999 bytes'),
    (1000, '1.0 kB'),
    (54_321, '54.3 kB'),
    (246_285, '246 kB'),
    (61_000_000, '61.0 MB'),
    (2.5e9, '2.5 GB'),
    (4.2e12, '4,200 GB'),
  ],
)
def test_sizes_are_in_words(template, num_bytes, expected):
  expected = expected.replace(' ', '\u00a0')
  assert pages.size(num_bytes) == expected
  assert pages.render(template('{{ n|size }}'), n=num_bytes) == expected


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
