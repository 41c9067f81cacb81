"""What is held back, what made a person, and what a statement beyond a limit does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from hypothesis import given
from msgspec.structs import replace

from cdp.events.event import Event, Who
from cdp.identity.index import IdentityIndex
from cdp.identity.partition import Pair, pair
from tests.identity.builders import TYPES, configured, linked, seen, surrogate, unlinked
from tests.identity.test_examples import follow as told
from tests.identity.test_examples import persons
from tests.identity.test_laws import RULES, follow, histories, law, people

KIND = {surrogate(name): TYPES[name[0]] for name in people}


def links(index: IdentityIndex) -> set[Pair]:
    """Every link there is, observed or stated; those that were taken back are none."""
    known = {(fact.a, fact.b) for fact in index.facts() if fact.kind == "link"}
    return {two for two in known if index.verdict(*two) != "apart"}


@law
@given(histories)
def test_what_is_listed_as_ambiguous_are_exactly_the_links_from_one_person_to_another(history: list[Event]) -> None:
    index = follow(history)
    across = [
        (pair(p, q), two) for two in links(index) if (p := index.person_of(two[0])) != (q := index.person_of(two[1]))
    ]
    listed = index.ambiguous()
    assert {a.persons for a in listed} == {persons for persons, _ in across}
    assert {(a.persons, a.link) for a in listed} <= set(across)
    for doubt in listed:
        one, other = (index.members(person) for person in doubt.persons)
        apart = any(index.verdict(a, b) == "apart" for a in one for b in other)
        assert (doubt.reason == "apart") == apart
        if doubt.reason == "limit":
            values = Counter(KIND[s] for s in (*one, *other) if s in KIND)
            assert values[doubt.type] > RULES.limits[doubt.type]


@law
@given(histories)
def test_the_joins_of_a_person_are_links_that_hold_all_its_identifiers_together(history: list[Event]) -> None:
    index = follow(history)
    for person in {index.person_of(s) for s in KIND} - {None}:
        members = [s for s in index.members(person or 0) if s in KIND]
        joins = index.joins(person or 0)
        assert set(joins) <= links(index)
        assert len(joins) == len(members) - 1
        reached, before = {person}, 0
        while len(reached) > before:
            before = len(reached)
            reached |= {end for two in joins if reached & {*two} for end in two}
        assert reached == set(members)


@law
@given(histories)
def test_only_statements_beyond_a_limit_give_a_person_more_values_than_it_allows(history: list[Event]) -> None:
    index = follow(history)
    for person in {index.person_of(s) for s in KIND} - {None}:
        members = [s for s in index.members(person or 0) if s in KIND]
        counts = Counter(KIND[s] for s in members)
        if any(counts[kind] > limit for kind, limit in RULES.limits.items()):
            assert any(index.verdict(a, b) == "beyond" for a, b in combinations(members, 2))


def test_somebody_with_two_unionids_is_one_person_when_it_is_said_beyond_the_limit() -> None:
    index = told(seen("u1 p1"), seen("u2 p1"), linked("u1 u2", at=5, beyond_limit=True))
    assert persons(index, "u1 u2 p1") == [surrogate("u1")] * 3
    assert index.ambiguous() == []
    index.observe(seen("u3 p1"))
    assert persons(index, "u3 p1") == [surrogate("u3"), surrogate("u1")], "it was said of these two alone"
    index.observe(unlinked("u1 u2", at=6))
    assert persons(index, "u1 u2 p1") == [surrogate("u1"), surrogate("u2"), surrogate("u1")]


def test_of_two_statements_of_one_moment_the_one_beyond_the_limit_holds_and_apart_before_both() -> None:
    index = told(linked("u1 u2", at=5, beyond_limit=True), linked("u1 u2", at=5))
    assert persons(index, "u1 u2") == [surrogate("u1")] * 2
    index.observe(unlinked("u1 u2", at=5))
    assert persons(index, "u1 u2") == [surrogate("u1"), surrogate("u2")]


def test_a_limit_of_none_is_no_limit() -> None:
    index = told(configured(limits={"unionid": 0}), seen("u1 p1"), seen("u2 p1"))
    assert persons(index, "u1 u2") == [surrogate("u1")] * 2


def test_what_is_blocked_is_nobody_elses_and_owns_no_order_from_the_first_event_on() -> None:
    shops_phone = configured(blocked_surrogates=[surrogate("p1")])
    history = [seen("a1 p1"), seen("a2 p1"), seen("p1 o1"), seen("a2 o2"), seen("p1 o2")]
    for index in (told(*history, shops_phone), told(shops_phone, *history)):
        assert persons(index, "a1 a2 p1") == [surrogate("a1"), surrogate("a2"), surrogate("p1")]
        assert persons(index, "o1 o2") == [None, surrogate("a2")]
        assert index.ambiguous() == []
        index.observe(linked("a1 p1", at=9))
        assert persons(index, "a1 p1") == [surrogate("a1"), surrogate("p1")]
    index.observe(configured())
    assert persons(index, "a1 a2 p1 o1") == [surrogate("p1")] * 4


def test_each_link_remembers_the_event_that_first_told_of_it() -> None:
    index = IdentityIndex()
    for position, event in enumerate([seen("u1 w1"), seen("u1 w1 p1"), seen("p1 o1"), linked("w1 p1", at=4)], 1):
        index.observe(replace(event, position=position))
    kept = IdentityIndex.restore(index.rules, index.facts())
    for facts in (index.facts(), kept.facts()):
        found = {(f.kind, f.a, f.b): f.position for f in facts if f.kind != "seen"}
        assert found == {
            ("link", surrogate("u1"), surrogate("w1")): 1,
            ("link", surrogate("u1"), surrogate("p1")): 2,
            ("link", surrogate("w1"), surrogate("p1")): 2,
            ("claim", surrogate("o1"), surrogate("p1")): 3,
            ("together", surrogate("w1"), surrogate("p1")): 4,
        }


class Counting(IdentityIndex):
    """Counts how many identifiers' neighbours it looks at."""

    def __init__(self) -> None:
        super().__init__()
        self.looked = 0
        beside, circle = self._graph.beside, self._persons.circle

        def counted(surrogate: int) -> Iterator[int]:
            self.looked += 1
            return beside(surrogate)

        def walked(person: int) -> Iterator[int]:
            for each in circle(person):
                self.looked += 1
                yield each

        self._graph.beside, self._persons.circle = counted, walked  # type: ignore[method-assign, assignment]


