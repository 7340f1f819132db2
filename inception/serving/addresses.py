"""Host names by which the server may be called, and its addresses.

LOOPBACK   names by which a machine calls itself
names      returns the names by which a server is called
urls       returns the addresses of its page
"""

from collections.abc import Iterable, Sequence

LOOPBACK = frozenset(('localhost', '127.0.0.1', '::1'))
_EVERYWHERE = frozenset(('', '0.0.0.0', '::'))


def names(host: str, allowed: Sequence[str]) -> list[str]:
  """Returns the names by which a server is called.

  Args:
    host: name or address at which it listens.
    allowed: further names, from --allow_host.
  """
  own = 'localhost' if host in LOOPBACK | _EVERYWHERE else host
  return [*allowed, own]


def urls(hosts: Iterable[str], port: int) -> list[str]:
  """Returns the address of the page under each name."""
  return [
    f'http://{f"[{host}]" if ":" in host else host}:{port}/' for host in hosts
  ]
