"""Persons of a few events, as one would tell them."""

from __future__ import annotations

import pytest
from msgspec import ValidationError

from cdp.events.event import Event, Who
from cdp.identity.index import IdentityIndex
from cdp.identity.partition import Ambiguity
from tests.identity.builders import configured, linked, seen, surrogate, unlinked


def follow(*events: Event) -> IdentityIndex:
    index = IdentityIndex()
    for event in events:
        index.observe(event)
    return index


def persons(index: IdentityIndex, names: str) -> list[int | None]:
    return [index.person_of(surrogate(name)) for name in names.split()]


def test_identifiers_of_one_event_are_one_person_named_by_the_smallest() -> None:
    index = follow(seen("w1 u1 p1"))
    assert persons(index, "u1 w1 p1") == [surrogate("u1")] * 3
    assert index.members(surrogate("u1")) == (surrogate("u1"), surrogate("w1"), surrogate("p1"))


def test_a_late_identification_pulls_the_anonymous_history_along() -> None:
    index = follow(seen("a1"), seen("u1"))
    assert persons(index, "a1 u1") == [surrogate("a1"), surrogate("u1")]
    assert index.observe(seen("a1 u1")) == {surrogate("a1"), surrogate("u1")}
    assert index.regrouped == {surrogate("a1"), surrogate("u1")}
    assert persons(index, "a1 u1") == [surrogate("u1")] * 2
    assert index.resolve(surrogate("a1")) == surrogate("u1")
    assert index.members(surrogate("a1")) == ()


def test_a_phone_shared_by_two_people_merges_neither_and_is_listed() -> None:
    index = follow(seen("u1 p1"), seen("u2 p1"))
    assert persons(index, "u1 u2 p1") == [surrogate("u1"), surrogate("u2"), surrogate("u1")]
    assert index.ambiguous() == [
        Ambiguity((surrogate("p1"), surrogate("u2")), (surrogate("u1"), surrogate("u2")), "limit", "unionid")
    ]


def test_a_person_settles_an_ambiguity_by_linking() -> None:
    index = follow(seen("u1 p1"), seen("u2 p1"), linked("u2 p1", at=5))
    assert persons(index, "u1 u2 p1") == [surrogate("u1"), surrogate("p1"), surrogate("p1")]
    assert [a.link for a in index.ambiguous()] == [(surrogate("u1"), surrogate("p1"))]


def test_a_person_settles_an_ambiguity_by_unlinking() -> None:
    index = follow(seen("u1 p1"), seen("u2 p1"), unlinked("u2 p1", at=5))
    assert index.ambiguous() == []
    assert persons(index, "u1 u2 p1") == [surrogate("u1"), surrogate("u2"), surrogate("u1")]


def test_a_statement_wins_over_every_observation_and_not_over_a_limit() -> None:
    index = follow(linked("u1 u2", at=1))
    assert persons(index, "u1 u2") == [surrogate("u1"), surrogate("u2")]
    assert index.ambiguous()[0].reason == "limit"


def test_what_was_unlinked_stays_apart_though_others_stand_between() -> None:
    index = follow(seen("u1 w1 p1"), unlinked("w1 p1", at=5), seen("w1 p1"), seen("p1 a1"), seen("w1 a1"))
    assert persons(index, "w1 p1") == [surrogate("u1"), surrogate("p1")]
    assert {a.reason for a in index.ambiguous()} == {"apart"}
    index.observe(linked("w1 p1", at=6))
    assert set(persons(index, "u1 w1 p1 a1")) == {surrogate("u1")}


def test_a_link_that_was_stated_earlier_and_arrives_later_changes_nothing() -> None:
    index = follow(seen("u1"), seen("p1"), unlinked("u1 p1", at=5), linked("u1 p1", at=4))
    assert persons(index, "u1 p1") == [surrogate("u1"), surrogate("p1")]


def test_an_order_belongs_to_its_owner_whichever_was_known_first() -> None:
    index = follow(seen("o1"))
    assert index.person_of_event(seen("o1")) is None
    assert index.observe(seen("u1 o1")) == {surrogate("u1")}
    assert index.regrouped == {surrogate("u1")}, "the order brought its earlier events along"
    assert index.person_of_event(seen("o1")) == surrogate("u1")
    assert index.members(surrogate("u1")) == (surrogate("u1"), surrogate("o1"))
    assert index.resolve(surrogate("o1")) is None


def test_an_order_goes_to_the_strongest_identifier_and_merges_nobody() -> None:
    index = follow(seen("p1 o1"), seen("u1 o1"))
    assert persons(index, "p1 u1 o1") == [surrogate("p1"), surrogate("u1"), surrogate("u1")]
    assert index.members(surrogate("p1")) == (surrogate("p1"),)


def test_an_event_belongs_to_its_strongest_actor() -> None:
    index = follow(seen("u1 p1"), seen("u2 p1"))
    assert index.person_of_event(seen("p1 u2")) == surrogate("u2")
    assert index.person_of_event(seen("")) is None


def test_only_actors_are_persons() -> None:
    staff = Who("wecom", "corp", 99, "staff")
    event = Event(id="1", source="shop", type="mall.visited", occurred_at=0, who=(staff,))
    index = follow(event)
    assert index.person_of(99) is None
    assert index.person_of_event(event) is None


def test_decisions_are_no_evidence_that_identifiers_belong_together() -> None:
    index = follow(seen("u1"), seen("p1"))
    assert index.observe(seen("u1 p1", source="outbox")) == frozenset()
    assert persons(index, "u1 p1") == [surrogate("u1"), surrogate("p1")]


def test_new_rules_are_as_if_they_had_always_held() -> None:
    index = follow(seen("u1 p1"), seen("u2 p1"))
    assert index.observe(configured(limits={"unionid": 2})) == {surrogate("u1"), surrogate("u2")}
    assert persons(index, "u1 u2 p1") == [surrogate("u1")] * 3
    assert index.observe(configured(limits={"unionid": 2})) == frozenset()
    index.observe(configured())
    assert persons(index, "u1 u2 p1") == [surrogate("u1"), surrogate("u2"), surrogate("u1")]
    with pytest.raises(ValidationError):
        index.observe(configured(limits={"unionid": "one"}))


def test_an_erased_identifier_stays_where_it_was() -> None:
    index = follow(seen("u1 p1"))
    erased = seen("", type="person.erased", source="shop", surrogates=[surrogate("u1"), surrogate("p1")], by="owner")
    assert index.observe(erased) == frozenset()
    assert persons(index, "u1 p1") == [surrogate("u1")] * 2
    assert index.erased(surrogate("p1"))
    assert not index.erased(surrogate("u2"))
    assert IdentityIndex.restore(index.rules, index.facts()).erased(surrogate("u1"))


def test_thousands_behind_one_phone_are_thousands_of_persons() -> None:
    crowd = [
        Event(
            id=str(n), source="shop", type="mall.visited", occurred_at=0,
            who=(Who("unionid", "", 2 * n), Who("wecom", "c", 2 * n + 1), Who("phone", "", 1)),
        )
        for n in range(1, 1500)
    ]  # fmt: skip
    index = follow(*crowd)
    assert index.members(2) == ()
    assert index.members(1) == (1, 2, 3)
    assert index.members(4) == (4, 5)
    assert len(index.ambiguous()) == len(crowd) - 1


def test_surrogates_may_be_far_apart() -> None:
    far = 2_000_000_000
    index = follow(Event(id="1", source="s", type="mall.visited", occurred_at=0, who=(Who("unionid", "", far),)))
    assert index.person_of(far) == far
    assert index.person_of(7) is None
