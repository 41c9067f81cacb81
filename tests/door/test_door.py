"""The door: what it takes, what it refuses and why, and the law that nothing is lost there."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.clock import MINUTE
from cdp.events.touchpoint import Identifier, Touchpoint
from cdp.identity.rules import IdentityRules
from cdp.ingest import Door
from cdp.log import Log
from cdp.testing import fixed_clock, memory_log, memory_vault
from cdp.vault import SqliteVault

NEIGHBOUR = Identifier(type="unionid", value="oWangAyi")
PHONE = Identifier(type="phone", value="19900000001")


class House:
    """A door with its log and vault."""

    def __init__(self, rules: IdentityRules | None = None):
        self.clock = fixed_clock()
        self.log: Log = memory_log(self.clock)
        self.vault: SqliteVault = memory_vault()
        self.door = Door(self.log, self.vault, self.clock, lambda: rules or IdentityRules())

    def touchpoint(self, id: str = "1", **fields: object) -> Touchpoint:
        given = {
            "type": "order.paid",
            "occurred_at": self.clock.now(),
            "who": (NEIGHBOUR,),
            "data": {"amount_fen": 9900},
        }
        return Touchpoint(id=id, source="test", **(given | fields))  # type: ignore[arg-type]


@pytest.fixture
def house() -> House:
    return House()


def reason(house: House, **fields: object) -> tuple[str | None, str]:
    answer = house.door.take([house.touchpoint(**fields)])[0]
    assert answer.outcome == "failed"
    return answer.reason, answer.path


def test_an_event_stands_in_the_log_with_surrogates_instead_of_identifiers(house: House) -> None:
    answer = house.door.take([house.touchpoint(who=(PHONE, NEIGHBOUR))])[0]
    assert answer.outcome == "accepted"
    (event,) = house.log.read(0)
    strongest = house.vault.find(NEIGHBOUR)
    assert event.stream == f"s/{strongest}"
    assert {w.surrogate for w in event.who} == {strongest, house.vault.find(PHONE)}
    assert b"oWangAyi" not in msgspec.json.encode(event)
    assert b"19900000001" not in msgspec.json.encode(event)


def test_identifying_fields_are_sealed_under_the_subject_and_open_again(house: House) -> None:
    house.door.take([house.touchpoint(type="person.profile_changed", data={"nickname": "王阿姨", "building": "3号楼"})])
    (event,) = house.log.read(0)
    assert event.data["building"] == "3号楼"
    assert "王阿姨" not in str(event.data)
    assert house.vault.open([event.data["nickname"]]) == {event.data["nickname"]: "王阿姨"}


def test_identifying_text_of_nobody_is_left_out_rather_than_kept_in_clear(house: House) -> None:
    house.door.take(
        [house.touchpoint(type="live.commented", who=(), data={"text": "我是王阿姨"}, context={"live": "L1"})]
    )
    (event,) = house.log.read(0)
    assert event.data == {}
    assert event.stream == "live/L1"


def test_the_order_of_the_context_becomes_somebody_the_event_mentions(house: House) -> None:
    house.door.take(
        [house.touchpoint(who=(), type="order.refunded", data={}, context={"order": "3705115058471208928"})]
    )
    (event,) = house.log.read(0)
    order = event.order()
    assert order is not None
    assert event.stream == f"s/{order.surrogate}"
    assert event.context["order"] == "3705115058471208928"


def test_nobody_says_through_a_door_that_two_are_one_beyond_a_limit(house: House) -> None:
    said = {"type": "person.linked", "who": (NEIGHBOUR, PHONE)}
    assert reason(house, **said, data={"beyond_limit": True}) == ("schema", "$.data.beyond_limit")
    assert house.door.take([house.touchpoint(**said, data={"by": "crm"})])[0].outcome == "accepted"


def test_the_same_id_a_second_time_changes_nothing(house: House) -> None:
    first, second = (house.door.take([house.touchpoint()])[0] for _ in range(2))
    assert (first.outcome, second.outcome) == ("accepted", "duplicate")
    assert second.position == first.position
    assert house.log.head() == 1


def test_the_same_id_with_other_content_is_a_conflict_and_not_dropped_in_silence(house: House) -> None:
    house.door.take([house.touchpoint()])
    assert reason(house, data={"amount_fen": 1}) == ("id_conflict", "$.id")
    assert house.log.head() == 1


def test_the_same_id_under_another_version_of_the_mapping_is_a_plain_duplicate(house: House) -> None:
    house.door.take([house.touchpoint(mapping="youzan/1")])
    again = house.door.take([house.touchpoint(mapping="youzan/2", data={"amount_fen": 9800})])[0]
    assert again.outcome == "duplicate"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"id": ""}, ("schema", "$.id")),
        ({"type": "order.eaten"}, ("unknown_type", "$.type")),
        ({"type": "day.closed", "data": {"day": "2026-06-19"}}, ("schema", "$.type")),
        ({"type": "journey.entered"}, ("schema", "$.type")),
        ({"data": {"amount_fen": "9900"}}, ("schema", "$.data.amount_fen")),
        ({"data": {"amount": 1}}, ("schema", "$.data")),
        ({"data": {"items": [{"product": 3}]}}, ("schema", "$.data.items[0].product")),
        ({"context": {"shop": "1"}}, ("schema", "$.context.shop")),
        ({"who": (Identifier(type="phone", value="null"),)}, ("identity_blocked", "$.who")),
        ({"occurred_at": -1}, ("clock", "$.occurred_at")),
        ({"type": "x.survey", "data": {"phone": "13912345678"}}, ("schema", "$.data.phone")),
        ({"type": "x.survey", "data": {"more": [{"tel": 13912345678}]}}, ("schema", "$.data.more[0].tel")),
        ({"type": "x.survey", "data": {"mail": "wang@example.com"}}, ("schema", "$.data.mail")),
        ({"type": "x.survey", "data": {"by": "it was oWangAyi"}}, ("schema", "$.data.by")),
        (
            {"type": "person.profile_changed", "data": {"attributes": {"tel": "+86 13912345678"}}},
            ("schema", "$.data.attributes.tel"),
        ),
    ],
)
def test_what_does_not_fit_fails_with_a_reason_and_a_path(
    house: House, fields: dict[str, object], expected: tuple[str, str]
) -> None:
    assert reason(house, **fields) == expected
    assert house.log.head() == 0


def test_a_clock_in_the_future_fails_beyond_five_minutes(house: House) -> None:
    now = house.clock.now()
    assert reason(house, occurred_at=now + 5 * MINUTE + 1) == ("clock", "$.occurred_at")
    assert house.door.take([house.touchpoint("2", occurred_at=now + 5 * MINUTE)])[0].outcome == "accepted"


def test_a_failure_leaves_the_others_of_its_batch_alone(house: House) -> None:
    batch = [house.touchpoint("1"), house.touchpoint("2", type="nonsense"), house.touchpoint("3")]
    assert [a.outcome for a in house.door.take(batch)] == ["accepted", "failed", "accepted"]
    assert house.log.head() == 2


def test_blocked_values_identify_nobody() -> None:
    house = House(IdentityRules(blocked=(("phone", "19900000001"),)))
    house.door.take([house.touchpoint(who=(NEIGHBOUR, PHONE))])
    (event,) = house.log.read(0)
    assert [w.type for w in event.who] == ["unionid"]
    assert house.vault.find(PHONE) is None


def test_checking_answers_what_taking_would_and_writes_nothing(house: House) -> None:
    assert house.door.check(house.touchpoint()).outcome == "accepted"
    assert house.door.check(house.touchpoint(type="nonsense")).reason == "unknown_type"
    assert house.log.head() == 0
    assert house.vault.find(NEIGHBOUR) is None


def test_an_order_number_is_no_phone_number(house: House) -> None:
    own = {
        "type": "x.note",
        "data": {"order": "3705113912345678928", "at": 1781000000000000},
        "context": {"order": "o-1"},
    }
    assert house.door.take([house.touchpoint(**own)])[0].outcome == "accepted"


def test_types_of_ones_own_pass_under_x(house: House) -> None:
    assert (
        house.door.take([house.touchpoint(type="x.tasting", data={"cake": "栗子", "score": 5})])[0].outcome
        == "accepted"
    )
    assert reason(house, id="2", type="x.") == ("unknown_type", "$.type")


events = st.builds(
    lambda n, kind, amount: (n, kind, amount),
    st.integers(0, 8),
    st.sampled_from(["order.paid", "nonsense", "mall.visited"]),
    st.sampled_from([100, "100"]),
)


@settings(deadline=None)
@given(st.lists(events, max_size=30), st.data())
def test_law_received_is_accepted_plus_duplicate_plus_failed_in_any_split(
    given_events: list[tuple[int, str, object]], data: st.DataObject
) -> None:
    house = House()
    touchpoints = [
        replace_type(house.touchpoint(str(n)), kind, {"amount_fen": amount} if kind == "order.paid" else {})
        for n, kind, amount in given_events
    ]
    answers = []
    rest = touchpoints
    while rest:
        cut = data.draw(st.integers(1, len(rest)))
        answers += house.door.take(rest[:cut])
        rest = rest[cut:]
    outcomes = Counter(a.outcome for a in answers)
    assert len(touchpoints) == outcomes["accepted"] + outcomes["duplicate"] + outcomes["failed"]
    assert house.log.head() == outcomes["accepted"]
    good = {t.id for t, a in zip(touchpoints, answers, strict=True) if a.outcome == "accepted"}
    assert good == {e.id for e in house.log.read(0)}
    assert len(good) == outcomes["accepted"]


def replace_type(touchpoint: Touchpoint, kind: str, data: dict[str, object]) -> Touchpoint:
    return msgspec.structs.replace(touchpoint, type=kind, data=data)
