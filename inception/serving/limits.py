"""Limits of requests to the server."""

import dataclasses

from inception.settings import config_checks


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
  """Limits of requests; a request that exceeds one is refused.

  Attributes:
    max_requests: maximum number of requests in progress, and of pictures in one
      request.
    max_body_mb: maximum size of a request's body, in 10^6 bytes.
    max_megapixels: maximum size that a picture's header may declare, in 10^6
      pixels.
    body_timeout_s: seconds within which a request's body must arrive.
    answer_timeout_s: seconds, from then on, within which the request must be
      answered.
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
