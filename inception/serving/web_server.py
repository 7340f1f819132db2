"""Runs an application on a socket until it is asked to stop.

bind    opens a port, before any slow step
serve   runs the application
"""

import logging
import socket
import threading
import time
from collections.abc import Callable

import uvicorn
from starlette import types

from inception.jobs import errors

_TICK_S = 0.1
# Seconds that the requests in progress get when the server stops.
_GRACE_S = 5


def bind(host: str, port: int) -> socket.socket:
  """Returns a listening socket.

  Args:
    host: name or address; '0.0.0.0' and '::' mean all addresses of this
      machine.
    port: number of the port; 0 takes a free one.

  Raises:
    errors.UserError: the port is taken or not allowed, or the host does not
      exist.
  """
  family = socket.AF_INET6 if ':' in host else socket.AF_INET
  try:
    server = socket.create_server((host, port), family=family)
    # asyncio sets TCP_NODELAY only where the protocol is given. Without it, an
    # answer waits 40 ms for the client to acknowledge its headers.
    return socket.socket(
      family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=server.detach()
    )
  except (OSError, OverflowError) as error:
    reason = getattr(error, 'strerror', None) or str(error)
    reason = reason.partition(' (while')[0]  # Python repeats the address.
    raise errors.UserError(
      f'cannot listen on port {port} of {host!r} ({reason}): give another '
      '--port, such as 0 for any free one, or another --host'
    ) from error


def serve(
  app: types.ASGIApp,
  listener: socket.socket,
  *,
  started: Callable[[], object],
  stop_requested: Callable[[], bool],
) -> None:
  """Runs an application until stop_requested() returns True.

  The server has a thread of its own: in the main thread, it would replace the
  handlers of signals.

  Args:
    app: the application.
    listener: result of bind(); closed at the end.
    started: called once the server answers requests.
    stop_requested: called ten times per second.
  """
  server = uvicorn.Server(
    uvicorn.Config(
      app,
      http='h11',
      loop='asyncio',
      ws='none',
      lifespan='off',
      log_config=None,
      log_level='error',
      access_log=False,
      proxy_headers=False,
      server_header=False,
      timeout_graceful_shutdown=_GRACE_S,
    )
  )
  thread = threading.Thread(
    target=server.run, kwargs={'sockets': [listener]}, name='server'
  )
  thread.start()
  while thread.is_alive() and not server.started:
    time.sleep(_TICK_S)
  started()
  while thread.is_alive() and not stop_requested():
    time.sleep(_TICK_S)
  # Requests that are cut off are not failures.
  logging.getLogger('uvicorn.error').setLevel(logging.CRITICAL)
  server.should_exit = True
  thread.join()
