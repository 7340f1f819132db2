"""The flags of try_it.

define   defines the flags
limits   returns the limits of requests
"""

from absl import flags

from inception.cli import common_flags
from inception.cli import help_text
from inception.cli import model_flags
from inception.serving import limits as limits_lib

FLAGS = flags.FLAGS

# --help of a command lists the flags that are defined for it here.
flags.disclaim_key_flags()

_LIMITS = (
  (
    'max_requests',
    'Maximum number of requests in progress, and of pictures in one. Further '
    'requests are answered with status 429, and more pictures with 413.',
  ),
  (
    'max_body_mb',
    "Maximum size of a request's body, in 10^6 bytes (status 413).",
  ),
  ('max_megapixels', 'Maximum size of a picture, in 10^6 pixels (status 413).'),
  ('body_timeout_s', 'Seconds within which a body must arrive (status 408).'),
  (
    'answer_timeout_s',
    'Seconds, from then on, within which the answer must be ready (status '
    '504).',
  ),
)


def define() -> None:
  """Defines the flags."""
  model_flags.define()
  with help_text.section('Server'):
    _define_server_flags()
  with help_text.section('Limits'):
    _define_limit_flags()


def _define_server_flags() -> None:
  flags.DEFINE_string(
    'host',
    '127.0.0.1',
    'Address to listen on. 127.0.0.1 is reached from this machine only, '
    '0.0.0.0 from others too: name the address they use in --allow_host.',
  )
  flags.DEFINE_integer(
    'port',
    8000,
    'Port to listen on; 0 takes a free one.',
    lower_bound=0,
    upper_bound=65535,
  )
  flags.DEFINE_string(
    'name', 'flowers', 'Name of the model in addresses: /v1/models/NAME.'
  )
  flags.DEFINE_list(
    'allow_host',
    [],
    'Host names and addresses, without port, by which this server may be '
    'called besides localhost.',
  )
  flags.DEFINE_list(
    'allow_origin',
    [],
    'Web sites that may use this server, such as https://example.org.',
  )
  flags.register_validator(
    'name',
    lambda name: bool(name) and name.replace('-', '_').isidentifier(),
    "give letters, digits, '-' and '_', beginning with a letter",
  )


def _define_limit_flags() -> None:
  for name, text in _LIMITS:
    value = common_flags.default(limits_lib.Limits, name)
    kind = (
      flags.DEFINE_integer if name == 'max_requests' else flags.DEFINE_float
    )
    kind(name, value, text)


def limits() -> limits_lib.Limits:
  """Returns the limits of requests.

  Raises:
    UserError: a value is refused.
  """
  return common_flags.build(
    limits_lib.Limits, **{name: FLAGS[name].value for name, _ in _LIMITS}
  )
