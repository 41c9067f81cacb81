"""The JSON Schema of journey files, generated from the kinds of steps, for editors that complete and check as one types."""

from __future__ import annotations

from typing import Any

from cdp.events.catalog import CATALOG, OWN_PREFIX
from journeys.steps import STEPS

_DURATION = {"type": "string", "pattern": r"^(\d+(mo|w|d|h|m|s))+$", "description": "3d, 1h, 30m, 45s, 2w, 6mo"}
_CONDITION = {"type": ["string", "boolean"], "description": "A SQL condition"}


def journey_schema() -> dict[str, Any]:
    """The schema, JSON Schema 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Linli CDP journey",
        "type": "object",
        "properties": {
            "journey": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
            "name": {"type": "string"},
            "entry": _entry(),
            "audience": _CONDITION,
            "holdout": {"type": "string", "pattern": r"^\d{1,2}(\.\d{1,2})?\s*%$"},
            "goal": _watch(within=_DURATION),
            "exit": {"type": "array", "items": _watch()},
            "gates": _gates(),
            "steps": {"$ref": "#/$defs/steps", "minItems": 1},
        },
        "required": ["journey", "entry", "steps"],
        "additionalProperties": False,
        "$defs": {
            "event": {"anyOf": [{"enum": sorted(CATALOG)}, {"type": "string", "pattern": rf"^{OWN_PREFIX}\S+"}]},
            "steps": {"type": "array", "items": {"oneOf": [_step(verb) for verb in STEPS]}},
        },
    }


def _step(verb: str) -> dict[str, Any]:
    kind = STEPS[verb]
    fields = kind.schema() if kind.words_beside else {verb: kind.schema()}
    return {"type": "object", "properties": fields, "required": [verb], "additionalProperties": False}


def _entry() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "event": {"$ref": "#/$defs/event"},
            "tag": {"type": "string"},
            "where": _CONDITION,
            "key": {"type": "string", "pattern": r"^(context|data)\."},
            "again": {
                "anyOf": [
                    {"enum": ["never", "always"]},
                    _object({"after": _DURATION}),
                    _object({"per_key": {"type": "integer", "minimum": 1, "maximum": 1000}}),
                ]
            },
            "late": _DURATION,
        },
        "oneOf": [{"required": ["event"]}, {"required": ["tag"]}],
        "additionalProperties": False,
    }


def _watch(**more: Any) -> dict[str, Any]:
    fields = {"event": {"$ref": "#/$defs/event"}, "where": _CONDITION, **more}
    return {"type": "object", "properties": fields, "required": ["event"], "additionalProperties": False}


def _gates() -> dict[str, Any]:
    cap = {"type": "string", "pattern": r"^(\d+\s*/\s*\w+|none|off)$", "description": "1/day, 3/week, 5/month, 2/7d"}
    caps = {"anyOf": [cap, {"type": "array", "items": cap}]}
    hours = {"type": "string", "description": "21:30-08:30"}
    quiet = {
        "anyOf": [
            hours,
            {**_object({"hours": hours}), "properties": {"hours": hours, "then": {"enum": ["hold", "drop"]}}},
        ]
    }
    per_channel = {"type": "object", "additionalProperties": caps}
    return {
        "type": "object",
        "properties": {"quiet": quiet, "cap": {"anyOf": [*caps["anyOf"], per_channel]}},
        "additionalProperties": False,
    }


def _object(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
