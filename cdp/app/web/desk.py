"""The desk at which queries are asked on a page: the same process apart, within the bounds of an access key."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from cdp.app.operations.asking import Asked, question
from cdp.app.operations.runtime import Runtime
from cdp.app.web.api.streaming import Streams
from projections.catalog import base_tables, views


class RuntimeDesk:
    """Asks the tables of one workspace."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime, self._allowed = runtime, runtime.system.settings.sql
        self._streams = Streams(2 * self._allowed.at_once)

    def tables(self) -> Sequence[Mapping[str, Any]]:
        """Every table with its columns, their types and meaning."""
        return self._described

    @cached_property
    def _described(self) -> Sequence[Mapping[str, Any]]:
        # They are what they are as long as this process lives.
        types = self._runtime.system.asker.parts.columns()
        return [
            {
                "name": table.name,
                "en": table.en,
                "zh": table.zh,
                "columns": [
                    {"name": c.name, "type": _short(types[table.name][c.name]), "en": c.en, "zh": c.zh}
                    for c in table.columns
                ],
            }
            for table in sorted((*base_tables(), *views()), key=lambda table: table.name)
        ]

    def ask(self, sql: str, rows: int) -> Mapping[str, Any]:
        """The answer as one document, at most so many rows."""
        put = question(Asked(sql=sql, limit=rows), "json", self._allowed)
        with self._runtime.asker().open(put) as inquiry:
            inquiry.begin()
            document: dict[str, Any] = json.loads(b"".join(inquiry.pieces()))
        return document

    async def spreadsheet(self, request: Request, sql: str) -> Response:
        """The answer as a file for spreadsheets."""
        put = question(Asked(sql=sql), "excel", self._allowed)
        return await self._streams.answer(request, await run_in_threadpool(self._runtime.asker), put, "answer")


def _short(kind: str) -> str:
    return kind.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")
