"""A few neighbours' tables, and somebody who asks about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cdp.log import Log
from projections.asking.asker import Asker
from projections.asking.question import Bounds, Format, Question
from projections.projector import Projector
from tests.projections.histories import log_of
from tests.projections.tables import did

EVENTS = [
    did("mall.visited", "10:00", 1),
    did("order.paid", "10:10", 1, order="E1", data={"amount_fen": 500, "categories": ["粽子"]}),
    did("order.paid", "11:00", 2, order="E2", data={"amount_fen": 900}),
    did("day.closed", "23:59", data={"day": "2026-06-19"}),
]
SMALL = Bounds(memory_mb=256, spill_mb=64, wait=0.5)


class Analyst:
    """Asks, and takes answers whole."""

    def __init__(self, directory: Path, bounds: Bounds = SMALL) -> None:
        self.log: Log = log_of(EVENTS)
        self.directory = directory
        self.projector = Projector(directory / "projections.duckdb", self.log)
        self.projector.advance()
        self.asker = Asker(self.projector.parts, bounds)

    def bytes(
        self, sql: str, form: Format = "json", rows: int | None = 1000, seconds: float = 10, **params: Any
    ) -> bytes:
        """The answer as it is sent."""
        question = Question(sql=sql, params=params, format=form, rows=rows, seconds=seconds)
        with self.asker.open(question) as inquiry:
            inquiry.begin()
            return b"".join(inquiry.pieces())

    def document(self, sql: str, **more: Any) -> dict[str, Any]:
        """The answer as JSON."""
        document: dict[str, Any] = json.loads(self.bytes(sql, **more))
        return document

    def rows(self, sql: str, **more: Any) -> list[dict[str, Any]]:
        """The rows of it."""
        rows: list[dict[str, Any]] = self.document(sql, **more)["rows"]
        return rows

    def still_answers(self) -> bool:
        """Whether everything is as it was."""
        return self.rows("SELECT SUM(net_fen) AS fen FROM orders") == [{"fen": 1400}]

    def close(self) -> None:
        """Close everything."""
        self.asker.close()
        self.projector.close()
        self.log.close()


@contextmanager
def analyst(directory: Path, bounds: Bounds = SMALL) -> Iterator[Analyst]:
    """An analyst for as long as the block lasts."""
    asking = Analyst(directory, bounds)
    try:
        yield asking
    finally:
        asking.close()
