"""Types of a workspace's own: undeclared they pass as they are, declared they are held to their schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdp.app.own_types import load_own_types
from cdp.errors import DefinitionError
from tests.doors.shop import Shop, bearer

TASTING: dict[str, Any] = {
    "type": "object",
    "properties": {
        "cake": {"type": "string", "minLength": 1},
        "score": {"$ref": "#/$defs/score"},
        "guest": {"type": "string", "x-identifying": True},
    },
    "required": ["cake"],
    "additionalProperties": False,
    "$defs": {"score": {"type": "integer", "minimum": 1, "maximum": 5}},
}


def declare(directory: Path, schema: object, name: str = "x.tasting.json") -> None:
    (directory / "schemas").mkdir(exist_ok=True)
    text = schema if isinstance(schema, str) else json.dumps(schema)
    (directory / "schemas" / name).write_text(text, encoding="utf-8")


@pytest.fixture
def bakery(tmp_path: Path) -> Iterator[Shop]:
    declare(tmp_path, TASTING)
    opened = Shop(tmp_path)
    yield opened
    opened.close()


def tasting(type: str = "x.tasting", **data: Any) -> dict[str, Any]:
    who = [{"type": "phone", "value": "19900000001"}]
    return {"id": "t1", "source": "pos", "type": type, "occurred_at": "2026-06-13T20:15:00Z", "who": who, "data": data}


def test_what_fits_its_schema_is_taken(bakery: Shop) -> None:
    assert bakery.post("/v1/events", tasting(cake="栗子", score=5)).json()["accepted"] == 1
    assert bakery.events()[0].data == {"cake": "栗子", "score": 5}


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        ({}, "$.data", "the required cake is missing"),
        ({"cake": ""}, "$.data.cake", "minLength"),
        ({"cake": "栗子", "score": 9}, "$.data.score", "maximum"),
        ({"cake": "栗子", "guest": 5}, "$.data.guest", "type"),
        ({"cake": "栗子", "wine": True}, "$.data", "does not allow"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_path_and_without_the_value(
    bakery: Shop, data: dict[str, Any], path: str, message: str
) -> None:
    for route in ("/v1/validate", "/v1/events"):
        (row,) = bakery.post(route, tasting(**data)).json()["events"]
        assert (row["outcome"], row["reason"], row["path"]) == ("failed", "schema", path)
        assert message in row["message"]
    assert bakery.events() == []


def test_a_field_declared_as_identifying_is_sealed(bakery: Shop) -> None:
    bakery.post("/v1/events", tasting(cake="栗子", guest="王阿姨"))
    (event,) = bakery.events()
    assert "王" not in str(event.data)
    assert bakery.opened(event.data["guest"]) == "王阿姨"


def test_other_types_of_ones_own_need_no_declaration(bakery: Shop) -> None:
    assert bakery.post("/v1/events", tasting("x.party", anything={"goes": [1, None]})).json()["accepted"] == 1


def test_a_failure_is_taken_after_the_schema_is_mended(tmp_path: Path) -> None:
    declare(tmp_path, TASTING)
    shop = Shop(tmp_path)
    shop.post("/v1/events", tasting(cake="栗子", score=9))
    shop.close()
    declare(tmp_path, {**TASTING, "$defs": {"score": {"type": "integer"}}})
    shop = Shop(tmp_path)
    shop.system.inbox.replay()
    shop.system.mapper.advance()
    assert [e.data for e in shop.events()] == [{"cake": "栗子", "score": 9}]
    shop.close()


def test_all_mistakes_in_all_schemas_are_told_at_once(tmp_path: Path) -> None:
    declare(tmp_path, {"type": "objekt"}, "x.a.json")
    declare(tmp_path, '{\n"type": ', "x.b.json")
    declare(
        tmp_path,
        {"properties": {"p": {"$ref": "https://example.com/s.json"}, "q": {"$ref": "#/$defs/none"}}},
        "x.c.json",
    )
    declare(tmp_path, {}, "order.paid.json")
    declare(tmp_path, [], "x.d.json")
    declare(tmp_path, {"properties": {"n": {"x-identifying": True}}}, "x.e.json")
    with pytest.raises(DefinitionError) as found:
        load_own_types(tmp_path)
    assert [(p.file, p.path) for p in found.value.problems] == [
        ("schemas/order.paid.json", ""), ("schemas/x.a.json", "$.type"), ("schemas/x.b.json", ""),
        ("schemas/x.c.json", "$.properties.p.$ref"), ("schemas/x.c.json", "$.properties.q.$ref"),
        ("schemas/x.d.json", "$"), ("schemas/x.e.json", "$.properties.n"),
    ]  # fmt: skip


def test_the_catalogue_is_answered_as_json_schema(shop: Shop) -> None:
    types = shop.http.get("/v1/schemas").json()["types"]
    assert {
        "type": "live.commented",
        "version": 1,
        "since": "0.1.0",
        "identifying": ["text"],
        "internal": False,
    } in types
    answer = shop.http.get("/v1/schemas/order.paid")
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json()["properties"]["amount_fen"]["description"].startswith("What was paid")
    assert shop.http.get("/v1/schemas/order.eaten", headers=bearer("x")).status_code == 404
