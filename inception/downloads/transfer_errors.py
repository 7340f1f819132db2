"""Reasons why an address did not provide a file, in a few words.

TransferError, WebPageError
explained   turns an error of requests into a TransferError
"""

import datetime
import email.utils
import os
import urllib.parse

import requests

from inception.jobs import errors

# Request Timeout, Too Many Requests; the other 4xx statuses are permanent.
_PASSING = (408, 429)
_PROXY_AUTHENTICATION = 407


class TransferError(errors.UserError):
  """The address did not provide the rest of the file; the text says why.

  Attributes:
    is_passing: True if another attempt may succeed.
    seconds: the pause that the server asks for before the next attempt; 0 if it
      does not ask for one.
    is_unreachable: True if no connection was made, perhaps because there is no
      network.
  """

  def __init__(
    self,
    reason: str,
    *,
    is_passing: bool,
    seconds: float = 0,
    is_unreachable: bool = False,
  ):
    super().__init__(reason)
    self.is_passing = is_passing
    self.seconds = seconds
    self.is_unreachable = is_unreachable


class WebPageError(TransferError):
  """The address returned a web page.

  Attributes:
    page: the first bytes of the page.
  """

  def __init__(self, page: bytes):
    super().__init__(
      'it returned a web page instead of the file, such as the login page of a '
      'network: open the address in a browser, do what the page asks for, and '
      'run this command again',
      is_passing=False,
    )
    self.page = page


def explained(error: requests.RequestException, address: str) -> TransferError:
  """Returns the cause in a few words; requests' own texts fill four lines.

  Args:
    error: the error that requests raised.
    address: the requested address.
  """
  proxy = _proxy_of(address)
  if proxy and (fault := _fault_of_proxy(error, proxy)):
    return fault
  match error:
    case requests.HTTPError():
      answer = error.response
      return TransferError(
        f'{answer.status_code} {answer.reason}',
        is_passing=answer.status_code >= 500 or answer.status_code in _PASSING,
        seconds=_seconds(answer.headers.get('Retry-After', '')),
      )
    case requests.Timeout():
      return TransferError(
        'no answer in time',
        is_passing=True,
        is_unreachable=isinstance(error, requests.ConnectTimeout),
      )
    case requests.exceptions.ChunkedEncodingError():
      return TransferError('the connection broke off', is_passing=True)
    case requests.ConnectionError() if error.args:
      # Only an error that occurs before the request has a reason.
      cause = getattr(error.args[0], 'reason', error.args[0])
      # A bad certificate is permanent.
      is_passing = not isinstance(error, requests.exceptions.SSLError)
      return TransferError(
        _last_words(cause),
        is_passing=is_passing,
        is_unreachable=is_passing and cause is not error.args[0],
      )
  return TransferError(' '.join(str(error).split()), is_passing=False)


def _fault_of_proxy(
  error: requests.RequestException, proxy: str
) -> TransferError | None:
  """Returns the fault of the proxy; None if the error has another cause."""
  match error:
    case requests.HTTPError() if (
      error.response.status_code == _PROXY_AUTHENTICATION
    ):
      return _password_missing(proxy)
    # The code alone may be part of the proxy's port, which the text contains.
    case requests.exceptions.ProxyError() if 'failed: 407' in str(error):
      return _password_missing(proxy)
    case requests.exceptions.ProxyError():
      return _proxy_fault(proxy, str(error))
    case requests.ConnectTimeout():
      return _proxy_fault(proxy, 'no answer in time')
    case requests.exceptions.InvalidProxyURL():
      return _proxy_fault(proxy, 'no valid address')
    case requests.exceptions.InvalidSchema() if 'SOCKS' in str(error):
      return TransferError(
        f'{proxy}, is a SOCKS proxy, which needs a package that is not '
        'installed: give an http proxy, or unset the variable',
        is_passing=False,
      )
  return None


def _last_words(error: object) -> str:
  """Returns the text after the last colon, which is the system's message."""
  return str(error).rpartition(': ')[2]


def _proxy_of(address: str) -> str:
  """Returns the address's proxy and the variable that names it; '' if none."""
  try:
    scheme = urllib.parse.urlsplit(address).scheme.lower()
  except ValueError:  # Not a valid address.
    return ''
  proxies = requests.utils.get_environ_proxies(address)
  proxy = requests.utils.select_proxy(address, proxies)
  if not proxy:
    return ''
  names = [
    name
    for word in (scheme, 'all')
    for name in (f'{word}_proxy', f'{word}_proxy'.upper())
    if os.environ.get(name)
  ]
  # Remove a password that the address may contain.
  host = proxy.rpartition('@')[2].rpartition('//')[2]
  named = names[0] if names else "the system's settings"
  return f'the proxy {host!r}, which {named} {"names" if names else "name"}'


def _password_missing(proxy: str) -> TransferError:
  return TransferError(
    f'{proxy}, asks for a password (407): write it as '
    'http://USER:PASSWORD@HOST:PORT',
    is_passing=False,
  )


def _proxy_fault(proxy: str, cause: str) -> TransferError:
  words = _last_words(cause).strip('()\'" ')
  return TransferError(
    f'{proxy}, does not answer ({words}): correct that, or unset it where no '
    'proxy is needed',
    is_passing=True,
    is_unreachable=True,
  )


def _seconds(retry_after: str) -> float:
  """Returns the seconds that Retry-After gives, as a number or a date."""
  text = retry_after.strip()
  if text.isdecimal():
    return int(text)
  try:
    when = email.utils.parsedate_to_datetime(retry_after)
    wait = when - datetime.datetime.now(datetime.timezone.utc)
  except (ValueError, TypeError):
    return 0
  return max(0, wait.total_seconds())
