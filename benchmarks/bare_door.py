"""The ceiling for an HTTP door in Python: bare Starlette and msgspec, and one table that waiting requests share commits to.

Nothing is checked but the shape, nothing is sealed, deduplicated or filed by subject. What it answers is durable.

    python benchmarks/bare_door.py DATABASE PORT_FILE
"""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import sys
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class Posted(msgspec.Struct):
    """An event as it is posted; the rest of it stays bytes."""

    id: str
    source: str
    type: str
    occurred_at: str
    who: msgspec.Raw
    data: msgspec.Raw
    context: msgspec.Raw


Waiting = tuple[list[tuple[str, bytes]], "asyncio.Future[None]"]


class Commits:
    """One thread writes whatever has gathered, in one transaction."""

    def __init__(self, path: str):
        self._path = path
        self._queue: SimpleQueue[Waiting] = SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def submit(self, rows: list[tuple[str, bytes]]) -> asyncio.Future[None]:
        """Done once the rows are durable."""
        future = asyncio.get_running_loop().create_future()
        self._queue.put((rows, future))
        return future

    def _run(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        for statement in (
            "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=4000",
            "CREATE TABLE events (position INTEGER PRIMARY KEY, id TEXT, body BLOB)",
        ):  # fmt: skip
            connection.execute(statement)
        while True:
            group = [self._queue.get()]
            while not self._queue.empty():
                group.append(self._queue.get())
            connection.execute("BEGIN")
            connection.executemany(
                "INSERT INTO events (id, body) VALUES (?,?)", [row for rows, _ in group for row in rows]
            )
            connection.execute("COMMIT")
            loop = group[0][1].get_loop()
            loop.call_soon_threadsafe(_answer, [future for _, future in group])


def _answer(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)


def application(path: str) -> Starlette:
    """The one route."""
    commits = Commits(path)
    decoder = msgspec.json.Decoder(list[Posted] | Posted)

    async def events(request: Request) -> Response:
        decoded: Any = decoder.decode(await request.body())
        posted = decoded if isinstance(decoded, list) else [decoded]
        await commits.submit([(event.id, msgspec.json.encode(event)) for event in posted])
        rows = [{"outcome": "accepted", "id": event.id} for event in posted]
        body = msgspec.json.encode({"accepted": len(rows), "duplicate": 0, "failed": 0, "events": rows})
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route("/v1/events", events, methods=["POST"])])


def main() -> None:
    database, port_file = sys.argv[1:]
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application(database), log_level="warning", access_log=False, lifespan="off")
    Path(port_file).write_text(str(listener.getsockname()[1]))
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
