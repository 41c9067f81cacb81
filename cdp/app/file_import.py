"""`cdp ingest`: streams a JSONL file through the door of the workspace, whoever holds it.

A line that fails is kept in the inbox; the others go on. Taking the same file again changes nothing: every line is then a
duplicate, so an interrupted import is simply started again.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, cast

import httpx
import msgspec

from cdp.app.operations.ingest import reading, take
from cdp.app.settings import load
from cdp.app.system import build
from cdp.app.workspace import read_run_info
from cdp.errors import CdpError, UsageError

BATCH = 1000
Send = Callable[[list[bytes]], list[dict[str, object]]]
"""Raw events in, one `{outcome, reason, path, message}` an event out."""


@dataclass
class Result:
    """What became of the lines of a file. `failures` are (line, reason, path, message), at most the first hundred."""

    accepted: int = 0
    duplicate: int = 0
    failed: int = 0
    failures: list[tuple[int, str, str, str]] = field(default_factory=list)

    def add(self, first_line: int, answers: list[dict[str, object]]) -> None:
        """Count a batch."""
        for number, answer in enumerate(answers, first_line):
            outcome = str(answer["outcome"])
            setattr(self, outcome, getattr(self, outcome) + 1)
            if outcome == "failed" and len(self.failures) < 100:
                self.failures.append((number, str(answer["reason"]), str(answer["path"]), str(answer["message"])))


def import_file(
    workspace: Path, file: Path, *, source: str, historical: bool, progress: Callable[[int], None] = lambda _: None
) -> Result:
    """Take a file of one event a line (`.jsonl`, `.ndjson`, gzip too). `progress` hears how many bytes were read.

    Raises UsageError when the file cannot be read.
    """
    result = Result()
    with _open(file) as lines:
        info = read_run_info(workspace / "data")
        if info is not None:
            with httpx.Client(
                base_url=info.url, headers={"Authorization": f"Bearer {info.token}"}, trust_env=False
            ) as client:
                _stream(lines, _to_server(client, historical), result, progress)
        else:
            system = build(load(workspace))
            try:
                _stream(
                    lines,
                    lambda raws: [_row(a) for a in take(system, raws, reading(system, source, historical=historical))],
                    result,
                    progress,
                )
            finally:
                system.close()
    return result


def _stream(lines: Iterator[bytes], send: Send, result: Result, progress: Callable[[int], None]) -> None:
    number = 1
    while batch := list(islice(lines, BATCH)):
        filled = [(n, line.strip()) for n, line in enumerate(batch, number) if line.strip()]
        for (line_number, _), answer in zip(filled, send([line for _, line in filled]) if filled else [], strict=True):
            result.add(line_number, [answer])
        number += len(batch)
        progress(sum(map(len, batch)))


def _to_server(client: httpx.Client, historical: bool) -> Send:
    def send(raws: list[bytes]) -> list[dict[str, object]]:
        try:
            response = client.post(
                "/v1/events", params={"history": "true"} if historical else {}, content=b"\n".join(raws),
                headers={"Content-Type": "application/x-ndjson"}, timeout=300,
            )  # fmt: skip
        except httpx.HTTPError as error:
            raise CdpError(f"the server stopped answering: {error}; start the import again, nothing doubles") from None
        if not response.is_success:
            raise CdpError(f"the server refused the file: {response.text}")
        return cast(list[dict[str, object]], response.json()["events"])

    return send


def _row(answer: object) -> dict[str, object]:
    row: dict[str, object] = msgspec.to_builtins(answer)
    return row


def _open(file: Path) -> IO[bytes]:
    if not file.is_file():
        raise UsageError(f"{file} is no file")
    name = file.name.removesuffix(".gz")
    if not name.endswith((".jsonl", ".ndjson", ".json")):
        raise UsageError(f"{file} is not JSONL; give one event a line in a .jsonl file")
    try:
        return cast(IO[bytes], gzip.open(file, "rb")) if file.suffix == ".gz" else file.open("rb")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
