"""In which format an answer is written: `format` in the request, else what its `Accept` likes best."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request

from cdp.app.operations.asking import known_format
from projections.asking.question import MEDIA_TYPES, SUFFIXES, Format

_BY_TYPE: Mapping[str, Format] = {
    **{media_type.partition(";")[0]: form for form, media_type in MEDIA_TYPES.items() if form != "excel"},
    "*/*": "json",
    "application/*": "json",
    "text/*": "csv",
}
_SHOWN: tuple[Format, ...] = ("json", "ndjson", "arrow")


def chosen(request: Request, named: str = "") -> Format:
    """The format. Raises UsageError for a name that is none, 406 when nothing that is liked is to be had."""
    if name := named or request.query_params.get("format", ""):
        return known_format(name)
    ranges = [_range(part) for part in request.headers.get("accept", "*/*").split(",")]
    for liked, _ in sorted(ranges, key=lambda ranged: -ranged[1]):
        if liked in _BY_TYPE:
            return _BY_TYPE[liked]
    raise HTTPException(406, f"there are {', '.join(dict.fromkeys(MEDIA_TYPES.values()))}")


def headers_of(form: Format, name: str) -> dict[str, str]:
    """What an answer in a format says about itself."""
    file = {} if form in _SHOWN else {"Content-Disposition": f'attachment; filename="{name}{SUFFIXES[form]}"'}
    return {"Content-Type": MEDIA_TYPES[form], "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **file}


def _range(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                return kind, float(value)
            except ValueError:
                return kind, 0.0
    return kind, 1.0
