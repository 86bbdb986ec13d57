"""
Answers for whatever refuses a request.

The handlers are `async def`: for a `def` FastAPI waits for a thread, and all of them may wait for Latchkey.
"""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from latchkey import LatchkeyError
from latchkey.http_errors import http_error

_ERRORS = {
    400: ("invalid_request", "The body cannot be read."),
    404: ("not_found", "Not found."),
    405: ("method_not_allowed", "Method not allowed."),
}


def add_error_handlers(app: FastAPI) -> None:
    """One shape for all of them."""

    @app.exception_handler(LatchkeyError)
    async def refused(request: Request, error: LatchkeyError) -> JSONResponse:
        answer = http_error(error)
        return JSONResponse(answer.body, answer.status, answer.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        # The place and the message, never the input.
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:] if isinstance(part, str))
        description = f"{place}: {first['msg']}" if place else str(first["msg"])
        return _json(400, "invalid_request", description)

    @app.exception_handler(HTTPException)
    async def failed(request: Request, error: HTTPException) -> JSONResponse:
        code, description = _ERRORS.get(error.status_code, ("refused", str(error.detail)))
        return _json(error.status_code, code, description, dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        # The server logs it. The caller learns nothing of it.
        return _json(500, "server_error", "Internal error.")


def _json(status: int, code: str, description: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": code, "error_description": description}, status, headers)
