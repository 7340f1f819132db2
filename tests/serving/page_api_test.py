"""Tests of the page: its content, its answers, and use in a real browser."""

import base64
import hashlib
import html.parser
import re

import pytest

from inception.checkpoints import threshold
from inception.serving import limits
from inception.serving import web_app
from inception.testing import browser
from inception.testing import served_model

needs_chromium = pytest.mark.skipif(
  browser.PATH is None, reason='Chromium is not installed'
)


@pytest.fixture(name='client', scope='module')
def _client():
  # Red with 0.85 is an answer, grey with 0.25 is none.
  rule = threshold.Rule(temperature=1.0, threshold=0.5)
  service = served_model.service(
    rule=rule, limits=limits.Limits(max_requests=2, max_body_mb=0.5)
  )
  app = web_app.make(service)
  with served_model.running(app) as client:
    yield client


class _Page(html.parser.HTMLParser):
  """Collects the attributes of a page's elements."""

  def __init__(self, text):
    super().__init__()
    self.attributes = []
    self.feed(text)

  def handle_starttag(self, tag, attrs):
    self.attributes += attrs


def test_page_is_self_contained_and_its_policy_allows_nothing_else(client):
  reply = client.get('/')
  assert reply.status == 200
  text = reply.body.decode()
  for name in ('colours', 'red', 'green', 'blue'):
    assert name in text
  attributes = _Page(text).attributes
  for name, value in attributes:
    assert not name.startswith('on') and name != 'style'
    if name in ('src', 'href', 'action'):
      assert value.startswith('data:')
  policy = reply.headers['content-security-policy']
  assert policy.startswith("default-src 'none';")
  assert 'unsafe' not in policy and 'http' not in policy
  for tag in ('script', 'style'):
    (content,) = re.findall(rf'<{tag}>(.*?)</{tag}>', text, re.DOTALL)
    digest = hashlib.sha256(content.encode()).digest()
    assert f"{tag}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy


def test_answer_has_classes_and_a_map(client):
  found = client.post('/classify', served_model.picture('#ff0000')).json
  assert found['is_sure'] and found['answer'] == 'red'
  assert [item['name'] for item in found['classes']] == ['red', 'green', 'blue']
  assert found['heat'].startswith('data:image/png;base64,')
  # A browser may be unable to show a file that was converted.
  assert found['preview'].startswith('data:image/jpeg;base64,')
  as_it_is = client.post('/classify', served_model.picture('red', 'JPEG')).json
  assert as_it_is['preview'] == ''


def test_none_of_these(client):
  found = client.post('/classify', served_model.picture('#808080')).json
  assert not found['is_sure'] and found['answer'] == 'none of these'


def test_errors(client):
  reply = client.post('/classify', b'<html>')
  assert reply.status == 415 and 'web page' in reply.json['error']
  assert client.post('/classify', bytes(500_001)).status == 413


@pytest.fixture(name='page', scope='module')
def _page(client):
  with browser.page(
    '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'
  ) as page:
    page.address = client.address
    yield page


@pytest.fixture(name='files', scope='module')
def _files(tmp_path_factory):
  folder = tmp_path_factory.mktemp('photos')
  contents = {
    'red.png': served_model.picture('#ff0000'),
    'grey <b>.jpg': served_model.picture('#808080', 'JPEG'),
    'blue.tif': served_model.picture('#0000ff', 'TIFF'),
    'page.jpg': b'<html>',
    'large.jpg': bytes(600_000),
  }
  for name, content in contents.items():
    (folder / name).write_bytes(content)
  return [folder / name for name in contents]


def _cards(page):
  """Waits for all results; returns their texts."""
  page.wait("!document.querySelector('.waiting')")
  return page.evaluate(
    "[...document.querySelectorAll('.result')].map(card => card.innerText)"
  )


