"""What is known of a person: the table and the engine's fold say the same, by the policies of the workspace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cdp.codec import encode
from cdp.conditions.profile import FIELDS, OWN, POLICIES, Told, read_policies, tell
from cdp.conditions.vocabulary import SEALED_ATTRIBUTES
from cdp.events.event import Event
from cdp.identity.index import IdentityIndex
from cdp.testing import event, person
from journeys.evolve import fold
from journeys.scope import attributes
from journeys.state import Person
from projections.catalog import views
from projections.engine import Engine
from projections.extract import EXTRACTED, STORED, lent
from tests.projections.tables import at

PEOPLE = (1, 2, 3)
SOURCES = ("wecom/main", "wecom/other", "youzan/main", "front-desk")
_values = st.one_of(
    st.sampled_from(["端午", "水果", "", "12", "null"]),
    st.integers(-3, 3),
    st.sampled_from([2**63 - 1, -(2**63), 2**63, 10**30]),
    st.booleans(),
)
_own = st.dictionaries(
    st.sampled_from(["interests", "points", 'x."y', "楼层"]),
    st.one_of(_values, st.none(), st.lists(_values, max_size=3)),
)
_sealed = st.sampled_from(["v:1", "v:2", "v:3"])
_data = st.fixed_dictionaries(
    {},
    optional={
        "building": st.sampled_from(["3栋", "5栋", ""]),
        "gender": st.sampled_from(["female", "unknown"]),
        "baby_birth_month": st.sampled_from(["2026-03", "2025-12"]),
        "nickname": _sealed,
        "remark": _sealed,
        "attributes": _own,
    },
)
_policy = st.fixed_dictionaries(
    {"policy": st.sampled_from(POLICIES)},
    optional={"sources": st.lists(st.sampled_from([*SOURCES, "wecom", "youzan"]), max_size=2, unique=True)},
)
_policies = st.dictionaries(
    st.sampled_from([*(f"{OWN}{name}" for name in ("interests", "points", 'x."y')), "building", "nickname"]), _policy
).map(lambda said: {name: p for name, p in said.items() if p["policy"] in FIELDS.get(name, POLICIES)})


def told(who: int | tuple[int, ...], when: int, source: str, data: dict[str, Any]) -> Event:
    people = tuple(person(s) for s in ((who,) if isinstance(who, int) else who))
    return event("person.profile_changed", who=people, occurred_at=at("12:00") + when, source=source, data=data)


def configured(policies: dict[str, Any]) -> Event:
    data = {"settings": {"profile": policies}, "files": {}, "digest": "d"}
    return event("workspace.configured", who=(), stream="workspace", data=data)


_told = st.builds(
    told, st.one_of(st.sampled_from(PEOPLE), st.just((1, 2))), st.integers(0, 3), st.sampled_from(SOURCES), _data
)
_histories = st.lists(st.one_of(_told, _told, _told, _policies.map(configured)), min_size=2, max_size=14)


def follow(events: list[Event]) -> IdentityIndex:
    index = IdentityIndex()
    for each in events:
        index.observe(each)
    return index


def by_the_fold(events: list[Event], person_id: int) -> dict[str, Any]:
    """What the engine knows of a person, policies as last configured."""
    configuration = [e for e in events if e.type == "workspace.configured"]
    policies = read_policies(configuration[-1].data["settings"]) if configuration else {}
    index = follow(events)
    facts = [e for e in events if e.type == "person.profile_changed" and index.person_of_event(e) == person_id]
    known = fold(Person(policies=policies), facts)
    clear = {name: value for name, value in attributes(known).items() if name not in ("is_staff", "is_friend")}
    found = {**clear, **{name: field.value for name, field in known.sealed.items()}}
    return {name: value for name, value in found.items() if value is not None}


def by_the_table(row: dict[str, Any]) -> dict[str, Any]:
    plain = {name: row[name] for name in ("building", "gender", "baby_birth_month", *SEALED_ATTRIBUTES)}
    own = {f"{OWN}{name}": value for name, value in json.loads(row["attributes"]).items()}
    return {name: value for name, value in {**plain, **own}.items() if value is not None}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(":memory:", "Asia/Shanghai")
    yield engine
    engine.close()


def profiles(engine: Engine, events: list[Event]) -> list[dict[str, Any]]:
    """The rows of `profiles` by its own text, over these events alone."""
    index = follow(events)
    stored = lent([(each.position, each.stream, each.type, encode(each)) for each in events])
    owners = pa.array([index.person_of_event(each) for each in events], pa.int64())
    with (
        engine.lent(STORED, stored),
        engine.lent("owners", pa.table([stored["position"], owners], ["position", "person_id"])),
    ):
        engine.run(
            f"CREATE OR REPLACE TEMP TABLE touchpoints AS SELECT * FROM ({EXTRACTED}) AS told INNER JOIN owners USING (position)"
        )
        for view in (v for v in views() if v.name in ("profile_policies", "profiles")):
            engine.run(f"CREATE OR REPLACE TEMP TABLE {view.name} AS {view.sql}")
    names = [column.name for column in view.columns]
    return [dict(zip(names, row, strict=True)) for row in engine.rows("FROM profiles")]


@given(events=_histories)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_table_and_the_fold_know_the_same_of_everybody(engine: Engine, events: list[Event]) -> None:
    numbered = [replace(each, position=n) for n, each in enumerate(events, 1)]
    for row in profiles(engine, numbered):
        assert by_the_table(row) == by_the_fold(numbered, row["person_id"])


_kept = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(SOURCES), _values), max_size=8, unique_by=lambda t: t[:2])


@given(st.sampled_from(POLICIES), st.lists(st.sampled_from(SOURCES), max_size=2, unique=True), _kept, st.data())
@settings(deadline=None)
def test_in_whatever_order_it_is_told_the_same_is_known(
    policy: str, sources: list[str], values: list[tuple[int, str, Any]], data: st.DataObject
) -> None:
    kept = read_policies({"profile": {"building": {"policy": policy, "sources": sources}}})["building"]

    def known(order: list[tuple[int, str, Any]]) -> Any:
        found: Told | None = None
        for when, source, value in order:
            found = tell(found, kept, value, (when, SOURCES.index(source)), source)
        return found and (type(found.value), found.value)

    assert known(data.draw(st.permutations(values))) == known(values)


STORY = [
    configured({
        "building": {"policy": "latest", "sources": ["wecom"]},
        "baby_birth_month": {"policy": "max"},
        f"{OWN}interests": {"policy": "union"},
        f"{OWN}first_shop": {"policy": "first"},
        f"{OWN}points": {"policy": "sum"},
        f"{OWN}steps": {"policy": "max"},
    }),
    told(1, 1, "youzan/main", {"building": "5栋", "attributes": {"interests": ["水果", "端午"], "points": 5, "steps": 9}}),
    told(1, 2, "wecom/main", {"building": "3栋", "baby_birth_month": "2026-03", "attributes": {"first_shop": "东门"}}),
    told(2, 3, "youzan/main", {"building": "8栋", "baby_birth_month": "2025-12", "attributes": {"first_shop": "西门"}}),
    told(2, 4, "youzan/main", {"attributes": {"interests": "水果", "points": 7, "steps": 4, "nick": None}}),
]  # fmt: skip


def story(engine: Engine, *more: Event) -> list[dict[str, Any]]:
    """The rows after the story and what came more, without what nobody told."""
    rows = profiles(engine, [replace(each, position=n) for n, each in enumerate((*STORY, *more), 1)])
    told = [row | {"attributes": json.loads(row["attributes"])} for row in sorted(rows, key=lambda r: r["person_id"])]
    return [{name: value for name, value in row.items() if value is not None} for row in told]


def test_two_persons_who_become_one_are_known_by_the_same_policies(engine: Engine) -> None:
    assert story(engine) == [
        {
            "person_id": 1, "building": "3栋", "baby_birth_month": "2026-03",
            "attributes": {"first_shop": "东门", "interests": ["水果", "端午"], "points": 5, "steps": 9},
        },
        {
            "person_id": 2, "building": "8栋", "baby_birth_month": "2025-12",
            "attributes": {"first_shop": "西门", "interests": ["水果"], "points": 7, "steps": 4},
        },
    ]  # fmt: skip
    assert story(engine, event("person.linked", who=(person(1), person(2)))) == [
        {
            "person_id": 1, "building": "3栋", "baby_birth_month": "2026-03",
            "attributes": {"first_shop": "东门", "interests": ["水果", "端午"], "points": 12, "steps": 9},
        }
    ]  # fmt: skip


def test_what_a_source_no_longer_says_is_gone_only_where_the_latest_counts(engine: Engine) -> None:
    known = told(1, 8, "youzan/main", {"attributes": {"free": "text"}})
    gone = told(1, 9, "youzan/main", {"attributes": {"points": None, "free": None, "steps": None}})
    first, _ = story(engine, known, gone)
    assert first["attributes"] == {"first_shop": "东门", "interests": ["水果", "端午"], "points": 5, "steps": 9}
