"""Answers for whatever refuses a request."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler
from rest_framework.views import set_rollback

from latchkey import LatchkeyError, TokenMissing
from latchkey.http_errors import HttpError, http_error

_CODES = {400: "invalid_request", 404: "not_found", 405: "method_not_allowed", 500: "server_error"}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """`EXCEPTION_HANDLER` of Django REST framework."""
    if isinstance(error, exceptions.NotAuthenticated):
        error = TokenMissing()
    if isinstance(error, LatchkeyError):
        # With ATOMIC_REQUESTS.
        set_rollback()
        return _response(http_error(error))
    response = default_handler(error, context)
    if response is not None:
        response.data = _body(response.status_code, response.data)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """`handler400` of Django: another host, or a body that is too large."""
    return JsonResponse(_body(400, {"detail": "The request is not valid."}), status=400)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """`handler404` of Django, for paths that there are not."""
    return JsonResponse(_body(404, {"detail": "Not found."}), status=404)


def server_error(request: HttpRequest) -> JsonResponse:
    """`handler500` of Django, which logs the error. The caller learns nothing of it."""
    return JsonResponse(_body(500, {"detail": "Internal error."}), status=500)


def _response(answer: HttpError) -> Response:
    return Response(answer.body, status=answer.status, headers=answer.headers)


def _body(status: int, data: Any) -> dict[str, str]:
    return {"error": _CODES.get(status, "refused"), "error_description": _sentence(data)}


def _sentence(data: Any) -> str:
    """Of a ValidationError the first message of the first field."""
    if isinstance(data, dict):
        field, messages = next(iter(data.items()))
        return _sentence(messages) if field == "detail" else f"{field}: {_sentence(messages)}"
    return _sentence(data[0]) if isinstance(data, list) else str(data)
