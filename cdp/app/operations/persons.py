"""Persons: find, show, say why."""

from __future__ import annotations

from typing import Any

import msgspec

from cdp.app.operations.runtime import Answer, Runtime
from cdp.app.recommended import recommended
from cdp.errors import NotFound, UsageError
from cdp.events.touchpoint import Identifier
from journeys.why import why as chain
from journeys.why import why_not as refusals

SOURCE = "operator"
_PROFILE = ("name", "nickname", "remark", "address")
_CLEAR = ("building", "gender", "baby_birth_month")


def find(runtime: Runtime, identifier: str, reveal: bool = False) -> Answer:
    """The person behind `TYPE:VALUE` or `TYPE:SCOPE:VALUE`; a bare number is a person id. Raises NotFound."""
    number = identifier_number(identifier)
    surrogate = number if number is not None else runtime.system.vault.find(parse_identifier(identifier))
    if surrogate is None:
        raise NotFound("person", identifier)
    return show(runtime, surrogate, reveal)


def show(runtime: Runtime, person: int, reveal: bool = False) -> Answer:
    """Everything known about a person: the row of `persons`, identifiers, and what is worth recommending to them; names and
    values only with `reveal`."""
    current = runtime.person(person)
    reader = runtime.reader()
    rows = reader.rows("SELECT * FROM persons WHERE person_id = ?", [current])
    surrogates = surrogates_of(runtime, current)
    known = runtime.system.vault.identifiers([s["surrogate"] for s in surrogates]) if reveal else {}
    identifiers = [{**s, "value": known[s["surrogate"]].value if s["surrogate"] in known else None} for s in surrogates]
    return {
        "person_id": current,
        "asked_for": person,
        "profile": profile(runtime, current) if reveal else {},
        "attributes": attributes(runtime, current),
        "identifiers": plain(identifiers),
        "facts": plain(rows)[0] if rows else {},
        "recommendations": recommended(reader, current),
        "position": reader.freshness().position,
    }


def profile(runtime: Runtime, person: int) -> Answer:
    """Names by the policies of the workspace, opened from the vault; what was erased is missing."""
    known = _profile_row(runtime, person)
    references = {name: known[name] for name in _PROFILE if known.get(name)}
    opened = runtime.system.vault.open(list(references.values()))
    return {name: opened[reference] for name, reference in references.items() if reference in opened}


def attributes(runtime: Runtime, person: int) -> Answer:
    """What is known in clear by the policies of the workspace: fields of the catalogue, and the workspace's own."""
    known = _profile_row(runtime, person)
    return {name: known[name] for name in _CLEAR if known.get(name)} | document(known.get("attributes"))


def timeline(runtime: Runtime, person: int, limit: int = 100, before: int = 0, type: str = "") -> Answer:
    """A person's events, newest first, at most `limit`; `before` is the position to go on from."""
    current = runtime.person(person)
    rows = runtime.reader().rows(
        "SELECT position, type, occurred_at, source, channel, live_id, group_id, order_id, product_id, amount_fen, data "
        "FROM touchpoints WHERE person_id = ? AND (? = 0 OR position < ?) AND (? = '' OR type = ?) "
        "ORDER BY position DESC LIMIT ?",
        [current, before, before, type, type, limit],
    )
    events = [{**row, "data": document(row["data"])} for row in plain(rows)]
    return {"person_id": current, "events": events, "next": events[-1]["position"] if len(events) == limit else None}


def why(runtime: Runtime, person: int, journey: str) -> Answer:
    """The stored chain of one person and journey: trigger, what branches saw, gates, actions and how they ended."""
    current = runtime.person(person)
    surrogates = [s["surrogate"] for s in surrogates_of(runtime, current)]
    return {"person_id": current, "journey": journey, "chain": chain(runtime.system.log, surrogates, journey)}


def why_not(runtime: Runtime, person: int, journey: str) -> Answer:
    """For every event that could have let them in: the first rule that said no."""
    current = runtime.person(person)
    surrogates = [s["surrogate"] for s in surrogates_of(runtime, current)]
    return {"person_id": current, "journey": journey, "chain": refusals(runtime.system.log, surrogates, journey)}


def identifier_number(text: str) -> int | None:
    """The number that `17` or `#17` stands for; None for a text that is no number of ours."""
    digits = text.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 19 else None


def parse_identifier(text: str) -> Identifier:
    """`unionid:oABC`, `wecom:ww1:own:wmXYZ`: the first part is the type, the last the value, between them the scope."""
    kind, _, rest = text.partition(":")
    scope, _, value = rest.rpartition(":")
    if not kind or not value:
        raise UsageError(f"{text!r} is no identifier; write TYPE:VALUE or TYPE:SCOPE:VALUE, as in phone:13800000000")
    return Identifier(type=kind, scope=scope, value=value)


def surrogates_of(runtime: Runtime, person: int) -> list[Answer]:
    """Every identifier of a person and the orders attached, as the tables know them."""
    return runtime.reader().rows(
        "SELECT surrogate, type, scope, first_seen, last_seen FROM identifiers WHERE person_id = ? ORDER BY surrogate",
        [person],
    )


def _profile_row(runtime: Runtime, person: int) -> Answer:
    rows = runtime.reader().rows("SELECT * FROM profiles WHERE person_id = ?", [person])
    return rows[0] if rows else {}


def document(text: str | None) -> dict[str, Any]:
    """A column that holds JSON."""
    return msgspec.json.decode(text, type=dict[str, Any]) if text else {}


def plain(rows: list[Answer]) -> list[Answer]:
    """Rows as JSON can hold them."""
    return [{k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in row.items()} for row in rows]
