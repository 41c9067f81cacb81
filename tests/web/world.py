"""The test shop behind the ports that the pages read: tables, log, vault, clock."""

from __future__ import annotations

import json
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from cdp.clock import DAY, local_day
from cdp.events.event import Event
from cdp.events.touchpoint import Identifier
from projections.catalog import base_tables, views
from tests.web.shop import NOW, TZ, Shop


@dataclass(frozen=True)
class Fresh:
    position: int
    recorded_at: int
    today: date | None


class Tables:
    """The analysts' tables in memory, made by the projections' own statements."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._db = duckdb.connect()
        self._db.execute(f"SET TimeZone = '{TZ}'")
        self._db.register("raw", pa.Table.from_pylist([_row(e) for e in shop.events]))
        self._db.register("ids", pa.Table.from_pylist(_identifiers(shop)))
        for table in base_tables():
            self._db.execute(table.sql)
        moments = "* REPLACE (make_timestamptz(occurred_at) AS occurred_at, make_timestamptz(recorded_at) AS recorded_at)"
        self._db.execute(f"INSERT INTO touchpoints BY NAME SELECT {moments} FROM raw")
        self._db.execute("INSERT INTO identifiers BY NAME SELECT * FROM ids")
        for view in views():
            self._db.execute(f"CREATE TABLE {view.name} AS {view.sql}")

    def arrow(self, sql: str, params: Sequence[object] | Mapping[str, object] = ()) -> pa.Table:
        """The answer as Arrow."""
        return self._db.cursor().execute(sql, params or None).to_arrow_table()

    def rows(self, sql: str, params: Sequence[object] | Mapping[str, object] = ()) -> list[dict[str, Any]]:
        """The answer row by row."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows: list[dict[str, Any]] = self.arrow(sql, params).to_pylist()
            return rows

    def freshness(self) -> Fresh:
        """The whole log."""
        last = self._shop.events[-1]
        return Fresh(last.position, last.recorded_at, local_day(NOW - DAY, TZ))


_CONTEXT = ("channel", "live", "group", "campaign", "order", "product", "staff", "store")


def _row(event: Event) -> dict[str, Any]:
    people = [w.surrogate for w in event.who if w.type != "order"]
    named = {(n if n == "channel" else f"{n}_id"): event.context.get(n) for n in _CONTEXT}
    return named | {
        "position": event.position,
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "day": local_day(event.occurred_at, TZ),
        "person_id": people[0] if people else None,
        "subject": people[0] if people else None,
        "run_id": event.data.get("run"),
        "action_id": event.data.get("action"),
        "amount_fen": event.data.get("amount_fen"),
        "seconds": event.data.get("total_seconds"),
        "historical": event.historical,
        "data": json.dumps(event.data, ensure_ascii=False),
    }


def _identifiers(shop: Shop) -> list[dict[str, Any]]:
    owners = {w.surrogate: e.who[0].surrogate for e in shop.events for w in e.who}
    return [
        {
            "surrogate": surrogate,
            "type": identifier.type,
            "scope": identifier.scope,
            "person_id": owners.get(surrogate),
            "owner_kind": "order" if identifier.type == "order" else "person",
        }
        for surrogate, identifier in shop.identifiers.items()
    ]


class Book:
    """A log that is only read."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = list(events)

    def read(self, after: int, limit: int = 1000, types: Collection[str] = ()) -> list[Event]:
        return [e for e in self._events[after:] if not types or e.type in types][:limit]

    def history(self, streams: Iterable[str], up_to: int | None = None) -> list[Event]:
        wanted = set(streams)
        return [e for e in self._events if e.stream in wanted and (up_to is None or e.position <= up_to)]

    def head(self) -> int:
        return len(self._events)

    def tracking(self, follower: str) -> int:
        return len(self._events)

    def wait(self, after: int, timeout: float) -> bool:
        return after < len(self._events)


class Safe:
    """A vault that is only read."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def find(self, identifier: Identifier) -> int | None:
        wanted = (identifier.type, identifier.scope, identifier.value)
        return next((s for s, i in self._shop.identifiers.items() if (i.type, i.scope, i.value) == wanted), None)

    def open(self, references: Collection[str]) -> dict[str, str]:
        return {r: self._shop.sealed[r] for r in references if r in self._shop.sealed}

    def identifiers(self, surrogates: Collection[int]) -> dict[int, Identifier]:
        return {s: self._shop.identifiers[s] for s in surrogates if s in self._shop.identifiers}
