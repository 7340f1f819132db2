"""The Open Inference Protocol, version 2, of KServe, Triton and others.

routes   GET server and model metadata and health, POST infer

The input is either `image_bytes`, of type BYTES: image files, in base64 within
JSON or unchanged in the binary extension; or `images`, of type FP32: pixels.
"""

import asyncio
import base64
import json
import math
import struct
from collections.abc import Collection
from typing import Any

import numpy as np
from starlette import requests
from starlette import responses
from starlette import routing

from inception.serving import admission
from inception.serving import fixed_answers
from inception.serving import model_signature
from inception.serving import photo_service

_JSON_LENGTH = 'inference-header-content-length'
# Largest absolute value of a pixel, with room for rounding.
_LARGEST = 1.001
# Errors that malformed requests cause.
_MALFORMED = (
  *(ArithmeticError, AttributeError, LookupError, RecursionError),
  *(TypeError, ValueError, struct.error),
)


def routes(
  service: photo_service.PhotoService, admit: admission.Admission
) -> list[routing.Route]:
  """Returns the routes of a server with one model; see tf_serving_api."""
  name, version = service.name, service.version
  size = service.classifier.image_size
  shapes = model_signature.output_shapes(service)

  async def infer(request: requests.Request, body: bytes) -> responses.Response:
    length = request.headers.get(_JSON_LENGTH)
    content, inputs = await asyncio.to_thread(_parse, body, length, size)
    found = await service.classify_all(inputs)
    outputs = model_signature.outputs(service, found)
    answer = {
      'model_name': name,
      'model_version': version,
      'outputs': [
        _tensor(output, [len(inputs), *shapes[output][1:]])
        | {'data': np.ravel(outputs[output]).tolist()}
        for output in _requested(content, list(shapes))
      ],
    }
    if isinstance(content.get('id'), str):
      answer['id'] = content['id']
    return responses.JSONResponse(answer)

  limited = admit(infer)
  path = f'/v2/models/{name}'
  paths = path, f'{path}/versions/{version}'
  return [
    routing.Route(f'{path}/infer', limited, methods=['POST']) for path in paths
  ] + _fixed_routes(name, version, shapes, paths)


def _fixed_routes(
  name: str, version: str, shapes: dict[str, list[int]], paths: tuple[str, ...]
) -> list[routing.Route]:
  """Returns the routes of metadata and health; `paths` lead to the model."""
  answers: dict[str, dict[str, Any]] = {
    '/v2': {
      'name': 'inception',
      'version': version,
      'extensions': ['binary_tensor_data'],
    },
    '/v2/health/live': {'live': True},
    '/v2/health/ready': {'ready': True},
    **dict.fromkeys(paths, _metadata(name, version, shapes)),
    **{f'{path}/ready': {'name': name, 'ready': True} for path in paths},
  }
  return [fixed_answers.json_route(*item) for item in answers.items()]


def _metadata(
  name: str, version: str, shapes: dict[str, list[int]]
) -> dict[str, Any]:
  return {
    'name': name,
    'versions': [version],
    'platform': 'tensorflow_savedmodel',
    'inputs': [_tensor(model_signature.IMAGE_BYTES, [-1])],
    'outputs': [_tensor(output, shape) for output, shape in shapes.items()],
  }


def _tensor(name: str, shape: list[int]) -> dict[str, Any]:
  is_text = name in model_signature.TEXTS | {model_signature.IMAGE_BYTES}
  datatype = 'BYTES' if is_text else 'FP32'
  return {'name': name, 'datatype': datatype, 'shape': shape}


def _parse(
  body: bytes, json_length: str | None, size: int
) -> tuple[dict[str, Any], list[bytes] | np.ndarray]:
  """Returns the JSON part, and image files or float32 [n, size, size, 3].

  Raises:
    HTTPException: the request is malformed.
  """
  try:
    end = len(body) if json_length is None else int(json_length)
    content = json.loads(body[:end])
    str(content.get('id', '')).encode('utf-8')  # The answer repeats it.
    (given,) = content['inputs']
    shape = [int(length) for length in given['shape']]
    binary = given.get('parameters', {}).get('binary_data_size')
    raw = None if binary is None else body[end : end + int(binary)]
    if (given['name'], given['datatype']) == (
      model_signature.IMAGE_BYTES,
      'BYTES',
    ):
      files = _files(given, raw)
      if math.prod(shape) == len(files):
        return content, files
    elif (given['name'], given['datatype']) == (model_signature.IMAGES, 'FP32'):
      pixels = _pixels(given, raw)
      if shape[1:] == [size, size, 3] and (np.abs(pixels) <= _LARGEST).all():
        return content, pixels.reshape(shape)
  except _MALFORMED as error:
    raise _refused(size) from error
  raise _refused(size)


def _refused(size: int) -> Exception:
  return model_signature.refused(
    'give one input: "image_bytes" of datatype BYTES and shape [n], with files '
    f'in base64, or "images" of datatype FP32 and shape [n, {size}, {size}, 3],'
    ' with values in [-1, 1]'
  )


def _files(given: dict[str, Any], raw: bytes | None) -> list[bytes]:
  """Returns the image files of an input."""
  if raw is None:
    return [base64.b64decode(text, validate=True) for text in given['data']]
  files, start = [], 0
  while start < len(raw):
    (length,) = struct.unpack_from('<I', raw, start)
    start += 4 + length
    files.append(raw[start - length : start])
  return files


def _pixels(given: dict[str, Any], raw: bytes | None) -> np.ndarray:
  """Returns the pixels of an input, float32 [any number]."""
  if raw is None:
    with np.errstate(over='ignore'):  # Too large a number becomes infinite.
      return np.array(given['data'], np.float32).reshape(-1)
  return np.frombuffer(raw, '<f4')


def _requested(
  content: dict[str, Any], known: Collection[str]
) -> Collection[str]:
  """Returns the names of the outputs that a request asks for.

  Raises:
    HTTPException: there is no such output.
  """
  try:
    names = [output['name'] for output in content.get('outputs') or ()]
  except (TypeError, KeyError) as error:
    raise model_signature.refused('"outputs" must have names') from error
  for output in names:
    if output not in known:
      raise model_signature.refused(
        f'there is no output {output!r}, only {", ".join(known)}'
      )
  return names or known