def _shop(index: Counting, size: int) -> None:
    """So many neighbours with three identifiers each; in every hundredth household two share a phone."""
    for n in range(size):
        first = 10 * n + 1
        shared = first - 10 + 2 if n % 100 == 1 else first + 2
        for type, number in (("wecom", first + 1), ("phone", shared)):
            index.observe(_beside(("unionid", first), (type, number)))


def _beside(*who: tuple[str, int]) -> Event:
    return Event(id="1", source="s", type="mall.visited", occurred_at=0, who=tuple(Who(t, "", n) for t, n in who))


def test_an_event_costs_what_it_touches_however_many_people_there_are() -> None:
    costs = []
    for size in (300, 3000):
        index = Counting()
        _shop(index, size)
        index.looked = 0
        index.observe(_beside(("unionid", 1), ("phone", 3), ("anonymous_id", 9)))  # a new identifier
        index.observe(_beside(("unionid", 101), ("anonymous_id", 9)))  # somebody's, says somebody else: held back
        index.observe(_beside(("wecom", 1002), ("phone", 1013)))  # two of a household that shares a phone
        index.observe(linked("u1 p1", at=1))  # strangers, by 11 and 31
        index.observe(unlinked("u1 p1", at=2))
        costs.append(index.looked)
    assert costs[0] == costs[1] < 150
