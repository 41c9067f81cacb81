"""Replaying after a fix: every item comes in once, at the time at which it happened, whatever was sent twice or cut short."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cdp.clock import MINUTE
from cdp.errors import SignatureRejected
from cdp.events.touchpoint import Identifier, Touchpoint
from cdp.identity.rules import IdentityRules
from cdp.inbox.mapping import Mapper
from cdp.inbox.refusals import refuse
from cdp.inbox.store import Inbox
from cdp.ingest import Door
from cdp.ports import Callback, Failed, Ignored, Mapped, Reply
from cdp.testing import fixed_clock, memory_log, memory_vault

FIXES = 3


class Improving:
    """A platform whose settings and mapping get better: a body says from which version on it is believed, an item from which
    on it is understood; 9 is of no interest."""

    kind, name = "mall", "main"

    def __init__(self) -> None:
        self.version = 0

    @property
    def mapping(self) -> str:
        return str(self.version)

    def verify(self, callback: Callback) -> Reply:
        if int(callback.query["believed"]) > self.version:
            raise SignatureRejected(self.kind, "wrong signature", path="$.query.signature")
        return Reply(b"ok")

    def map(self, callback: Callback) -> list[Mapped]:
        return [self._item(item, n) for n, item in enumerate(json.loads(callback.body))]

    def plaintext(self, callback: Callback) -> str:
        return callback.body.decode()

    def _item(self, item: dict[str, Any], n: int) -> Mapped:
        if item["since"] == 9:
            return Ignored("of no interest")
        if item["since"] > self.version:
            return Failed("mapping", f"$[{n}]", "not understood yet")
        who = (Identifier(type="phone", value="13800138000"),)
        return Touchpoint(
            id=item["id"], source="mall", type="mall.visited", occurred_at=item["at"], who=who, mapping=self.mapping
        )


class Crash(BaseException):
    """The process ends here."""


class Replaying(RuleBasedStateMachine):
    """Bodies come, are mapped, replayed and cut short between the log and the inbox's note, in any order."""

    @initialize()
    def open(self) -> None:
        self._directory = tempfile.TemporaryDirectory()
        self.clock = fixed_clock()
        self.log, self.connector = memory_log(self.clock), Improving()
        self.inbox = Inbox(Path(self._directory.name) / "inbox.sqlite")
        door = Door(self.log, memory_vault(), self.clock, IdentityRules)
        self.mapper = Mapper(self.inbox, door, {("mall", "main"): self.connector})
        self.bodies: list[tuple[int, list[dict[str, Any]]]] = []
        self.number = 0

    def teardown(self) -> None:
        if hasattr(self, "inbox"):
            self._everything_is_taken_in_the_end()
            self.inbox.close()
            self.log.close()
            self._directory.cleanup()

    @rule(since=st.lists(st.sampled_from([0, 0, 1, 2, 3, 9]), max_size=3), believed=st.sampled_from([0, 0, 0, 1, 3]))
    def a_body_comes(self, since: list[int], believed: int) -> None:
        self.clock.advance_to(self.clock.now() + MINUTE)
        items = [{"id": f"e{self.number + n}", "since": s, "at": self.clock.now() - n} for n, s in enumerate(since)]
        self.number += len(items)
        self._store(believed, items)

    @rule(data=st.data())
    def it_is_sent_again(self, data: st.DataObject) -> None:
        if self.bodies:
            self._store(*data.draw(st.sampled_from(self.bodies)))

    @rule()
    def map(self) -> None:
        self.mapper.advance(limit=2)

    @rule()
    def map_and_die_before_the_note(self) -> None:
        def dies(*_: object) -> None:
            raise Crash

        settle, self.inbox.settle = self.inbox.settle, dies  # type: ignore[method-assign,assignment]
        try:
            self.mapper.advance(limit=2)
        except Crash:
            pass
        finally:
            self.inbox.settle = settle  # type: ignore[method-assign]

    @rule()
    def fix(self) -> None:
        self.connector.version = min(self.connector.version + 1, FIXES)

    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        failed = sorted({int(str(f["id"])) for f in self.inbox.failures()})
        some = data.draw(st.lists(st.sampled_from(failed), max_size=3)) if failed else []
        self.mapper.replay(some or None)

    @invariant()
    def no_event_stands_in_the_log_twice(self) -> None:
        if hasattr(self, "log"):
            assert set(Counter(e.id for e in self.log.read(0, 10_000)).values()) <= {1}

    @invariant()
    def every_item_is_accounted_for(self) -> None:
        """Of bodies that were mapped; those that wait are counted whole."""
        if not hasattr(self, "inbox"):
            return
        counts = Counter({str(row["outcome"]): 0 for row in self.inbox.counts()})
        for row in self.inbox.counts():
            counts[str(row["outcome"])] += int(str(row["count"]))
        waiting = {raw.id for raw in self.inbox.pending(10_000)}
        settled = [json.loads(raw.callback.body) for raw in self.inbox.bodies("WHERE state = 'done'")]
        accepted_before = sum(i.outcome == "accepted" for raw in waiting for i in self.inbox.items(raw))
        ended = counts["accepted"] - accepted_before + counts["duplicate"] + counts["failed"] + counts["ignored"]
        # A body without items is of no interest as a whole.
        assert ended == sum(len(items) for items in settled)
        assert counts["pending"] == len(waiting)

    def _store(self, believed: int, items: list[dict[str, Any]]) -> None:
        self.bodies.append((believed, items))
        query = {"believed": str(believed)}
        callback = Callback("POST", query, {}, json.dumps(items).encode(), self.clock.now())
        try:
            self.connector.verify(callback)
            self.inbox.store("mall", "main", callback)
        except SignatureRejected as rejected:
            refuse(self.inbox, "mall", "main", callback, rejected)

    def _everything_is_taken_in_the_end(self) -> None:
        while self.mapper.advance():
            pass
        self.connector.version = FIXES
        self.mapper.replay()
        while self.mapper.advance():
            pass
        wanted = {item["id"]: item["at"] for _, items in self.bodies for item in items if item["since"] != 9}
        assert {e.id: e.occurred_at for e in self.log.read(0, 10_000)} == wanted
        assert self.inbox.failures() == []
        assert self.mapper.replay() == 0


TestReplaying = Replaying.TestCase
TestReplaying.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
