"""Whatever the door accepts, the tables can take: no event may stop them, since the log cannot be edited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.events.fields import MOST, MOST_FEN
from cdp.events.touchpoint import Identifier, Touchpoint
from cdp.identity.rules import IdentityRules
from cdp.ingest import Door
from cdp.testing import fixed_clock, memory_log, memory_vault
from projections.projector import Projector

NUMBERS = st.integers() | st.sampled_from([2**31, 2**53, 2**62, 2**63, 2**70, -(2**70), MOST, MOST_FEN, MOST_FEN + 1])
ODD = NUMBERS | st.text(max_size=5) | st.none() | st.booleans() | st.floats() | st.lists(NUMBERS, max_size=2)
FIELDS = {
    "order.paid": ("amount_fen",),
    "order.refunded": ("amount_fen",),
    "cart.added": ("amount_fen", "quantity"),
    "live.watched": ("total_seconds", "replay_seconds"),
    "live.left": ("entered_at",),
    "live.liked": ("count",),
    "order.ready_for_pickup": ("due_at",),
    "coupon.issued": ("value_fen", "valid_until"),
    "x.own": ("amount_fen", "seconds", "product", "staff", "run", "action", "fen"),
}
FIXED: dict[str, dict[str, Any]] = {"cart.added": {"product": "p"}, "coupon.issued": {"coupon": "c"}}


@st.composite
def happenings(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    kind = draw(st.sampled_from(sorted(FIELDS)))
    return kind, FIXED.get(kind, {}) | {field: draw(ODD) for field in FIELDS[kind]}


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(max_examples=25, deadline=None)
@given(st.lists(happenings(), min_size=1, max_size=12))
def test_whatever_the_door_accepts_the_tables_can_take(given_events: list[tuple[str, dict[str, Any]]]) -> None:
    clock = fixed_clock()
    log = memory_log(clock)
    door = Door(log, memory_vault(), clock, IdentityRules)
    who = (Identifier(type="unionid", value="oWang"),)
    touchpoints = [
        Touchpoint(
            id=str(n), source="test", type=kind, occurred_at=clock.now(), who=who, data=data,
            context={"order": "o1", "live": "L1"},
        )
        for n, (kind, data) in enumerate(given_events)
    ]  # fmt: skip
    answers = door.take(touchpoints)
    assert log.head() == sum(a.outcome == "accepted" for a in answers)
    projector = Projector(":memory:", log)
    while projector.position < log.head():
        projector.advance()
    taken = projector.reader().rows("SELECT count(*) AS n FROM touchpoints")[0]["n"]
    assert taken == log.head()
    projector.close()
    log.close()


def test_amounts_at_the_limit_add_up(tmp_path: Path) -> None:
    clock = fixed_clock()
    log = memory_log(clock)
    door = Door(log, memory_vault(), clock, IdentityRules)
    who = (Identifier(type="unionid", value="oWang"),)
    paid = [
        Touchpoint(
            id=str(n), source="test", type="order.paid", occurred_at=clock.now(), who=who, data={"amount_fen": MOST_FEN},
            context={"order": str(n)},
        )
        for n in range(3)
    ]  # fmt: skip
    assert {a.outcome for a in door.take(paid)} == {"accepted"}
    projector = Projector(tmp_path / "t.duckdb", log)
    projector.advance()
    assert projector.reader().rows("SELECT gmv_fen FROM persons")[0]["gmv_fen"] == 3 * MOST_FEN
    projector.close()
    log.close()


def test_counts_at_the_limit_add_up(tmp_path: Path) -> None:
    clock = fixed_clock()
    log = memory_log(clock)
    door = Door(log, memory_vault(), clock, IdentityRules)
    who = (Identifier(type="unionid", value="oWang"),)
    lines = [{"product": "p", "quantity": MOST, "amount_fen": MOST_FEN}] * 3
    happened: list[tuple[str, dict[str, Any]]] = [
        *[("live.liked", {"count": MOST})] * 3,
        *[("cart.added", {"product": "p", "quantity": MOST, "amount_fen": MOST_FEN})] * 3,
        *[("order.paid", {"amount_fen": MOST_FEN, "items": lines})] * 3,
    ]
    answers = door.take(
        [
            Touchpoint(
                id=str(n), source="test", type=kind, occurred_at=clock.now(), who=who, data=data,
                context={"live": "L1", "order": "o1"},
            )
            for n, (kind, data) in enumerate(happened)
        ]
    )  # fmt: skip
    assert {a.outcome for a in answers} == {"accepted"}
    projector = Projector(tmp_path / "t.duckdb", log)
    projector.advance()
    reader = projector.reader()
    assert reader.rows("SELECT likes FROM live_sessions") == [{"likes": 3 * MOST}]
    assert reader.rows("SELECT items FROM orders") == [{"items": 3 * MOST}]
    assert reader.rows("SELECT quantity, amount_fen FROM carts") == [{"quantity": 3 * MOST, "amount_fen": 3 * MOST_FEN}]
    assert reader.rows("SELECT quantity, amount_fen FROM product_days") == [
        {"quantity": 3 * MOST, "amount_fen": 3 * MOST_FEN}
    ]
    projector.close()
    log.close()
