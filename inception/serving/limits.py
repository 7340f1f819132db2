"""Limits of requests to the server."""

import dataclasses

from inception.settings import config_checks


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
  """Limits of requests; a request that exceeds one is refused.

  Attributes:
    max_requests: number of requests that may wait or be answered at a time, and
      of pictures in a request.
    max_body_mb: size of a request's body, in 10^6 bytes.
    max_megapixels: size that a picture's header may declare, in 10^6 pixels.
    body_timeout_s: seconds until a request's body must have arrived.
    answer_timeout_s: seconds from then on until it must have been answered.
  """

  max_requests: int = 64
  max_body_mb: float = 32
  max_megapixels: float = 50
  body_timeout_s: float = 30
  answer_timeout_s: float = 30

  def __post_init__(self) -> None:
    config_checks.at_least(self, 1, 'max_requests')
    config_checks.positive(
      self,
      'max_body_mb',
      'max_megapixels',
      'body_timeout_s',
      'answer_timeout_s',
    )
