"""Refuses requests from other sites, and adds headers to every response.

Any web page may send requests to a server on this machine; the browser names
the page's site in the header Origin. If the site's own name is made to
resolve to this machine (DNS rebinding), its pages look like the server's own,
but the header Host still has that name.
"""

import urllib.parse
from collections.abc import Collection

from starlette import datastructures
from starlette import responses
from starlette import types

from inception.serving import addresses

_HEADERS = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(self), microphone=(), geolocation=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}


class RequestGuard:
  """An ASGI application that guards another one."""

  def __init__(
    self,
    app: types.ASGIApp,
    *,
    hosts: Collection[str] = (),
    origins: Collection[str] = (),
  ):
    """Makes the guard.

    Args:
      app: the application to guard.
      hosts: further names by which the server may be called, besides those of
        loopback.
      origins: other sites that may call it, such as 'https://example.org'.
    """
    self._app = app
    self._hosts = addresses.LOOPBACK | {host.lower() for host in hosts}
    self._origins = frozenset(origins)

  async def __call__(
    self, scope: types.Scope, receive: types.Receive, send: types.Send
  ) -> None:
    """Answers or refuses a request."""

    async def send_with_headers(message: types.Message) -> None:
      if message['type'] == 'http.response.start':
        datastructures.MutableHeaders(scope=message).update(_HEADERS)
      await send(message)

    refusal = self._refusal(datastructures.Headers(scope=scope))
    app = (
      responses.JSONResponse({'error': refusal}, 403) if refusal else self._app
    )
    await app(scope, receive, send_with_headers)

  def _refusal(self, headers: datastructures.Headers) -> str:
    """Returns the reason for refusing a request; '' for none."""
    host, origin = headers.get('host', ''), headers.get('origin')
    if _name(host) not in self._hosts:
      return f'host {host!r}: --allow_host names the hosts that may be used'
    if origin is None or origin in self._origins:
      return ''
    if origin.partition('://')[2] == host:
      return ''
    return f'origin {origin!r}: --allow_origin names other sites that may ask'


def _name(host: str) -> str:
  """Returns the name in a header Host; '' if it has none."""
  try:
    return urllib.parse.urlsplit(f'//{host}').hostname or ''
  except ValueError:
    return ''
