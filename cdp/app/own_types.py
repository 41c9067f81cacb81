"""The workspace's own event types: `schemas/x.NAME.json`, a JSON Schema of the type's data, enforced at the door.

A property of the top level with `"x-identifying": true` is sealed in the vault, like a name or a number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import SchemaError, best_match
from referencing import Registry

from cdp.errors import DefinitionError, Problem, Rejected
from cdp.events.catalog import OWN_PREFIX
from cdp.events.fields import IDENTIFYING

FOLDER = "schemas"
_DEEPEST = 64


class DeclaredTypes:
    """The declared types of a workspace."""

    def __init__(self, schemas: Mapping[str, dict[str, Any]]):
        # A schema can refer to itself alone; without a registry of its own the library would fetch others from the web.
        self._validators = {name: Draft202012Validator(schema, registry=Registry()) for name, schema in schemas.items()}
        self._identifying = {name: tuple(_identifying(schema)) for name, schema in schemas.items()}

    def check(self, type_name: str, data: dict[str, Any]) -> None:
        """Raises Rejected("schema") with the path of what fits least; types without a declaration fit."""
        validator = self._validators.get(type_name)
        if validator is None:
            return
        try:
            error = best_match(validator.iter_errors(data))
        except RecursionError:
            raise Rejected("schema", "nested too deeply", "$.data") from None
        if error is not None:
            raise Rejected("schema", _told(error), "$.data" + error.json_path.removeprefix("$"))

    def identifying(self, type_name: str) -> tuple[str, ...]:
        """Names of the fields that are sealed."""
        return self._identifying.get(type_name, ())


def load_own_types(workspace: Path) -> DeclaredTypes:
    """The types declared in `schemas/`. Raises DefinitionError with every mistake in every file."""
    problems: list[Problem] = []
    schemas: dict[str, dict[str, Any]] = {}
    for path in sorted((workspace / FOLDER).glob("*.json")):
        name, file = path.stem, f"{FOLDER}/{path.name}"
        found, schema = _read(path, file)
        problems += found
        if not name.startswith(OWN_PREFIX) or name == OWN_PREFIX:
            problems.append(Problem(file, 0, "", f"is to be named after a type of your own: {OWN_PREFIX}NAME.json"))
        elif not found and isinstance(schema, dict):
            schemas[name] = schema
    if problems:
        raise DefinitionError(f"{FOLDER}/ has {len(problems)} mistake(s)", problems)
    return DeclaredTypes(schemas)


def _read(path: Path, file: str) -> tuple[list[Problem], Any]:
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        return [Problem(file, error.lineno, "", f"not readable as JSON: {error.msg}")], None
    except (OSError, ValueError, RecursionError) as error:
        return [Problem(file, 0, "", f"cannot be read: {error}")], None
    if not isinstance(schema, dict):
        return [Problem(file, 1, "$", "expected an object")], None
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return [Problem(file, 0, error.json_path, f"no JSON Schema: {error.message}")], None
    unusable = [*_unusable(schema, schema, "$"), *_unsealable(schema)]
    return [Problem(file, 0, path, message) for path, message in unusable], schema


def _unusable(root: Any, part: Any, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """References that lead out of the file, or nowhere."""
    if depth > _DEEPEST:
        yield path, "nested too deeply"
    elif isinstance(part, dict):
        reference = part.get("$ref")
        if isinstance(reference, str) and not _leads_inside(root, reference):
            yield f"{path}.$ref", f"{reference!r} does not lead to a place in this file"
        for key, inner in part.items():
            yield from _unusable(root, inner, f"{path}.{key}", depth + 1)
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            yield from _unusable(root, inner, f"{path}[{number}]", depth + 1)


def _unsealable(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Sealed fields that could hold something else than text."""
    for name in _identifying(schema):
        if schema["properties"][name].get("type") not in ("string", ["string", "null"], ["null", "string"]):
            yield f"$.properties.{name}", 'what is sealed is text: say "type": "string"'


def _leads_inside(root: Any, reference: str) -> bool:
    if reference != "#" and not reference.startswith("#/"):
        return False
    for key in reference[2:].split("/") if len(reference) > 1 else ():
        name = key.replace("~1", "/").replace("~0", "~")
        if not isinstance(root, dict) or name not in root:
            return False
        root = root[name]
    return True


def _identifying(schema: Mapping[str, Any]) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name, about in properties.items() if isinstance(properties, dict) else ():
        if isinstance(about, dict) and about.get(IDENTIFYING) is True:
            yield name


def _told(error: ValidationError) -> str:
    """The rule that was broken. Not the library's own message: that repeats the value, which may name somebody."""
    if error.validator == "required":
        missing = [n for n in error.validator_value if isinstance(error.instance, dict) and n not in error.instance]
        return f"the required {', '.join(missing)} is missing"
    if error.validator == "additionalProperties":
        return "there are fields that the schema does not allow"
    return f"does not fit {error.validator}: {json.dumps(error.validator_value, ensure_ascii=False)[:200]}"
