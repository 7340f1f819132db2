"""Tests of the reasons why an address does not provide a file."""

import socket

import pytest
import requests

from inception.downloads import transfer_errors

ADDRESS = 'https://x.invalid/y'
VARIABLES = [
  name
  for word in ('http', 'https', 'all', 'no')
  for name in (f'{word}_proxy', f'{word}_proxy'.upper())
]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
  for name in VARIABLES:
    monkeypatch.delenv(name, raising=False)


def explained(address=ADDRESS):
  """Requests the address; returns the error."""
  with pytest.raises(requests.RequestException) as caught:
    requests.get(address, timeout=20).raise_for_status()
  return transfer_errors.explained(caught.value, address)


@pytest.fixture(name='closed')
def port_where_nobody_listens():
  with socket.socket() as unused:
    unused.bind(('127.0.0.1', 0))
    yield unused.getsockname()[1]


@pytest.mark.parametrize(
  'name', ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']
)
def test_unreachable_proxy_is_named_without_its_password(
  name, closed, monkeypatch
):
  monkeypatch.setenv(name, f'http://me:secret@127.0.0.1:{closed}')
  error = explained()
  assert f"the proxy '127.0.0.1:{closed}', which " in str(error)
  # On Windows, names of variables are not case-sensitive.
  assert name.lower() in str(error).lower()
  assert 'does not answer' in str(error) and 'unset' in str(error)
  assert 'secret' not in str(error)
  assert error.is_passing and error.is_unreachable


def test_407_elsewhere_in_the_text_asks_for_no_password(monkeypatch):
  monkeypatch.setenv('HTTPS_PROXY', 'http://127.0.0.1:40712')
  error = transfer_errors.explained(
    requests.exceptions.ProxyError(
      "HTTPSConnection(host='127.0.0.1', port=40712): Failed to establish a "
      'new connection: [Errno 111] Connection refused'
    ),
    ADDRESS,
  )
  assert 'does not answer ([Errno 111] Connection refused)' in str(error)
  assert error.is_passing and error.is_unreachable


def test_http_has_a_variable_of_its_own(closed, monkeypatch):
  monkeypatch.setenv('HTTP_PROXY', f'http://127.0.0.1:{closed}')
  monkeypatch.setenv('http_proxy', f'http://127.0.0.1:{closed}')
  assert 'http_proxy' in str(explained('http://x.invalid/y')).lower()


@pytest.mark.parametrize(
  'error,text,is_passing',
  [
    (requests.exceptions.ProxyError('Tunnel failed: 407 x'), 'password', False),
    (requests.ConnectTimeout(), 'does not answer', True),
    (requests.exceptions.InvalidProxyURL(), 'no valid address', True),
    (
      requests.exceptions.InvalidSchema('Missing dependencies for SOCKS'),
      'SOCKS proxy.*unset',
      False,
    ),
  ],
)
def test_other_proxy_errors_are_explained(error, text, is_passing, monkeypatch):
  monkeypatch.setenv('HTTPS_PROXY', 'http://proxy:3128')
  explained = transfer_errors.explained(error, ADDRESS)
  assert explained.is_passing == is_passing
  pytest.raises(ValueError, lambda: (_ for _ in ()).throw(explained)).match(
    text
  )
  assert "the proxy 'proxy:3128'" in str(explained)
  assert 'https_proxy' in str(explained).lower()


def test_a_proxy_may_refuse_with_a_status(monkeypatch):
  monkeypatch.setenv('HTTPS_PROXY', 'http://proxy:3128')
  response = requests.Response()
  response.status_code = 407
  error = requests.HTTPError(response=response)
  assert 'password' in str(transfer_errors.explained(error, ADDRESS))


def test_no_connection_and_a_lost_one_differ(closed):
  assert explained(f'http://127.0.0.1:{closed}/x').is_unreachable
  lost = requests.ConnectionError(ValueError('aborted: reset by peer'))
  error = transfer_errors.explained(lost, ADDRESS)
  assert str(error) == 'reset by peer'
  assert error.is_passing and not error.is_unreachable
