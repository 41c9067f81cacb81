"""The doors in the OpenAPI document: they are answered before the web framework's layers, so it cannot describe them itself."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI

from cdp.app.web.api.problems import MEDIA_TYPE
from cdp.envelopes import cloudevents, segment
from cdp.envelopes.own import Envelope

_Document = dict[str, Any]
_EVENT = {"$ref": "#/components/schemas/Envelope"}
_OBJECT: _Document = {"type": "object"}
_CLOUDEVENT: _Document = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "time"],
    "properties": {
        "specversion": {"const": "1.0"},
        **{name: {"type": "string", "minLength": 1} for name in ("id", "source", "type")},
        "time": {"type": "string", "format": "date-time"},
        "subject": {"type": "string", "description": "TYPE:VALUE or TYPE:SCOPE:VALUE of the actor"},
        "data": {"type": "object", "description": "who, data and context as in our own JSON"},
    },
}
_PROBLEM: _Document = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "code", "detail", "path")},
        "status": {"type": "integer"},
    },
}
_COUNTS = {name: {"type": "integer"} for name in ("accepted", "duplicate", "failed")}
_ANSWER: _Document = {
    "type": "object",
    "required": [*_COUNTS, "events"],
    "properties": {**_COUNTS, "events": {"type": "array", "items": _OBJECT}},
}
_SEGMENT_ANSWER: _Document = {
    "type": "object",
    "required": ["success", "accepted", "duplicates", "rejected"],
    "properties": {
        "success": {"type": "boolean"}, "accepted": {"type": "integer"}, "duplicates": {"type": "integer"},
        "rejected": {"type": "array", "items": _OBJECT},
    },
}  # fmt: skip
_REFUSALS = {
    "400": "The body is none of the forms it may have",
    "401": "No key, or an unknown one",
    "403": "The key has another scope",
    "413": "The body or the batch is too large",
    "415": "The body's encoding is not understood",
    "429": "The key brings too much; Retry-After says when it may again",
    "503": "It cannot be stored now",
}


def describe(app: FastAPI) -> None:
    """Put the doors and the catalogue into the application's document."""
    framework = app.openapi

    def document() -> _Document:
        if app.openapi_schema is None:
            app.openapi_schema = _with_doors(framework())
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _with_doors(document: _Document) -> _Document:
    _, components = msgspec.json.schema_components([Envelope], ref_template="#/components/schemas/{name}")
    known = document.setdefault("components", {})
    for name, read in known.get("schemas", {}).items():
        if name.startswith("Body_"):
            read["additionalProperties"] = False
    known["schemas"] = {**known.get("schemas", {}), **components, "CloudEvent": _CLOUDEVENT, "Problem": _PROBLEM}
    keys = {"bearer": {"type": "http", "scheme": "bearer"}, "basic": {"type": "http", "scheme": "basic"}}
    known["securitySchemes"] = {**known.get("securitySchemes", {}), **keys}
    document["paths"] = {**_doors(), **document["paths"]}
    return document


def _doors() -> _Document:
    own = {"oneOf": [_EVENT, {"type": "array", "items": _EVENT}, _many()]}
    cloudevent = {"$ref": "#/components/schemas/CloudEvent"}
    bodies = {
        "application/json": {"schema": own},
        "application/x-ndjson": {"schema": {"type": "string", "description": "one event a line"}},
        cloudevents.STRUCTURED: {"schema": cloudevent},
        cloudevents.BATCH: {"schema": {"type": "array", "items": cloudevent}},
    }
    message = {"application/json": {"schema": _OBJECT}}
    batch = {"type": "object", "required": ["batch"], "properties": {"batch": {"type": "array", "items": _OBJECT}}}
    several = {"application/json": {"schema": batch}}
    calls = {f"/v1/{call}": _post(f"Segment's {call} call", message, _SEGMENT_ANSWER) for call in segment.CALLS}
    batches = {
        f"/v1/{name}": _post("Segment calls in a batch", several, _SEGMENT_ANSWER) for name in ("batch", "import")
    }
    return {
        "/v1/events": _post("One event or many, answered after the commit", bodies, _ANSWER),
        "/v1/validate": _post("What /v1/events would answer; writes nothing", bodies, _ANSWER),
        **calls,
        **batches,
        "/v1/schemas": _get("Every event type", {}),
        "/v1/schemas/{type}": _get("The JSON Schema of an event type", {"404": "There is no such type"}, "type"),
    }


def _many() -> _Document:
    sent_at = {"type": "string", "format": "date-time", "description": "when the sender sent, by its own clock"}
    properties = {"events": {"type": "array", "items": _EVENT}, "sent_at": sent_at}
    return {"type": "object", "required": ["events"], "properties": properties}


def _post(summary: str, bodies: _Document, answer: _Document) -> _Document:
    operation = {
        "tags": ["events in"],
        "summary": summary,
        "security": [{"bearer": []}, {"basic": []}],
        "requestBody": {"required": True, "content": bodies},
        "responses": {"200": _json("An answer for every event", answer), **_problems(_REFUSALS)},
    }
    return {"post": operation}


def _get(summary: str, refusals: dict[str, str], parameter: str = "") -> _Document:
    named = {"name": parameter, "in": "path", "required": True, "schema": {"type": "string"}}
    operation = {
        "tags": ["events in"],
        "summary": summary,
        "parameters": [named] if parameter else [],
        "responses": {"200": {"description": summary}, **_problems(refusals)},
    }
    return {"get": operation}


def _json(description: str, schema: _Document) -> _Document:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _problems(refusals: dict[str, str]) -> _Document:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": description, "content": content} for status, description in refusals.items()}
