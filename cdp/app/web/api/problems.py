"""Errors become HTTP here and nowhere else: RFC 9457 problem documents with a stable code."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cdp.errors import (
    CdpError,
    LogError,
    NotFound,
    PlatformError,
    ProjectionFailed,
    QueryStopped,
    Rejected,
    SignatureRejected,
    TooManyQueries,
    UsageError,
    WorkspaceError,
)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = {"Retry-After": "5"}
"""Beside every 503: what cannot be done now was not done, and may be asked for again in so many seconds."""
STATUS: dict[type[CdpError], int] = {
    NotFound: 404,
    SignatureRejected: 401,
    Rejected: 400,
    WorkspaceError: 503,
    UsageError: 422,
    LogError: 503,
    ProjectionFailed: 503,
    PlatformError: 502,
    QueryStopped: 422,
    TooManyQueries: 429,
    CdpError: 400,
}
"""The nearest class of an error's ancestry counts."""
_QUERIES_AGAIN = 5
"""Seconds after which asking again is worth while."""


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """A problem document."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail}
    headers = RETRY_AFTER if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return Response(msgspec.json.encode(body | more), status, headers, MEDIA_TYPE)


def from_error(error: CdpError) -> Response:
    """The problem document of one of our errors."""
    status = next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)
    more: dict[str, Any] = {}
    if isinstance(error, UsageError):
        more["problems"] = [p._asdict() for p in error.problems]
    if isinstance(error, Rejected):
        more["path"] = error.path
    detail = error.message if isinstance(error, Rejected) else str(error)
    response = problem(status, _code(error), detail, **more)
    if isinstance(error, TooManyQueries):
        response.headers["Retry-After"] = str(_QUERIES_AGAIN)
    return response


def from_http(error: HTTPException, **more: Any) -> Response:
    """The problem document of an error of the framework, with its headers."""
    code = getattr(error, "code", f"http_{error.status_code}")
    response = problem(error.status_code, code, str(error.detail), **more)
    response.headers.update(error.headers or {})
    return response


def unforeseen(error: Exception) -> Response:
    """The problem document of an error that nobody foresaw."""
    # The server's log has the error itself; the answer must not carry what it was about.
    return problem(500, "internal", f"the server failed ({type(error).__name__}); its log says where")


def install(app: FastAPI) -> None:
    """Answer every error of ours, of the framework, and every unforeseen one, as a problem document."""

    async def ours(_: Request, error: Exception) -> Response:
        assert isinstance(error, CdpError)
        return from_error(error)

    async def frameworks(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return from_http(error)

    async def parameters(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        found = [{"path": ".".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()]
        detail = "; ".join(f"{f['path']}: {f['message']}" for f in found)
        return problem(422, "invalid_request", detail, problems=found)

    async def others(_: Request, error: Exception) -> Response:
        return unforeseen(error)

    app.add_exception_handler(CdpError, ours)
    app.add_exception_handler(HTTPException, frameworks)
    app.add_exception_handler(RequestValidationError, parameters)
    app.add_exception_handler(Exception, others)


def _code(error: CdpError) -> str:
    if isinstance(error, Rejected):
        return error.reason
    name = type(error).__name__
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
