"""A server with a model that needs no time, for tests of inception/serving.

ColourClassifier   distinguishes red, green and blue pictures
service            returns a PhotoService of it
running            runs an application in a thread
Client             sends requests to it
"""

import contextlib
import http.client
import io
import json
import threading
import typing
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from PIL import Image
from starlette import types

from inception.prediction import prediction_settings
from inception.serving import limits as limits_lib
from inception.serving import photo_service
from inception.serving import web_server

_SIZE = 75


class ColourClassifier:
  """A stand-in for classifier.Classifier: logits are 2 * the mean colour."""

  class_names = ('red', 'green', 'blue')
  class_texts = ()
  image_size = _SIZE
  # The background's column, then one per class.
  class_weights = np.array([[0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 2.0]])

  def __init__(self) -> None:
    self.batches: list[int] = []

  def __call__(self, images: list[tf.Tensor]) -> tuple[np.ndarray, tf.Tensor]:
    """Returns probabilities [batch, 4] and maps [batch, 3, 3, 3]."""
    pixels = np.concatenate([np.asarray(image) for image in images])
    self.batches.append(len(pixels))
    parts = pixels.reshape(-1, 3, _SIZE // 3, 3, _SIZE // 3, 3)
    maps = parts.mean(axis=(2, 4))
    powers = np.exp(maps.mean(axis=(1, 2)) @ self.class_weights)
    return powers / powers.sum(axis=1, keepdims=True), tf.constant(maps)


def service(
  *,
  classifier: ColourClassifier | None = None,
  limits: limits_lib.Limits | None = None,
  **settings: Any,
) -> photo_service.PhotoService:
  """Returns version 7 of `colours`, with these prediction_settings."""
  return photo_service.PhotoService(
    typing.cast(Any, classifier or ColourClassifier()),
    prediction_settings.Settings(**settings),
    limits or limits_lib.Limits(max_megapixels=1, max_requests=12),
    name='colours',
    version='7',
  )


def picture(colour: str, file_format: str = 'PNG', side: int = 80) -> bytes:
  """Returns an image file of one colour."""
  buffer = io.BytesIO()
  Image.new('RGB', (side, side), colour).save(buffer, file_format)
  return buffer.getvalue()


class Reply(NamedTuple):
  """A response."""

  status: int
  headers: http.client.HTTPMessage
  body: bytes

  @property
  def json(self) -> Any:
    """The body's value."""
    return json.loads(self.body)


class Client:
  """Sends requests to a server on this machine."""

  def __init__(self, port: int):
    """Makes a client; `port` is the server's."""
    self.port = port
    self.address = f'http://127.0.0.1:{port}'

  def ask(
    self,
    method: str,
    path: str,
    body: bytes | dict | None = None,
    **headers: str,
  ) -> Reply:
    """Returns the response; underscores in names of headers are hyphens."""
    if isinstance(body, dict):
      body = json.dumps(body).encode()
    connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=300)
    with contextlib.closing(connection):
      connection.request(
        method,
        path,
        body,
        {name.replace('_', '-'): value for name, value in headers.items()},
      )
      answer = connection.getresponse()
      return Reply(answer.status, answer.headers, answer.read())

  def get(self, path: str, **headers: str) -> Reply:
    """See ask."""
    return self.ask('GET', path, None, **headers)

  def post(self, path: str, body: bytes | dict, **headers: str) -> Reply:
    """See ask."""
    return self.ask('POST', path, body, **headers)


@contextlib.contextmanager
def running(app: types.ASGIApp) -> Iterator[Client]:
  """Runs an application at a free port; yields a client."""
  listener = web_server.bind('127.0.0.1', 0)
  port = listener.getsockname()[1]
  stop, started = threading.Event(), threading.Event()
  thread = threading.Thread(
    target=web_server.serve,
    args=(app, listener),
    kwargs={'started': started.set, 'stop_requested': stop.is_set},
  )
  thread.start()
  try:
    if not started.wait(60):
      raise RuntimeError('the server does not start')
    yield Client(port)
  finally:
    stop.set()
    thread.join()
