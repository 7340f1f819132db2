"""A web server on this machine that misbehaves on request.

  serve   a context manager -> Server
"""

import contextlib
import dataclasses
import http.server
import socket
import struct
import sys
import threading
from collections.abc import Iterator, Mapping


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
  """What the server says to a request.

  Attributes:
    body: the file.
    status: HTTP status.
    headers: more headers; {'Content-Length': ''} leaves that one out.
    sent: how many bytes of the body are sent before the connection is cut;
      None sends all of them.
  """
  body: bytes = b''
  status: int = 200
  headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
  sent: int | None = None


@dataclasses.dataclass(frozen=True)
class Server:
  """A running server.

  Attributes:
    address: without a slash at its end.
    answers: {path: Answer}, may be changed; anything else is 404.
    requests: the paths that have been asked for.
  """
  address: str
  answers: dict[str, Answer]
  requests: list[str]


@contextlib.contextmanager
def serve(answers: Mapping[str, Answer]) -> Iterator[Server]:
  """Yields a server on a free port; it ends with the block."""
  answers, requests = dict(answers), []

  class Handler(http.server.BaseHTTPRequestHandler):

    def do_GET(self):  # The name is the library's.
      requests.append(self.path)
      answer = answers.get(self.path, Answer(status=404))
      self.send_response(answer.status)
      headers = {'Content-Length': str(len(answer.body)), **answer.headers}
      for name, value in headers.items():
        if value:
          self.send_header(name, value)
      self.end_headers()
      self.wfile.write(answer.body[:answer.sent])
      if answer.sent is not None:
        # An abrupt end, not a polite one.
        self.wfile.flush()
        numbers = 'hh' if sys.platform == 'win32' else 'ii'
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack(numbers, 1, 0))

    def log_message(self, *_):
      pass

  server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
  thread = threading.Thread(target=server.serve_forever, args=(0.01,),
                            daemon=True)
  thread.start()
  try:
    yield Server(f'http://127.0.0.1:{server.server_port}', answers, requests)
  finally:
    server.shutdown()
    server.server_close()
    thread.join()
