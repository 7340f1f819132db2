"""Tests of the socket, and of the server's end."""

import asyncio
import concurrent.futures
import socket
import threading
import time

import pytest
from starlette import responses

from inception.jobs import errors
from inception.serving import web_server
from inception.testing import served_model


def test_port_in_use_is_reported_with_the_flag():
  with web_server.bind('127.0.0.1', 0) as listener:
    port = listener.getsockname()[1]
    pattern = rf"port {port} of '127.0.0.1' \([^()]*\): give another --port"
    with pytest.raises(errors.UserError, match=pattern):
      web_server.bind('127.0.0.1', port)


@pytest.mark.parametrize('host', ['no.such.host.invalid', '192.0.2.1', '::bad'])
def test_host_that_is_not_this_machine_is_reported(host):
  with pytest.raises(errors.UserError, match='another --host'):
    web_server.bind(host, 0)


def test_asyncio_recognizes_the_socket_as_tcp():
  # It then sends each part of an answer at once.
  with web_server.bind('127.0.0.1', 0) as listener:
    with socket.create_connection(listener.getsockname()):
      accepted, _ = listener.accept()
      with accepted:
        assert accepted.proto == socket.IPPROTO_TCP


def test_requests_in_progress_are_answered_before_the_end():
  asked, stop = threading.Event(), threading.Event()

  async def app(scope, receive, send):
    asked.set()
    await asyncio.sleep(0.3)
    await responses.PlainTextResponse('done')(scope, receive, send)

  listener = web_server.bind('127.0.0.1', 0)
  client = served_model.Client(listener.getsockname()[1])
  started = []
  thread = threading.Thread(
    target=web_server.serve,
    args=(app, listener),
    kwargs={
      'started': lambda: started.append(time.monotonic()),
      'stop_requested': stop.is_set,
    },
  )
  thread.start()
  with concurrent.futures.ThreadPoolExecutor(1) as pool:
    reply = pool.submit(client.get, '/')
    assert asked.wait(10)
    stop.set()
    assert reply.result().body == b'done'
  thread.join(10)
  assert not thread.is_alive() and len(started) == 1
  with pytest.raises(OSError):
    client.get('/')
