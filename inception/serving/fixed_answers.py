"""Routes whose answer never changes: the page, metadata and health.

route        a GET route with a response that is made once
json_route   the same for a JSON object
"""

from typing import Any

from starlette import responses
from starlette import routing


def route(path: str, response: responses.Response) -> routing.Route:
  """Returns a route that answers GET and HEAD with the response.

  A response of Starlette is an application itself and may be sent many times.

  Args:
    path: path of the route.
    response: its answer, without a background task.
  """
  return routing.Route(path, response, methods=['GET'])


def json_route(path: str, content: dict[str, Any]) -> routing.Route:
  """Returns a route that answers GET and HEAD with a JSON object."""
  return route(path, responses.JSONResponse(content))
