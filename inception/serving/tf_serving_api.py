"""TensorFlow Serving's REST API, as its documentation describes it.

routes   GET status and metadata, POST :predict
"""

import asyncio
import base64
import json
from typing import Any

from starlette import requests
from starlette import responses
from starlette import routing

from inception.serving import admission
from inception.serving import fixed_answers
from inception.serving import model_signature
from inception.serving import photo_service

# An exported model has both names for the same signature.
_SIGNATURES = ('serving_default', 'classify')


def routes(
  service: photo_service.PhotoService, admit: admission.Admission
) -> list[routing.Route]:
  """Returns the routes of a model.

  Args:
    service: service that classifies.
    admit: turns functions into limited endpoints.
  """
  name, version = service.name, service.version

  state = {
    'version': version,
    'state': 'AVAILABLE',
    'status': {'error_code': 'OK', 'error_message': ''},
  }
  metadata = {
    'model_spec': {'name': name, 'signature_name': '', 'version': version},
    'metadata': {'signature_def': {'signature_def': _signatures(service)}},
  }

  async def predict(
    request: requests.Request, body: bytes
  ) -> responses.Response:
    del request
    by_row, encoded = await asyncio.to_thread(_parse, body)
    found = await service.classify_all(encoded)
    outputs = model_signature.outputs(service, found)
    if not by_row:
      return responses.JSONResponse({'outputs': outputs})
    rows = [dict(zip(outputs, row)) for row in zip(*outputs.values())]
    return responses.JSONResponse({'predictions': rows})

  limited = admit(predict)
  return [
    route
    for path in (f'/v1/models/{name}', f'/v1/models/{name}/versions/{version}')
    for route in (
      routing.Route(f'{path}:predict', limited, methods=['POST']),
      fixed_answers.json_route(path, {'model_version_status': [state]}),
      fixed_answers.json_route(f'{path}/metadata', metadata),
    )
  ]


def _parse(body: bytes) -> tuple[bool, list[bytes]]:
  """Returns (whether the request is in the row form, its image files).

  Raises:
    HTTPException: the request is malformed.
  """
  try:
    request = json.loads(body)
  except (ValueError, RecursionError) as error:
    raise model_signature.refused('the body is not JSON') from error
  if not isinstance(request, dict) or (
    ('instances' in request) == ('inputs' in request)
  ):
    raise model_signature.refused('give either "instances" or "inputs"')
  signature = request.get('signature_name') or _SIGNATURES[0]
  if signature not in _SIGNATURES:
    raise model_signature.refused(
      f'there is no signature {signature!r}, only {" and ".join(_SIGNATURES)}'
    )
  by_row = 'instances' in request
  values = request['instances' if by_row else 'inputs']
  if not by_row and isinstance(values, dict) and 'b64' not in values:
    values = values.get(model_signature.IMAGE_BYTES)
  if not isinstance(values, list):
    values = [values]
  return by_row, [_image(value) for value in values]


def _image(value: Any) -> bytes:
  """Returns the bytes of {"image_bytes": {"b64": "..."}} or {"b64": "..."}."""
  if isinstance(value, dict):
    value = value.get(model_signature.IMAGE_BYTES, value)
  try:
    return base64.b64decode(value['b64'], validate=True)
  except (TypeError, KeyError, ValueError) as error:
    raise model_signature.refused(
      'each picture must be {"image_bytes": {"b64": "..."}}, with its file in '
      'base64'
    ) from error


def _signatures(service: photo_service.PhotoService) -> dict[str, Any]:
  """Returns the signatures in the JSON form of SignatureDef."""
  return {
    _SIGNATURES[0]: {
      'inputs': {
        model_signature.IMAGE_BYTES: _tensor_info(
          model_signature.IMAGE_BYTES, [-1]
        )
      },
      'outputs': {
        output: _tensor_info(output, shape)
        for output, shape in model_signature.output_shapes(service).items()
      },
      'method_name': 'tensorflow/serving/predict',
      'defaults': {},
    }
  }


def _tensor_info(name: str, shape: list[int]) -> dict[str, Any]:
  is_text = name in model_signature.TEXTS | {model_signature.IMAGE_BYTES}
  dimensions = [{'size': str(size), 'name': ''} for size in shape]
  return {
    'dtype': 'DT_STRING' if is_text else 'DT_FLOAT',
    'tensor_shape': {'dim': dimensions, 'unknown_rank': False},
    'name': f'{name}:0',
  }
