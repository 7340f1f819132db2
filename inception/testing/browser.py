"""Drives a headless Chromium, through the DevTools protocol.

Page      a page in its own browser: evaluates scripts, drops files
PATH      the browser's program; None where it is not installed
"""

import base64
import contextlib
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

PATH = shutil.which('chromium') or shutil.which('google-chrome')
_TIMEOUT_S = 60
_TEXT, _PING, _LONG, _VERY_LONG = 1, 9, 126, 127


class Page:
  """A page of the browser."""

  def __init__(self, address: str):
    """Connects to a page; `address` is its webSocketDebuggerUrl."""
    parts = urllib.parse.urlsplit(address)
    self._socket = socket.create_connection(
      (parts.hostname, parts.port or 80), _TIMEOUT_S
    )
    self._stream = self._socket.makefile('rb')
    self._number = 0
    key = base64.b64encode(os.urandom(16)).decode()
    self._socket.sendall(
      f'GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n'
      'Upgrade: websocket\r\n'
      f'Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n'
      'Sec-WebSocket-Version: 13\r\n\r\n'.encode()
    )
    while self._stream.readline().strip():
      pass
    self.messages: list[str] = []
    for domain in ('Page', 'Runtime', 'Log'):
      self.call(f'{domain}.enable')

  def close(self) -> None:
    """Closes the connection."""
    self._stream.close()
    self._socket.close()

  def call(self, method: str, **params: Any) -> dict[str, Any]:
    """Calls a method of the protocol and returns its result.

    Raises:
      RuntimeError: the method failed.
    """
    self._number += 1
    text = json.dumps({
      'id': self._number,
      'method': method,
      'params': params,
    }).encode()
    head = bytes([0x80 | _TEXT])
    if len(text) < _LONG:
      head += bytes([0x80 | len(text)])
    else:
      head += bytes([0x80 | _VERY_LONG]) + struct.pack('>Q', len(text))
    # The protocol wants a mask, which may be 0.
    self._socket.sendall(head + bytes(4) + text)
    while True:
      answer = json.loads(self._receive())
      if answer.get('id') == self._number:
        break
      if answer.get('method') in ('Log.entryAdded', 'Runtime.exceptionThrown'):
        self.messages.append(json.dumps(answer['params']))
    if 'error' in answer:
      raise RuntimeError(f'{method}: {answer["error"]}')
    return answer['result']

  def _receive(self) -> bytes:
    """Returns the next text."""
    parts = []
    while True:
      first, second = self._stream.read(2)
      length = second & 0x7F
      if length == _LONG:
        (length,) = struct.unpack('>H', self._stream.read(2))
      elif length == _VERY_LONG:
        (length,) = struct.unpack('>Q', self._stream.read(8))
      part = self._stream.read(length)
      if first & 0x0F >= _PING - 1:
        continue
      parts.append(part)
      if first & 0x80:
        return b''.join(parts)

  def evaluate(self, script: str) -> Any:
    """Returns the value of a script's last expression, awaited.

    Raises:
      RuntimeError: the script failed.
    """
    result = self.call(
      'Runtime.evaluate',
      expression=script,
      awaitPromise=True,
      returnByValue=True,
      userGesture=True,
    )
    if 'exceptionDetails' in result:
      raise RuntimeError(json.dumps(result['exceptionDetails']))
    return result['result'].get('value')

  def wait(self, script: str, seconds: float = _TIMEOUT_S) -> Any:
    """Waits until a script's value is true, and returns it.

    Raises:
      RuntimeError: it does not become true.
    """
    end = time.monotonic() + seconds
    while not (value := self.evaluate(script)):
      if time.monotonic() > end:
        raise RuntimeError(f'never true: {script}')
      time.sleep(0.05)
    return value

  def open(self, address: str) -> None:
    """Opens an address, and waits until it is loaded."""
    self.call('Page.navigate', url=address)
    self.wait(
      "document.readyState === 'complete' && location.href !== 'about:blank'"
    )

  def drop(self, selector: str, files: Sequence[str | os.PathLike]) -> None:
    """Drags files over an element and drops them, as a user does."""
    box = self.evaluate(
      f'(() => {{ const box = document.querySelector({selector!r})'
      '.getBoundingClientRect();'
      ' return [box.x + box.width / 2, box.y + box.height / 2]; })()'
    )
    data = {'items': [], 'files': [*map(str, files)], 'dragOperationsMask': 1}
    for kind in ('dragEnter', 'dragOver', 'drop'):
      self.call(
        'Input.dispatchDragEvent', type=kind, x=box[0], y=box[1], data=data
      )

  def show_as(
    self, *, width: int, height: int, dark: bool = False, scale: float = 1
  ) -> None:
    """Sets the window's size in CSS pixels, and the colour scheme.

    A narrow window is a phone's, which has no mouse.
    """
    self.call(
      'Emulation.setDeviceMetricsOverride',
      width=width,
      height=height,
      deviceScaleFactor=scale,
      mobile=width < 600,
    )
    self.call('Emulation.setTouchEmulationEnabled', enabled=width < 600)
    self.call(
      'Emulation.setEmulatedMedia',
      features=[
        {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}
      ],
    )

  def screenshot(self, path: str | os.PathLike) -> None:
    """Writes a PNG file of the complete page."""
    picture = self.call('Page.captureScreenshot', captureBeyondViewport=True)
    pathlib.Path(path).write_bytes(base64.b64decode(picture['data']))


@contextlib.contextmanager
def page(
  *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[Page]:
  """Starts a browser with one empty page, and ends it."""
  with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    process = subprocess.Popen(
      [
        str(PATH),
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--no-first-run',
        '--remote-debugging-port=0',
        f'--user-data-dir={folder}',
        *arguments,
        'about:blank',
      ],
      stdin=subprocess.DEVNULL,
      stdout=subprocess.DEVNULL,
      stderr=subprocess.DEVNULL,
      env={**os.environ, **(environment or {})},
    )
    try:
      made = Page(_address(pathlib.Path(folder, 'DevToolsActivePort')))
      try:
        yield made
      finally:
        made.close()
    finally:
      process.kill()
      process.wait()


def _address(port_file: pathlib.Path) -> str:
  """Returns the address of the browser's page, when it has started.

  Raises:
    RuntimeError: it does not start.
  """
  opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
  end = time.monotonic() + _TIMEOUT_S
  while time.monotonic() < end:
    with contextlib.suppress(OSError, IndexError, StopIteration, ValueError):
      port = int(port_file.read_text(encoding='utf-8').split()[0])
      with opener.open(f'http://127.0.0.1:{port}/json/list') as answer:
        pages = json.load(answer)
      return next(
        item['webSocketDebuggerUrl'] for item in pages if item['type'] == 'page'
      )
    time.sleep(0.05)
  raise RuntimeError('the browser does not start')
