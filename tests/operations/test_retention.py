"""Raw bodies go after their time; what became of their items stays counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.app.operations.keeping import expire_bodies
from cdp.clock import DAY, DrivenClock
from cdp.errors import SignatureRejected, WorkspaceError
from cdp.inbox import retention
from cdp.inbox.refusals import refuse
from cdp.inbox.store import Inbox, Item, Outcome
from cdp.ports import Callback
from tests.operations.shop import CONTROL, Shop, live_through, open_shop

OUTCOMES: tuple[Outcome, ...] = ("accepted", "duplicate", "failed", "ignored")


def body(received_at: int) -> Callback:
    return Callback("POST", {}, {}, b"{}", received_at)


def later(shop: Shop, days: int) -> None:
    clock = shop.system.clock
    assert isinstance(clock, DrivenClock)
    clock.advance_to(clock.now() + days * DAY)


def test_settled_bodies_go_after_thirty_days_and_failed_ones_after_a_year(tmp_path: Path) -> None:
    with open_shop(tmp_path) as shop:
        live_through(shop, CONTROL)
        assert expire_bodies(shop.runtime) == {"deleted": 0}
        failed = {f["id"] for f in shop.system.inbox.failures()}
        later(shop, 31)
        assert expire_bodies(shop.runtime)["deleted"] > 0
        assert {raw.id for raw in shop.system.inbox.bodies("WHERE 1")} == failed
        later(shop, 365)
        expire_bodies(shop.runtime)
        assert shop.system.inbox.bodies("WHERE 1") == []


def test_the_times_are_settings(tmp_path: Path) -> None:
    with open_shop(tmp_path, "[inbox]\nkeep_days = 2\nkeep_failed_days = 4\n") as shop:
        live_through(shop, CONTROL)
        later(shop, 3)
        expire_bodies(shop.runtime)
        assert shop.system.inbox.failures()
        later(shop, 2)
        expire_bodies(shop.runtime)
        assert not shop.system.inbox.failures()


def test_what_failed_and_was_replayed_goes_like_what_never_failed(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    raw = inbox.keep("http", "site", body(0), [Item("failed", "unknown_type")])
    inbox.replay([raw])
    inbox.settle([(raw, "1", [Item("accepted")])])
    assert retention.expire(inbox, received_before=1, failed_before=0) == 1
    assert [(r["outcome"], r["count"]) for r in inbox.counts()] == [("accepted", 1)]
    inbox.close()


WRONG = SignatureRejected("wecom", "wrong signature", path="$.query.msg_signature")
items = st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=3)
bodies = st.lists(st.tuples(st.integers(0, 10), st.none() | st.just("refused") | items, st.integers(1, 3)), max_size=12)


@given(bodies, st.lists(st.one_of(st.tuples(st.integers(0, 11), st.integers(0, 11)), st.integers(1, 3)), max_size=4))
@settings(max_examples=60, deadline=None)
def test_whatever_is_deleted_when_nothing_is_lost_from_the_counts(stored, steps) -> None:
    inbox = Inbox(Path(":memory:"))
    for received_at, outcomes, surrogate in stored:
        if outcomes == "refused":
            refuse(inbox, "wecom", "main", body(received_at), WRONG)
            continue
        raw = inbox.store("wecom", "main", body(received_at))
        if outcomes is not None:
            inbox.settle([(raw, "1", [Item(o, surrogates=(surrogate,) if o == "accepted" else ()) for o in outcomes])])
    before = law(inbox)
    for step in steps:
        if isinstance(step, int):
            retention.erase(inbox, [step], [raw.id for raw in retention.unattributed(inbox)][:1])
        else:
            retention.expire(inbox, received_before=max(step), failed_before=min(step))
    after = law(inbox)
    assert sum(after.values()) == sum(before.values())
    for outcome in ("accepted", "duplicate", "refused"):
        assert after[outcome] == before[outcome]
    assert after["failed"] <= before["failed"]
    inbox.close()


def law(inbox: Inbox) -> Counter[str]:
    counted: Counter[str] = Counter()
    for row in inbox.counts():
        counted[str(row["outcome"])] += int(str(row["count"]))
    return counted


def test_what_is_not_mapped_yet_never_expires(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    inbox.store("wecom", "main", body(0))
    assert retention.expire(inbox, received_before=10**18, failed_before=10**18) == 0
    inbox.close()


def test_what_was_refused_goes_like_what_failed(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    refuse(inbox, "wecom", "main", body(5), WRONG)
    assert retention.expire(inbox, received_before=10**18, failed_before=5) == 0
    assert retention.expire(inbox, received_before=0, failed_before=6) == 1
    assert (inbox.failures(), law(inbox)) == ([], {"refused": 1})
    inbox.close()


def test_bytes_of_a_deleted_body_are_in_no_file(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    inbox.keep("http", "site", Callback("POST", {}, {}, b"needle-in-the-haystack" * 400, 0), [Item("accepted")])
    assert any(b"needle-in" in file.read_bytes() for file in tmp_path.iterdir())
    retention.expire(inbox, received_before=1, failed_before=0)
    assert not any(b"needle-in" in file.read_bytes() for file in tmp_path.iterdir())
    inbox.close()


def test_erasing_says_so_when_another_program_keeps_the_old_bytes_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "TRUNCATE_SECONDS", 0.05)
    inbox = Inbox(tmp_path / "inbox.sqlite")
    raw = inbox.keep("http", "site", body(0), [Item("failed")])
    other = Inbox(tmp_path / "inbox.sqlite")
    with other.transaction() as db:
        db.execute("COMMIT")
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM raw").fetchone()
        with pytest.raises(WorkspaceError, match="end it and erase again"):
            retention.erase(inbox, [], [raw])
    other.close()
    assert retention.erase(inbox, [], [raw]) == 0
    inbox.close()
