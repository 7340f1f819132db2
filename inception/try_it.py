"""Serves a page for trying a trained model, and answers programs.

  bazel build //inception:try_it
  bazel-bin/inception/try_it --checkpoint_dir=TRAIN

Open the printed address in a browser: drop, paste or choose photographs, or
take one with the camera. Nothing leaves this machine, and no file is written.

Programs send requests as they would to TensorFlow Serving (POST
/v1/models/NAME:predict) or to a server of the Open Inference Protocol, such as
KServe or Triton (POST /v2/models/NAME/infer).
"""

import pathlib
import re
import socket
import sys
import warnings
from collections.abc import Sequence

from absl import flags

from inception.cli import command
from inception.cli import model_flags
from inception.cli import stop_signal
from inception.cli import try_it_flags
from inception.prediction import prediction_settings
from inception.serving import addresses
from inception.serving import limits as limits_lib
from inception.serving import web_server

FLAGS = flags.FLAGS

try_it_flags.define()


def main(argv: Sequence[str]) -> int:
  """Serves until it is stopped; returns the exit code."""
  # Pillow warns of oddities in metadata that do not matter here.
  warnings.filterwarnings('ignore', module='PIL')
  command.check_no_arguments(argv)
  model, engine = model_flags.choose(), model_flags.engine()
  settings, limits = model_flags.settings(), try_it_flags.limits()
  with web_server.bind(FLAGS.host, FLAGS.port) as listener:
    command.load_tensorflow()
    _serve(model, engine, settings, limits, listener)
  return 0


def _serve(
  model: model_flags.Model,
  engine: str,
  settings: prediction_settings.Settings,
  limits: limits_lib.Limits,
  listener: socket.socket,
) -> None:
  """Loads the network, and serves until it is stopped."""
  from inception.cli import model_loading
  from inception.serving import photo_service
  from inception.serving import web_app

  classifier, rule = model_loading.load(model, engine=engine)
  service = photo_service.PhotoService(
    classifier,
    model_flags.of_model(settings, views=classifier.views, rule=rule),
    limits,
    name=FLAGS.name,
    version=_version(model),
  )
  service.warm_up()
  hosts = addresses.names(FLAGS.host, FLAGS.allow_host)
  lines = [
    f'{model.prefix} distinguishes {len(classifier.class_names):,} classes; '
    'Ctrl-C stops.',
    *addresses.urls(hosts, listener.getsockname()[1]),
  ]
  stop = stop_signal.StopSignal(
    action='stopping after the requests in progress', second='ends at once'
  )
  web_server.serve(
    web_app.make(service, hosts=hosts, origins=FLAGS.allow_origin),
    listener,
    started=lambda: sys.stdout.write('\n'.join(lines) + '\n'),
    stop_requested=stop.requested,
  )


def _version(model: model_flags.Model) -> str:
  """Returns an export's number, or the step in a checkpoint's name, or '1'."""
  if model.description is not None:
    return pathlib.Path(model.prefix).parent.name
  match = re.search(r'-(\d+)$', model.prefix)
  return match[1] if match else '1'


if __name__ == '__main__':
  command.run(main)
