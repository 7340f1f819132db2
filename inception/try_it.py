"""Serves a page that tries a trained model, and answers programs.

  bazel build //inception:try_it
  bazel-bin/inception/try_it --checkpoint_dir=TRAIN

Open the printed address in a browser: drop, paste or choose photographs, or
take one with the camera. Nothing leaves this machine, and no file is written.

Programs ask as they would ask TensorFlow Serving (POST /v1/models/NAME:predict)
or a server of the Open Inference Protocol, such as KServe or Triton (POST
/v2/models/NAME/infer).
"""

import dataclasses
import re
import sys
import warnings
from collections.abc import Sequence

from absl import flags

from inception.cli import command
from inception.cli import model_flags
from inception.cli import stop_signal
from inception.cli import try_it_flags

FLAGS = flags.FLAGS

try_it_flags.define()


def main(argv: Sequence[str]) -> int:
  """Serves until it is stopped; returns the exit code."""
  # Pillow warns of oddities in metadata that do not matter here.
  warnings.filterwarnings('ignore', module='PIL')
  command.check_no_arguments(argv)
  model = model_flags.choose()
  settings, limits = model_flags.settings(), try_it_flags.limits()
  from inception.serving import web_server

  with web_server.bind(FLAGS.host, FLAGS.port) as listener:
    command.load_tensorflow()
    from inception.cli import model_loading
    from inception.serving import photo_service
    from inception.serving import web_app

    classifier, rule = model_loading.load(model)
    service = photo_service.PhotoService(
      classifier,
      dataclasses.replace(settings, rule=rule),
      limits,
      name=FLAGS.name,
      version=_version(model.prefix),
    )
    service.warm_up()
    app = web_app.make(
      service, hosts=FLAGS.allow_host, origins=FLAGS.allow_origin
    )
    stop = stop_signal.StopSignal(
      action='stopping after the requests in progress', second='ends at once'
    )
    web_server.serve(
      app,
      listener,
      started=lambda: _print_address(
        model.prefix, listener.getsockname()[1], classifier.class_names
      ),
      stop_requested=stop.requested,
    )
  return 0


def _version(prefix: str) -> str:
  """Returns the step in a checkpoint's name, or '1'."""
  match = re.search(r'-(\d+)$', prefix)
  return match[1] if match else '1'


def _print_address(prefix: str, port: int, class_names: Sequence[str]) -> None:
  sys.stdout.write(
    f'{prefix} distinguishes {len(class_names):,} classes; Ctrl-C stops.\n'
    f'http://localhost:{port}/\n'
  )


if __name__ == '__main__':
  command.run(main)
