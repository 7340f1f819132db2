"""A web server on this machine that misbehaves on request.

serve   a context manager -> Server
"""

import contextlib
import dataclasses
import http.server
import re
import socket
import struct
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

_RANGE = re.compile(r'bytes=(\d+)-')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
  """The server's answer to a request.

  Attributes:
    body: the bytes of the file.
    status: the HTTP status.
    headers: additional headers; {'Content-Length': ''} omits that header.
    sent: the number of the body's bytes sent before the connection is cut; None
      sends all of them.
    abrupt: True cuts the connection with a reset, which discards bytes that the
      client has not read yet; False closes it in order.
    stalls: True sends nothing after `sent` bytes but keeps the connection open.
    ranges: True sends only the end of the file if the request asks for it and
      its If-Range, if any, is the ETag or Last-Modified of `headers`.
  """

  body: bytes = b''
  status: int = 200
  headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
  sent: int | None = None
  abrupt: bool = True
  stalls: bool = False
  ranges: bool = False

  def to(self, request: Mapping[str, str]) -> 'Answer':
    """Returns the answer to a request with these headers."""
    wanted = _RANGE.fullmatch(request.get('Range', ''))
    condition = request.get('If-Range')
    if (
      not self.ranges
      or not wanted
      or condition
      not in (None, self.headers.get('ETag'), self.headers.get('Last-Modified'))
    ):
      return self
    start, size = int(wanted[1]), len(self.body)
    if start >= size:
      content_range, part = f'bytes */{size}', b''
    else:
      content_range = f'bytes {start}-{size - 1}/{size}'
      part = self.body[start:]
    return dataclasses.replace(
      self,
      body=part,
      status=206 if part else 416,
      headers={'Content-Range': content_range, **self.headers},
    )


Answers = Answer | Sequence[Answer]


@dataclasses.dataclass(frozen=True)
class Server:
  """A running server.

  Attributes:
    address: the server's address, without a slash at its end.
    answers: {path: answers}, which may be changed. Several answers are given
      one after the other, and then the last one repeatedly; other paths get
      status 404.
    requests: the requested paths.
    headers: the headers of each request.
  """

  address: str
  answers: dict[str, Answers]
  requests: list[str]
  headers: list[Mapping[str, str]]

  def ranges(self) -> list[str]:
    """Returns each request's Range; '' if it has none."""
    return [headers.get('Range', '') for headers in self.headers]


@contextlib.contextmanager
def serve(answers: Mapping[str, Answers]) -> Iterator[Server]:
  """Yields a server on a free port, which stops at the end of the block."""
  current = dict(answers)
  requests: list[str] = []
  received: list[Mapping[str, str]] = []
  is_over = threading.Event()

  class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # The library requires this name.
      requests.append(self.path)
      request = cast(Mapping[str, str], self.headers)
      received.append(request)
      answer = _next(current, self.path).to(request)
      self.send_response(answer.status)
      headers = {'Content-Length': str(len(answer.body)), **answer.headers}
      for name, value in headers.items():
        if value:
          self.send_header(name, value)
      self.end_headers()
      # The client may have been killed, or may have closed the connection.
      with contextlib.suppress(ConnectionError):
        self.wfile.write(answer.body[: answer.sent])
        self.wfile.flush()
      if answer.stalls:
        is_over.wait()
      if answer.sent is not None and answer.abrupt:
        numbers = 'hh' if sys.platform == 'win32' else 'ii'
        self.connection.setsockopt(
          socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(numbers, 1, 0)
        )

    def log_message(self, *_: object) -> None:
      pass

  server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
  thread = threading.Thread(
    target=server.serve_forever, args=(0.01,), daemon=True
  )
  thread.start()
  try:
    yield Server(
      f'http://127.0.0.1:{server.server_port}', current, requests, received
    )
  finally:
    is_over.set()
    server.shutdown()
    server.server_close()
    thread.join()


def _next(answers: dict[str, Answers], path: str) -> Answer:
  """Returns the answer to a request, and removes it if others follow."""
  answer = answers.get(path, Answer(status=404))
  if isinstance(answer, Answer):
    return answer
  first, *others = answer
  if others:
    answers[path] = others
  return first
