"""What the tables remember of some people is enough to say who they are and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cdp.codec import encode
from cdp.events.event import Event
from cdp.identity.index import IdentityIndex
from projections.engine import Engine
from projections.identities import divided, identity_of, positions
from projections.intake import Intake
from projections.read import Reader
from projections.schema import prepare
from projections.stretch import Stretch
from tests.identity.builders import configured, seen, surrogate
from tests.identity.test_laws import STRICTER, histories, names

KNOWN = [surrogate(name) for name in names]
ORDERS = {surrogate(name) for name in names if name.startswith("o")}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(":memory:", "Asia/Shanghai")
    prepare(engine)
    yield engine
    engine.close()


def take(engine: Engine, history: list[Event], cuts: Sequence[int] = (50,)) -> tuple[IdentityIndex, Reader]:
    """The history in otherwise empty tables, cut at these hundredths, each piece by somebody who begins with what is stored;
    the index of everybody beside them."""
    for table in ("internal.identity", "identifiers", "touchpoints"):
        engine.run(f"DELETE FROM {table}")
    engine.run("UPDATE internal.progress SET rules = '{}'")
    numbered = [replace(event, id=str(n), position=n) for n, event in enumerate(history, 1)]
    ends = [0, *sorted(len(numbered) * cut // 100 for cut in cuts), len(numbered)]
    for part in (numbered[start:end] for start, end in pairwise(ends)):
        intake = Intake(engine)
        intake.begin()
        if part:
            intake.take(Stretch([(event.position, event.stream, event.type, encode(event)) for event in part]))
        intake.settle()
    return intake.index, Reader(engine)


_histories = st.one_of(histories, histories.map(lambda events: [configured(**STRICTER), *events]))


@given(history=_histories, some=st.sets(st.sampled_from(KNOWN), min_size=1, max_size=2))
@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
def test_an_index_of_a_few_people_says_of_them_what_the_index_of_all_says(
    engine: Engine, history: list[Event], some: set[int]
) -> None:
    whole, reader = take(engine, history)
    with reader.snapshot() as state:
        few = identity_of(state, some)
        for one in some:
            person = whole.person_of(one)
            assert one in ORDERS or few.person_of(one) == person
            if one not in ORDERS and person is not None:
                assert few.members(person) == whole.members(person)
                assert few.joins(person) == whole.joins(person)
                mine = [a for a in whole.ambiguous() if person in a.persons]
                assert [a for a in few.ambiguous() if person in a.persons] == mine
        everywhere = identity_of(state, divided(state))
        assert everywhere.ambiguous() == whole.ambiguous()


@given(history=_histories)
@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
def test_however_the_log_is_taken_in_a_link_is_known_by_the_event_that_told_of_it_first(
    engine: Engine, history: list[Event]
) -> None:
    whole, reader = take(engine, history)
    plain = IdentityIndex()
    for position, event in enumerate(history, 1):
        plain.observe(replace(event, position=position))
    with reader.snapshot() as state:
        assert positions(identity_of(state, KNOWN)) == positions(whole) == positions(plain)


@given(history=histories, cuts=st.lists(st.integers(0, 100), max_size=4), data=st.data())
@settings(deadline=None, max_examples=10, suppress_health_check=list(HealthCheck))
def test_any_permutation_in_any_split_with_restarts_gives_the_same_persons(
    engine: Engine, history: list[Event], cuts: list[int], data: st.DataObject
) -> None:
    _, reader = take(engine, history)
    persons = reader.rows("SELECT surrogate, person_id FROM identifiers ORDER BY surrogate")
    _, reader = take(engine, data.draw(st.permutations(history)), cuts)
    assert reader.rows("SELECT surrogate, person_id FROM identifiers ORDER BY surrogate") == persons


def test_a_link_is_known_by_the_event_that_first_told_of_it(engine: Engine) -> None:
    history = [seen("u1"), seen("u1 w1"), seen("w1 u1 o1"), seen("w1 p1"), seen("u1 w1")]
    _, reader = take(engine, history)
    with reader.snapshot() as state:
        told = positions(identity_of(state, [surrogate("p1")]))
        assert divided(state) == set()
    assert told == {
        (surrogate("u1"), surrogate("w1")): 2,
        (surrogate("u1"), surrogate("o1")): 3,
        (surrogate("w1"), surrogate("o1")): 3,
        (surrogate("w1"), surrogate("p1")): 4,
    }
