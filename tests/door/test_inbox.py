"""The inbox: stored before it is answered, every item accounted for, and nobody told that something was kept which was not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdp.errors import WorkspaceError
from cdp.inbox.store import Inbox, Item
from cdp.ports import Callback


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    opened = Inbox(tmp_path / "inbox.sqlite")
    yield opened
    opened.close()


def callback(body: bytes = b"{}", received_at: int = 1) -> Callback:
    return Callback("POST", {}, {}, body, received_at)


def count(inbox: Inbox, outcome: str) -> int:
    return sum(int(str(row["count"])) for row in inbox.counts() if row["outcome"] == outcome)


def test_what_cannot_be_kept_is_told_to_everybody_whose_body_shared_the_commit(inbox: Inbox) -> None:
    told: dict[str, object] = {}

    def store(name: str, received_at: int) -> None:
        try:
            told[name] = inbox.store("wecom", name, callback(received_at=received_at))
        except WorkspaceError as error:
            told[name] = error

    threads = [threading.Thread(target=store, args=each) for each in (("bad", 2**70), ("good", 1))]
    with inbox.transaction():
        for thread in threads:
            thread.start()
        while len(inbox._queue) < len(threads):
            pass
    for thread in threads:
        thread.join()
    assert isinstance(told["bad"], WorkspaceError)
    kept = {raw.name for raw in inbox.pending(10)}
    assert ("good" in kept) == isinstance(told["good"], int)


def test_a_better_mapping_that_finds_fewer_items_leaves_no_stale_failures(inbox: Inbox) -> None:
    raw = inbox.store("wecom", "main", callback())
    inbox.settle([(raw, "1", [Item("failed", "mapping")] * 3)])
    assert count(inbox, "failed") == 3
    inbox.replay([raw])
    inbox.settle([(raw, "2", [Item("accepted", event_id="e", position=7)])])
    assert [item.outcome for item in inbox.items(raw)] == ["accepted"]


def test_law_a_body_that_is_mapped_again_counts_as_pending_and_not_as_failed_as_well(inbox: Inbox) -> None:
    raw = inbox.store("wecom", "main", callback())
    inbox.settle([(raw, "1", [Item("failed", "mapping"), Item("accepted", event_id="e", position=7)])])
    inbox.replay([raw])
    assert (count(inbox, "failed"), count(inbox, "pending"), count(inbox, "accepted")) == (0, 1, 1)


def test_what_was_accepted_once_stays_accepted(inbox: Inbox) -> None:
    raw = inbox.store("wecom", "main", callback())
    inbox.settle([(raw, "1", [Item("accepted", event_id="e", position=7), Item("failed", "mapping")])])
    inbox.replay([raw])
    inbox.settle(
        [(raw, "1", [Item("duplicate", event_id="e", position=7), Item("accepted", event_id="f", position=8)])]
    )
    assert [item.outcome for item in inbox.items(raw)] == ["accepted", "accepted"]
