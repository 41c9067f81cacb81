"""The files of the interface, from the package itself: style sheet, script, and the vendored libraries."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

_TYPES = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}


def router() -> APIRouter:
    """`/static/…`, kept by browsers for ever: names carry a version, ours a digest in the query.

    Sent compressed to whoever takes it, for phones; each file is compressed once, when it is first asked for.
    """
    routes = APIRouter(include_in_schema=False)
    folder = files("cdp.app.web") / "static"
    own = {item.name: item for item in folder.iterdir() if item.is_file()}
    vendored = {f"vendor/{item.name}": item for item in (folder / "vendor").iterdir()}
    served = {name: item for name, item in (own | vendored).items() if name.rpartition(".")[2] in _TYPES}

    @cache
    def compressed(name: str) -> bytes:
        return gzip.compress(served[name].read_bytes(), compresslevel=9, mtime=0)

    @routes.get("/static/{name:path}")
    def static(request: Request, name: str) -> Response:
        if name not in served:
            raise HTTPException(404)
        kind = _TYPES[name.rpartition(".")[2]]
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(compressed(name), media_type=kind, headers=_HEADERS | {"Content-Encoding": "gzip"})
        return Response(served[name].read_bytes(), media_type=kind, headers=_HEADERS)

    return routes
