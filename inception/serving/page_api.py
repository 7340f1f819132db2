"""The page for trying the model, and the answers that it requests.

routes   GET / and POST /classify, whose body is an image file
"""

import asyncio
import base64
import hashlib
import re

from starlette import requests
from starlette import responses
from starlette import routing

from inception.prediction import activation_maps
from inception.prediction import answers
from inception.reports import heat_maps
from inception.reports import pages
from inception.reports import thumbnails
from inception.serving import admission
from inception.serving import fixed_answers
from inception.serving import photo_service

# Pixels of the longer side: the page shows a picture 220 pixels high, and a
# screen may have two pixels for each.
_PREVIEW_SIDE = 440


def routes(
  service: photo_service.PhotoService, admit: admission.Admission
) -> list[routing.Route]:
  """Returns the routes of the page.

  Args:
    service: service that classifies.
    admit: turns functions into limited endpoints.
  """
  html = pages.render(
    'try_it.html',
    name=service.name,
    class_names=service.classifier.class_texts
    or service.classifier.class_names,
    facts={'maxBytes': int(service.limits.max_body_mb * 1e6)},
  )
  page = responses.HTMLResponse(
    html, headers={'Content-Security-Policy': _policy(html)}
  )

  async def classify(
    request: requests.Request, body: bytes
  ) -> responses.Response:
    del request
    found = await service.classify(body)
    return responses.JSONResponse(
      await asyncio.to_thread(_shown, service, found, body)
    )

  return [
    fixed_answers.route('/', page),
    routing.Route('/classify', admit(classify), methods=['POST']),
  ]


def _shown(
  service: photo_service.PhotoService,
  found: photo_service.Recognition,
  body: bytes,
) -> dict[str, object]:
  """Returns the answer as JSON, with the map as a picture.

  A browser may be unable to show a file that had to be converted to JPEG, so
  its answer includes a small picture; for other files, that picture is ''.
  """
  heat = activation_maps.activation_map(
    found.maps, service.classifier.class_weights, found.answer.label
  )
  preview = ''
  if found.jpeg != body:
    preview = pages.data_uri(
      thumbnails.jpeg(found.jpeg, side=_PREVIEW_SIDE), 'image/jpeg'
    )
  return answers.to_json(found.answer) | {
    'is_sure': found.answer.is_sure,
    'heat': pages.data_uri(heat_maps.png(heat), 'image/png'),
    'preview': preview,
  }


def _policy(html: str) -> str:
  """Returns the Content-Security-Policy, which allows the page's content."""
  allowed = {
    tag: ' '.join(
      f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
      for text in re.findall(rf'<{tag}>(.*?)</{tag}>', html, re.DOTALL)
    )
    for tag in ('script', 'style')
  }
  return (
    f"default-src 'none'; script-src {allowed['script']}; "
    f'style-src {allowed["style"]}; img-src blob: data:; media-src blob:; '
    "connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
  )
