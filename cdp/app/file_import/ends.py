"""Where rows go: through the server that holds the workspace, or through its door opened by this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx
import msgspec

from cdp.app.operations import ingest
from cdp.app.settings import load
from cdp.app.system import System, build
from cdp.app.workspace import RunInfo, server_of
from cdp.envelopes import own
from cdp.errors import CdpError
from cdp.events.touchpoint import Touchpoint

_EVENTS = 1000
_BYTES = 3 * 1024 * 1024
"""What one request carries at most: the server takes 2,000 events and 4 MiB."""


class Verdict(msgspec.Struct, frozen=True):
    """What became of one row."""

    outcome: str
    reason: str | None = None
    path: str = ""
    message: str = ""


Row = bytes | Touchpoint | ingest.BadRow
"""A raw event in our own JSON, an event that a mapping made, or a row of which it could make none."""


Pending = Callable[[], list[Verdict]]
"""Waits for what was begun; one verdict a row, in order. What it tells as accepted is durable, what failed is in the inbox."""


class End(Protocol):
    """Takes rows, in the order in which they are begun."""

    def begin(self, rows: Sequence[Row]) -> Pending:
        """Start taking rows; the next ones may be begun before these are waited for."""
        ...


@contextmanager
def opened(workspace: Path, source: str, *, historical: bool) -> Iterator[End]:
    """The way into the workspace, whoever holds it. Raises WorkspaceError if a process holds it that cannot be asked."""
    info = server_of(workspace / "data")
    if info is not None:
        with _client(info) as client, ThreadPoolExecutor(1, thread_name_prefix="cdp-import") as thread:
            yield _Server(client, thread, source, historical)
        return
    system = build(load(workspace))
    try:
        yield _Here(system, source, historical)
    finally:
        system.close()


class _Here:
    def __init__(self, system: System, source: str, historical: bool):
        self._system, self._source, self._historical = system, source, historical

    def begin(self, rows: Sequence[Row]) -> Pending:
        reading = ingest.reading(self._system, self._source, historical=self._historical)
        good = [row for row in rows if not isinstance(row, ingest.BadRow)]
        underway = ingest.begin(self._system, [ingest.Arrival(good, reading)])

        def wait() -> list[Verdict]:
            answers = iter(underway.answers()[0])
            ingest.keep_rows(self._system, self._source, [row for row in rows if isinstance(row, ingest.BadRow)])
            return [_failed(r) if isinstance(r, ingest.BadRow) else _verdict(next(answers)) for r in rows]

        return wait


class _Server:
    def __init__(self, client: httpx.Client, thread: Executor, source: str, historical: bool):
        self._client, self._thread, self._source, self._historical = client, thread, source, historical

    def begin(self, rows: Sequence[Row]) -> Pending:
        return self._thread.submit(self._take, rows).result

    def _take(self, rows: Sequence[Row]) -> list[Verdict]:
        # The command line's own token stands for no source, so each event must name its own.
        raws = [_with_source(row, self._source) for row in rows if not isinstance(row, ingest.BadRow)]
        answers = iter([answer for part in _parts(raws) for answer in self._post(part)])
        bad = [msgspec.to_builtins(row) for row in rows if isinstance(row, ingest.BadRow)]
        if bad:
            self._call("/v1/operations/ingest.keep", json={"source": self._source, "rows": bad})
        return [_failed(r) if isinstance(r, ingest.BadRow) else next(answers) for r in rows]

    def _post(self, raws: list[bytes]) -> list[Verdict]:
        document = self._call(
            "/v1/events", params={"history": "true"} if self._historical else {}, content=b"\n".join(raws),
            headers={"Content-Type": "application/x-ndjson"},
        )  # fmt: skip
        return msgspec.convert(document["events"], list[Verdict])

    def _call(self, path: str, **request: Any) -> Any:
        try:
            response = self._client.post(path, **request)
        except httpx.HTTPError as error:
            raise CdpError(f"the server stopped answering: {error}; start the import again, it goes on there") from None
        if not response.is_success:
            raise CdpError(f"the server refused the file: {response.text}")
        return response.json()


def _client(info: RunInfo) -> httpx.Client:
    headers = {"Authorization": f"Bearer {info.token}"}
    return httpx.Client(base_url=info.url, headers=headers, trust_env=False, timeout=300)


def _parts(raws: Sequence[bytes]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size = 0
    for raw in raws:
        if part and (len(part) == _EVENTS or size + len(raw) > _BYTES):
            yield part
            part, size = [], 0
        part.append(raw)
        size += len(raw) + 1
    if part:
        yield part


def _with_source(row: bytes | Touchpoint, source: str) -> bytes:
    if isinstance(row, Touchpoint):
        return own.render(row)
    try:
        document = msgspec.json.decode(row, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return row.replace(b"\r", b" ").replace(b"\n", b" ")
    return row if "source" in document else msgspec.json.encode({**document, "source": source})


def _verdict(answer: Any) -> Verdict:
    return Verdict(answer.outcome, answer.reason, answer.path, answer.message)


def _failed(row: ingest.BadRow) -> Verdict:
    return Verdict("failed", "mapping", row.path, row.message)
