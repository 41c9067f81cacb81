"""The laws of identity: the persons are a function of the set of events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import convert

from cdp.events.event import Event
from cdp.identity.index import IdentityIndex
from cdp.identity.rules import IdentityRules
from tests.identity import reference
from tests.identity.builders import TYPES, configured, linked, seen, surrogate, unlinked

RULES = IdentityRules(limits={"unionid": 1, "wecom": 2, "phone": 2})
STRICTER = {
    "limits": {"unionid": 1, "wecom": 0, "phone": 1},
    "strength": {"phone": 0, "unionid": 5, "wecom": 10},
    "blocked_surrogates": [surrogate("p1"), surrogate("a1")],
}

people = [kind + str(n) for kind in "uwpa" for n in (1, 2, 3)]
names = [*people, "o1", "o2"]
some = st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True).map(" ".join)
several = st.lists(st.sampled_from(people), min_size=2, max_size=3, unique=True).map(" ".join)
moments = st.integers(1, 4)
events = st.one_of(
    some.map(seen),
    some.map(seen),
    some.map(lambda s: seen(s, source="outbox")),
    st.builds(linked, several, moments),
    st.builds(unlinked, several, moments),
)
beyond = st.builds(linked, several, moments, beyond_limit=st.just(True))
within_limits = st.lists(events, max_size=14)
histories = st.lists(st.one_of(events, beyond), max_size=14)
law = settings(deadline=None)


def follow(history: Sequence[Event], rules: IdentityRules = RULES) -> IdentityIndex:
    index = IdentityIndex(rules)
    for event in history:
        index.observe(event)
    return index


def view(index: IdentityIndex) -> dict[str, object]:
    known = [surrogate(name) for name in names]
    return {
        "person": {s: index.person_of(s) for s in known},
        "members": {s: index.members(s) for s in known},
        "ambiguous": index.ambiguous(),
        "joins": {s: index.joins(s) for s in known},
    }


@law
@given(histories)
def test_following_gives_the_persons_of_the_whole_set_of_events(history: list[Event]) -> None:
    index = follow(history)
    expected = reference.persons(history, RULES)
    assert {s: index.person_of(s) for s in expected} == expected


@law
@given(histories, st.data())
def test_any_permutation_with_repetitions_gives_the_same_persons(history: list[Event], data: st.DataObject) -> None:
    repeated = history + data.draw(st.lists(st.sampled_from(history), max_size=4) if history else st.just([]))
    shuffled = data.draw(st.permutations(repeated))
    assert view(follow(shuffled)) == view(follow(history))


@law
@given(histories, histories)
def test_going_on_from_stored_facts_is_going_on(first: list[Event], second: list[Event]) -> None:
    index = follow(first)
    stored, mark = index.facts(), index.mark()
    resumed = IdentityIndex.restore(RULES, stored)
    assert view(resumed) == view(index)
    for event in second:
        assert resumed.observe(event) == index.observe(event)
        assert resumed.regrouped == index.regrouped
    assert view(IdentityIndex.restore(RULES, [*index.facts(mark), *stored])) == view(index)


@law
@given(histories, histories)
def test_other_rules_give_the_persons_as_if_they_had_always_held(first: list[Event], second: list[Event]) -> None:
    rules = convert(STRICTER, IdentityRules)
    index = follow([*first, configured(**STRICTER), *second])
    assert view(index) == view(follow([*first, *second], rules))
    assert index.rules == rules


@law
@given(within_limits)
def test_no_person_ever_has_more_values_than_the_limit(history: list[Event]) -> None:
    index = IdentityIndex(RULES)
    kind = {surrogate(name): TYPES[name[0]] for name in names}
    for event in history:
        index.observe(event)
        for person in {index.person_of(s) for s in kind} - {None}:
            counts = Counter(kind[s] for s in index.members(person or 0))
            assert all(counts[k] <= limit for k, limit in RULES.limits.items())


@law
@given(histories)
def test_a_persons_id_is_its_smallest_identifier_and_members_are_its_persons(history: list[Event]) -> None:
    index = follow(history)
    orders = {surrogate(name) for name in names if name[0] == "o"}
    for s in map(surrogate, names):
        person = index.person_of(s)
        if person is not None:
            members = index.members(person)
            assert s in members
            assert person == min(m for m in members if m not in orders)
            assert list(members) == sorted({m for m in map(surrogate, names) if index.person_of(m) == person})


@law
@given(histories)
def test_what_observing_answers_are_exactly_the_persons_whose_members_changed(history: list[Event]) -> None:
    index = IdentityIndex(RULES)
    known = [surrogate(name) for name in names]
    for event in history:
        before = {s: index.members(s) for s in known}
        acted = {s for s in known if index.person_of(s) is not None} | {
            surrogate(n) for n in names if n[0] == "o" and index.facts() and _known(index, surrogate(n))
        }
        answer = index.observe(event)
        after = {s: index.members(s) for s in known}
        assert answer == {s for s in known if before[s] != after[s]}
        old = {s: set(before[s]) & acted for s in known}
        new = {s: set(after[s]) & acted for s in known}
        assert index.regrouped == {s for s in known if old[s] != new[s]}


def _known(index: IdentityIndex, order: int) -> bool:
    return any(fact.kind == "seen" and fact.a == order for fact in index.facts())


@law
@given(histories, several)
def test_taking_back_a_link_of_strangers_restores_exactly_what_was(history: list[Event], two: str) -> None:
    index = follow([*history, *[seen(name) for name in two.split()]])
    together = [index.person_of(surrogate(name)) for name in two.split()]
    if len(set(together)) < len(together):
        return
    before = view(index)
    index.observe(linked(two, at=10))
    index.observe(unlinked(two, at=11))
    after = view(index)
    assert (after["person"], after["members"]) == (before["person"], before["members"])


@law
@given(histories)
def test_orders_never_merge_two_persons(history: list[Event]) -> None:
    without = [
        seen(" ".join(n for n in _names(e) if n[0] != "o"), source=e.source) if e.type == "mall.visited" else e
        for e in history
    ]
    index, plain = follow(history), follow(without)
    for s in (surrogate(name) for name in people):
        assert index.person_of(s) == plain.person_of(s)


def _names(event: Event) -> list[str]:
    by_surrogate = {surrogate(name): name for name in names}
    return [by_surrogate[w.surrogate] for w in event.who]
