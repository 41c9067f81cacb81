"""The catalogue: every field says what it is, schemas and reference follow from it, old versions are read as new ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from cdp.codec import decode, encode, renewed
from cdp.errors import LogDamaged
from cdp.events.catalog import CATALOG
from cdp.events.event import Event
from cdp.events.fields import IDENTIFYING, UNIT
from cdp.events.reference import reference
from cdp.events.schema import field_docs, schema, structs_of
from cdp.events.upcast import UPCASTERS, Upcasters
from cdp.testing import event

REFERENCE = Path(__file__).parents[2] / "docs" / "events.md"


@pytest.mark.parametrize("name", CATALOG)
def test_every_field_of_every_type_says_what_it_is(name: str) -> None:
    for struct in structs_of(CATALOG[name].struct):
        assert struct.__doc__, struct
        assert set(struct.__struct_fields__) <= field_docs(struct).keys(), struct


@pytest.mark.parametrize("name", CATALOG)
def test_the_schema_of_a_type_is_one_and_says_what_is_sealed(name: str) -> None:
    document = schema(name)
    jsonschema.Draft202012Validator.check_schema(document)
    sealed = {n for n, told in document["properties"].items() if IDENTIFYING in str(told)}
    assert sealed == set(CATALOG[name].identifying)
    assert document["additionalProperties"] is False
    assert all(told["description"] for told in document["properties"].values())


# What others were promised; types may be added, none goes.
PROMISED = """\
person.profile_changed person.linked person.unlinked person.erased consent.given consent.withdrawn
friend.added friend.removed tag.added tag.removed
group.created group.dismissed group.joined group.left group.message_sent group.link_clicked group.checked_in
group.activity_joined content.posted
live.scheduled live.started live.ended live.reserved live.entered live.left live.watched live.liked live.commented live.shared
live.product_clicked
mall.visited product.viewed cart.added cart.removed order.placed order.paid order.cancelled order.refunded order.shipped
order.ready_for_pickup order.picked_up order.completed coupon.issued coupon.redeemed coupon.expired
cost.recorded campaign.planned workspace.configured day.closed
journey.deployed journey.paused journey.entered journey.stepped journey.left action.requested action.suppressed
action.attempted action.confirmed action.delivered action.failed action.expired action.unknown"""
MEASURES_NOTHING = {
    "version", "engine", "visit", "bucket", "attempt", "code", "add_way", "subject", "surrogates", "bodies", "attributes"
}  # fmt: skip
UNITS = {
    "fen": "fen",
    "seconds": "seconds",
    "at": "microseconds since 1970 UTC",
    "position": "position in the log",
}


def test_every_promised_type_is_in_the_catalogue() -> None:
    assert set(PROMISED.split()) <= CATALOG.keys()


@pytest.mark.parametrize("name", CATALOG)
def test_every_number_says_what_it_counts_in(name: str) -> None:
    document = schema(name)
    for part in (document, *document.get("$defs", {}).values()):
        for field, told in part.get("properties", {}).items():
            expected = UNITS.get(field.rpartition("_")[2])
            assert told.get(UNIT) == expected or expected is None, field
            assert '"integer"' not in json.dumps(told) or UNIT in told or field in MEASURES_NOTHING, field
            assert UNIT not in told or told["description"].endswith(f"({told[UNIT]})")


@pytest.mark.parametrize(
    ("data", "fits"),
    [
        ({"amount_fen": 990, "items": [{"product": "p", "quantity": 2}], "receiver_name": "王"}, True),
        ({"amount_fen": "990"}, False),
        ({"amount_fen": -1}, False),
        ({"items": [{}]}, False),
        ({"amount": 1}, False),
    ],
)
def test_the_schema_takes_what_the_door_takes(data: dict[str, Any], fits: bool) -> None:
    assert jsonschema.Draft202012Validator(schema("order.paid")).is_valid(data) is fits
    try:
        msgspec.convert(data, CATALOG["order.paid"].struct)
        taken = True
    except msgspec.ValidationError:
        taken = False
    assert taken is fits


def test_the_reference_is_what_the_catalogue_says() -> None:
    """Written by: python -m cdp.events.reference > docs/events.md"""
    assert REFERENCE.read_text(encoding="utf-8") == reference()


# A type that twice had a breaking change: `yuan` became `fen`, then `by` became a list.
CHANGED = Upcasters(
    {
        ("x.tip", 1): lambda d: {**{k: v for k, v in d.items() if k != "yuan"}, "fen": d["yuan"] * 100},
        ("x.tip", 2): lambda d: {**d, "by": [d["by"]]},
    }
)
FIRST = Upcasters({})
SECOND = Upcasters({("x.tip", 1): lambda d: d})


def read(state: bytes, upcasters: Upcasters) -> Event:
    return decode(state, position=7, stream="s/1", type="x.tip", upcasters=upcasters)


def test_an_event_of_any_older_version_is_read_as_the_present_one() -> None:
    oldest = encode(event("x.tip", data={"yuan": 5, "by": "v:1", "note": "谢谢"}), upcasters=FIRST)
    older = encode(event("x.tip", data={"fen": 500, "by": "v:1", "note": "谢谢"}), upcasters=SECOND)
    present = encode(event("x.tip", data={"fen": 500, "by": ["v:1"], "note": "谢谢"}), upcasters=CHANGED)
    for state in (oldest, older, present):
        found = read(state, CHANGED)
        assert (found.version, found.data) == (3, {"fen": 500, "by": ["v:1"], "note": "谢谢"})


def test_other_types_are_read_as_they_are() -> None:
    state = encode(event("order.paid", data={"amount_fen": 1}), upcasters=FIRST)
    found = decode(state, position=1, stream="s/1", type="order.paid", upcasters=CHANGED)
    assert (found.version, found.data) == (1, {"amount_fen": 1})


def test_a_log_that_a_newer_release_wrote_is_not_misread() -> None:
    newer = encode(event("x.tip", data={"fen": 500, "by": ["v:1"]}), upcasters=CHANGED)
    with pytest.raises(LogDamaged, match=r"version 3 was written by a newer release; this one knows 1"):
        read(newer, FIRST)


def test_stored_bytes_are_renewed_only_where_another_version_wrote_them() -> None:
    oldest = encode(event("x.tip", data={"yuan": 5, "by": "v:1"}), upcasters=FIRST)
    present = encode(event("x.tip", data={"fen": 500, "by": ["v:1"]}), upcasters=CHANGED)
    other = encode(event("x.tea", data={"v": 1}), upcasters=FIRST)
    rows = [(1, "s/1", "x.tip", oldest), (2, "s/1", "x.tip", present), (3, "s/1", "x.tea", other)]
    renewed_rows = renewed(rows, upcasters=CHANGED)
    assert [row[:3] for row in renewed_rows] == [row[:3] for row in rows]
    assert [read(row[3], CHANGED).data for row in renewed_rows[:2]] == [{"fen": 500, "by": ["v:1"]}] * 2
    assert (renewed_rows[0][3] != oldest, renewed_rows[1:]) == (True, rows[1:])
    with pytest.raises(LogDamaged, match="newer release"):
        renewed([(1, "s/1", "x.tip", present)], upcasters=FIRST)


def test_a_chain_of_upcasters_has_no_gap() -> None:
    with pytest.raises(ValueError, match="none from 1"):
        Upcasters({("x.tip", 2): lambda d: d})


def test_the_version_of_every_type_follows_from_its_upcasters() -> None:
    assert {e.name: e.version for e in CATALOG.values()} == {name: UPCASTERS.version(name) for name in CATALOG}


CHECKING = """
import sys
from cdp.errors import Rejected
from cdp.events.catalog import CATALOG, check_data

called = set()
sys.setprofile(lambda frame, event, _: called.add(frame.f_code.co_name))
for name in CATALOG:
    try:
        check_data(name, {})
    except Rejected:
        pass
sys.setprofile(None)
print(*called)
"""


def test_no_type_is_looked_over_by_two_threads_at_once() -> None:
    """msgspec reads a struct's annotations when it is first used, and crashes where two threads do so at the same moment."""
    called = subprocess.run([sys.executable, "-c", CHECKING], capture_output=True, text=True, check=True).stdout.split()
    assert "check_data" in called
    assert "get_class_annotations" not in called
