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

_RANGE = re.compile(r'bytes=(\d+)-')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
  """What the server says to a request.

  Attributes:
    body: the file.
    status: HTTP status.
    headers: more headers; {'Content-Length': ''} leaves that one out.
    sent: how many bytes of the answer's body are sent before the connection is
      cut; None sends all of them.
    abrupt: the cut is a reset, which takes along what the client has not read
      yet; False is an orderly end.
    stalls: after `sent` bytes nothing more is sent, and the connection stays.
    ranges: a request for the file's end gets just that, unless its If-Range is
      neither the ETag nor the Last-Modified of `headers`.
  """

  body: bytes = b''
  status: int = 200
  headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
  sent: int | None = None
  abrupt: bool = True
  stalls: bool = False
  ranges: bool = False

  def to(self, request: Mapping[str, str]) -> 'Answer':
    """Returns what is said to a request with these headers."""
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
      where, part = {'Content-Range': f'bytes */{size}'}, b''
    else:
      where = {'Content-Range': f'bytes {start}-{size - 1}/{size}'}
      part = self.body[start:]
    return dataclasses.replace(
      self,
      body=part,
      status=206 if part else 416,
      headers={**where, **self.headers},
    )


Answers = Answer | Sequence[Answer]


@dataclasses.dataclass(frozen=True)
class Server:
  """A running server.

  Attributes:
    address: without a slash at its end.
    answers: {path: an Answer, or several: one after the other, and the last for
      good}, may be changed; anything else is 404.
    requests: the paths that have been asked for.
    headers: those of each request.
  """

  address: str
  answers: dict[str, Answers]
  requests: list[str]
  headers: list[Mapping[str, str]]

  def ranges(self) -> list[str]:
    """Returns each request's Range; '' where it has none."""
    return [headers.get('Range', '') for headers in self.headers]


@contextlib.contextmanager
def serve(answers: Mapping[str, Answers]) -> Iterator[Server]:
  """Yields a server on a free port; it ends with the block."""
  answers, requests, received = dict(answers), [], []
  is_over = threading.Event()

  class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # The name is the library's.
      requests.append(self.path)
      received.append(self.headers)
      answer = _next(answers, self.path).to(self.headers)
      self.send_response(answer.status)
      headers = {'Content-Length': str(len(answer.body)), **answer.headers}
      for name, value in headers.items():
        if value:
          self.send_header(name, value)
      self.end_headers()
      # The client may be killed, or may have enough.
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

    def log_message(self, *_):
      pass

  server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
  thread = threading.Thread(
    target=server.serve_forever, args=(0.01,), daemon=True
  )
  thread.start()
  try:
    yield Server(
      f'http://127.0.0.1:{server.server_port}', answers, requests, received
    )
  finally:
    is_over.set()
    server.shutdown()
    server.server_close()
    thread.join()


def _next(answers: dict[str, Answers], path: str) -> Answer:
  """Returns the answer to a request, and leaves the path's further ones."""
  answer = answers.get(path, Answer(status=404))
  if isinstance(answer, Answer):
    return answer
  first, *others = answer
  if others:
    answers[path] = others
  return first
