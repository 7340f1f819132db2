"""Engines: the programs that can run a network for prediction.

choose        decides between them, without importing one
ENGINES       values of --engine
EngineError   the engine cannot be used
"""

import importlib.util

from inception.jobs import errors

TENSORFLOW, OPENVINO, AUTO = 'tensorflow', 'openvino', 'auto'
ENGINES = (TENSORFLOW, OPENVINO, AUTO)


class EngineError(errors.UserError):
  """The engine cannot be used; the text says why and what to do."""


def choose(engine: str) -> str:
  """Returns TENSORFLOW or OPENVINO.

  Args:
    engine: one of ENGINES. AUTO takes OpenVINO if its package is installed.

  Raises:
    EngineError: OpenVINO is requested but not installed.
  """
  if engine == TENSORFLOW:
    return engine
  if importlib.util.find_spec(OPENVINO) is not None:
    return OPENVINO
  if engine == OPENVINO:
    raise EngineError(
      '--engine=openvino needs the package openvino, which is not installed: '
      'install it ("pip install openvino"), or use --engine=tensorflow'
    )
  return TENSORFLOW
