"""Tests of the names of a server."""

import pytest

from inception.serving import addresses


@pytest.mark.parametrize(
  'host,allowed,expected',
  [
    ('127.0.0.1', [], ['localhost']),
    ('0.0.0.0', ['192.0.2.7'], ['192.0.2.7', 'localhost']),
    ('::', [], ['localhost']),
    ('', [], ['localhost']),
    ('192.0.2.7', ['garden'], ['garden', '192.0.2.7']),
  ],
)
def test_names(host, allowed, expected):
  assert addresses.names(host, allowed) == expected


def test_urls():
  assert addresses.urls(['localhost', '2001:db8::7'], 81) == [
    'http://localhost:81/',
    'http://[2001:db8::7]:81/',
  ]
