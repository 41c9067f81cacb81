"""The OpenAPI document knows every door."""

from __future__ import annotations

import json
import re

from jsonschema import Draft202012Validator
from starlette.routing import Route

from tests.doors.shop import Shop


def test_every_route_for_programs_stands_in_the_document(shop: Shop) -> None:
    paths = shop.http.get("/openapi.json").json()["paths"]
    hidden = {"/v1/operations/{name}"}
    routes = {r.path_format for r in shop.app.routes if isinstance(r, Route) and r.path.startswith("/v1/")} - hidden
    assert {"/v1/events", "/v1/batch", "/v1/schemas/{type}"} <= routes
    assert routes <= paths.keys()


def test_every_reference_of_the_document_leads_somewhere(shop: Shop) -> None:
    document = shop.http.get("/openapi.json").json()
    references = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(document)))
    assert {"Envelope", "CloudEvent", "Problem"} <= references
    assert references <= document["components"]["schemas"].keys()


def test_an_event_fits_the_schema_that_the_document_gives(shop: Shop) -> None:
    document = shop.http.get("/openapi.json").json()
    schema = {"$ref": "#/components/schemas/Envelope", "components": document["components"]}
    event = {
        "id": "1",
        "type": "mall.visited",
        "occurred_at": "2026-06-13T20:15:00Z",
        "who": [{"type": "phone", "value": "1"}],
    }
    validator = Draft202012Validator(schema)
    assert validator.is_valid(event)
    assert not validator.is_valid({**event, "who": "nobody"})
    assert shop.post("/v1/events", event).json()["accepted"] == 1
