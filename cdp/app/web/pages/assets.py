"""The files of the interface, from the package itself: style sheet, script, and the vendored libraries."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

_TYPES = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
_FOR_EVER = "public, max-age=31536000, immutable"


def router() -> APIRouter:
    """`/static/…` with immutable caching: names carry a version, ours a digest in the query."""
    routes = APIRouter(include_in_schema=False)
    folder = files("cdp.app.web") / "static"
    own = {item.name: item for item in folder.iterdir() if item.is_file()}
    vendored = {f"vendor/{item.name}": item for item in (folder / "vendor").iterdir()}
    served = {name: item for name, item in (own | vendored).items() if name.rpartition(".")[2] in _TYPES}

    @routes.get("/static/{name:path}")
    def static(name: str) -> Response:
        if name not in served:
            raise HTTPException(404)
        kind = _TYPES[name.rpartition(".")[2]]
        return Response(served[name].read_bytes(), media_type=kind, headers={"Cache-Control": _FOR_EVER})

    return routes