@needs_chromium
def test_dropped_files_are_classified_or_say_why_not(page, files):
  page.show_as(width=1280, height=800)
  page.open(f'{page.address}/')
  page.messages.clear()
  page.drop('#drop', files)
  red, grey, blue, web_page, large = _cards(page)
  assert red.startswith('red\n') and 'red.png' in red
  assert re.search(r'red\n+8\d\.\d%\n', red)
  assert grey.startswith('none of these\n') and 'grey <b>.jpg' in grey
  assert blue.startswith('blue\n')
  assert 'Not classified' in web_page and 'not an image' in web_page
  assert 'has 0.6 MB, more than 0.5 MB' in large
  assert page.evaluate("document.querySelector('#status').textContent") == (
    '3 of 5 photographs classified; 2 cannot be used'
  )
  # The browser reports these answers; it blocked nothing and no script failed.
  for message in page.messages:
    assert re.search('status of (415|429)', message)


@needs_chromium
def test_file_that_the_browser_cannot_show_has_a_picture(page):
  shown = page.wait(
    "[...document.querySelectorAll('.picture img:not(.heat)')]"
    '.filter(image => image.naturalWidth).length'
  )
  assert shown == 3


@needs_chromium
def test_activation_maps_can_be_switched(page):
  visible = (
    "[...document.querySelectorAll('.heat')]"
    '.filter(image => image.getBoundingClientRect().width > 0).length'
  )
  assert page.evaluate(visible) == 0
  page.evaluate("document.querySelector('#heat').click()")
  assert page.evaluate(visible) == 3
  assert page.evaluate("document.querySelector('.heat').naturalWidth") > 0


@needs_chromium
def test_bars_show_the_probabilities(page):
  share = page.evaluate(
    "document.querySelector('.bar').offsetWidth"
    " / document.querySelector('.track').offsetWidth"
  )
  assert 0.83 < share < 0.87


@needs_chromium
def test_narrow_and_dark(page):
  light = page.evaluate('getComputedStyle(document.body).backgroundColor')
  page.show_as(width=320, height=640, dark=True)
  dark = page.evaluate('getComputedStyle(document.body).backgroundColor')
  assert light == 'rgb(246, 247, 249)' and dark == 'rgb(16, 21, 27)'
  assert page.evaluate('document.documentElement.scrollWidth') <= 320
  # A phone has no mouse to drop with.
  call = page.evaluate("document.querySelector('.call').innerText")
  assert call == 'Choose or take photographs'
  assert page.evaluate(
    "[...document.querySelectorAll('button, .result')].every(item => "
    'item.getBoundingClientRect().right <= 320)'
  )


@needs_chromium
def test_clear_removes_the_results(page):
  page.evaluate("document.querySelector('#clear').click()")
  assert _cards(page) == []
  assert page.evaluate('document.activeElement.id') == 'choose'


@needs_chromium
def test_more_pictures_than_the_server_accepts_at_a_time_are_asked_again(page):
  page.evaluate("""
    (async () => {
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = 80;
      const blob = await new Promise(done => canvas.toBlob(done));
      const data = new DataTransfer();
      for (let i = 0; i < 12; ++i) data.items.add(new File([blob], `${i}.png`));
      dispatchEvent(new ClipboardEvent('paste', {clipboardData: data}));
    })()
  """)
  page.wait("document.querySelectorAll('.bars').length === 12")
  assert [re.search(r'(\d+)\.png', card)[1] for card in _cards(page)] == [
    str(number) for number in range(12)
  ]


@needs_chromium
def test_camera_takes_a_photograph(page):
  page.evaluate("document.querySelector('#clear').click()")
  page.evaluate("document.querySelector('#shoot').click()")
  page.wait("document.querySelector('#camera').open")
  page.wait("!document.querySelector('#take').disabled")
  page.evaluate("document.querySelector('#take').click()")
  page.wait("document.querySelectorAll('.bars').length === 1")
  (card,) = _cards(page)
  assert 'Camera' in card
  assert not page.evaluate("document.querySelector('#camera').open")
  assert page.evaluate('stream === null')
