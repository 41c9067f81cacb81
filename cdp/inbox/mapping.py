"""Turns stored bodies into events: map, take them through the door, write down what became of each item.

A crash between the append and the note leaves the body pending; mapping it again finds its events as duplicates, so
nothing is lost and nothing doubles, and the law of the door still adds up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import assert_never

from cdp.envelopes.read import VERSION, read, reading_of
from cdp.errors import Rejected, SignatureRejected
from cdp.events.touchpoint import Touchpoint
from cdp.inbox import refusals
from cdp.inbox.store import Inbox, Item, Raw
from cdp.ingest import Answer, Door
from cdp.ports import Callback, Connector, Failed, Ignored, Mapped

HTTP_DOOR = "http"
"""The connector name under which the HTTP doors and file imports keep what they could not take."""


class Mapper:
    """Maps pending bodies, oldest first."""

    def __init__(self, inbox: Inbox, door: Door, connectors: Mapping[tuple[str, str], Connector]):
        self._inbox, self._door, self._connectors = inbox, door, connectors

    def advance(self, limit: int = 200) -> int:
        """Map up to `limit` bodies; answers how many there were."""
        raws = self._inbox.pending(limit)
        if not raws:
            return 0
        mapped = [self._map(raw) for raw in raws]
        answers = iter(self._door.take([m for items in mapped for m in items if isinstance(m, Touchpoint)]))
        self._inbox.settle(
            (raw.id, self._version(raw), _items(items, list(islice(answers, _events(items)))))
            for raw, items in zip(raws, mapped, strict=True)
        )
        return len(raws)

    def replay(self, raw_ids: Sequence[int] | None = None) -> int:
        """Let bodies with failed items be mapped again (all of them without `raw_ids`); answers how many.

        Refused ones only if they prove by now where they come from.
        """
        return self._inbox.replay(raw_ids) + refusals.prove(self._inbox, self._proves, raw_ids)

    def _proves(self, raw: Raw) -> bool:
        connector = self._connectors.get((raw.connector, raw.name))
        try:
            return connector is not None and bool(connector.verify(raw.callback))
        except SignatureRejected:
            return False

    def _map(self, raw: Raw) -> Sequence[Mapped]:
        if raw.connector == HTTP_DOOR:
            return [_reparse(raw.callback, raw.name)]
        connector = self._connectors.get((raw.connector, raw.name))
        if connector is None:
            return [Failed("mapping", "$", f"cdp.toml has no connector {raw.connector}.{raw.name} any more")]
        try:
            return connector.map(raw.callback)
        except Exception as error:  # a body that breaks a mapping must not stop those behind it
            return [Failed("mapping", "$", f"the mapping broke: {type(error).__name__}")]

    def _version(self, raw: Raw) -> str:
        if raw.connector == HTTP_DOOR:
            return VERSION
        connector = self._connectors.get((raw.connector, raw.name))
        return connector.mapping if connector is not None else raw.mapping


def _reparse(callback: Callback, source: str) -> Mapped:
    try:
        return read(callback.body, reading_of(callback, source))
    except Rejected as rejected:
        return Failed(rejected.reason, rejected.path, rejected.message)


def _events(items: Sequence[Mapped]) -> int:
    return sum(isinstance(item, Touchpoint) for item in items)


def _items(mapped: Sequence[Mapped], answers: Sequence[Answer]) -> list[Item]:
    remaining = iter(answers)
    return [_item(m, remaining.__next__) for m in mapped]


def _item(mapped: Mapped, answer: object) -> Item:
    match mapped:
        case Touchpoint():
            assert callable(answer)
            return item_of(answer())
        case Ignored(reason):
            return Item("ignored", reason)
        case Failed(reason, path, message):
            return Item("failed", reason, path, message)
        case _:
            assert_never(mapped)


def item_of(answer: Answer) -> Item:
    """The inbox's note of the door's answer."""
    return Item(
        answer.outcome, answer.reason or "", answer.path, answer.message, answer.id, answer.position, answer.surrogates
    )
