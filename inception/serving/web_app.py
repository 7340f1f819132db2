"""The application: the page, both protocols, and errors as JSON.

make   returns the application
"""

import http
from collections.abc import Collection

from starlette import applications
from starlette import exceptions
from starlette import middleware
from starlette import requests
from starlette import responses
from starlette.middleware import cors

from inception.serving import admission
from inception.serving import open_inference_api
from inception.serving import page_api
from inception.serving import photo_service
from inception.serving import request_guard
from inception.serving import tf_serving_api


def make(
  service: photo_service.PhotoService,
  *,
  hosts: Collection[str] = (),
  origins: Collection[str] = (),
) -> applications.Starlette:
  """Returns the application.

  Args:
    service: service that classifies.
    hosts: see request_guard.RequestGuard.
    origins: see request_guard.RequestGuard.
  """
  admit = admission.Admission(service.limits)

  async def error(
    request: requests.Request, failure: Exception
  ) -> responses.Response:
    code, reason, headers = 500, 'the server failed; its log says why', None
    if isinstance(failure, exceptions.HTTPException):
      code, headers = failure.status_code, failure.headers
      reason = failure.detail
      if reason == http.HTTPStatus(code).phrase:  # The router's own text.
        reason = (
          f'{request.method} {request.url.path}: {reason.lower()}; the model '
          f'is /v1/models/{service.name} and /v2/models/{service.name}'
        )
    # Both protocols have this form.
    return responses.JSONResponse({'error': reason}, code, headers)

  app = applications.Starlette(
    routes=[
      *page_api.routes(service, admit),
      *tf_serving_api.routes(service, admit),
      *open_inference_api.routes(service, admit),
    ],
    middleware=[
      middleware.Middleware(
        request_guard.RequestGuard, hosts=hosts, origins=origins
      ),
      middleware.Middleware(
        cors.CORSMiddleware,
        allow_origins=tuple(origins),
        allow_methods=('GET', 'POST'),
        allow_headers=('Content-Type', 'Inference-Header-Content-Length'),
      ),
    ],
    exception_handlers={exceptions.HTTPException: error, Exception: error},
  )
  app.router.redirect_slashes = False
  return app
