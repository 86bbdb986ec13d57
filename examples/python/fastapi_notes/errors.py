"""Answers for whatever refuses a request."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from latchkey import LatchkeyError
from latchkey.http_errors import http_error

_ERRORS = {404: ("not_found", "Not found."), 405: ("method_not_allowed", "Method not allowed.")}


def add_error_handlers(app: FastAPI) -> None:
    """One shape for all of them."""

    @app.exception_handler(LatchkeyError)
    def refused(request: Request, error: LatchkeyError) -> JSONResponse:
        answer = http_error(error)
        return JSONResponse(answer.body, answer.status, answer.headers)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        # The place and the message, never the input.
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:] if isinstance(part, str))
        description = f"{place}: {first['msg']}" if place else str(first["msg"])
        return _json(400, "invalid_request", description)

    @app.exception_handler(HTTPException)
    def failed(request: Request, error: HTTPException) -> JSONResponse:
        code, description = _ERRORS.get(error.status_code, ("refused", str(error.detail)))
        return _json(error.status_code, code, description, dict(error.headers or {}))


def _json(status: int, code: str, description: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": code, "error_description": description}, status, headers)
