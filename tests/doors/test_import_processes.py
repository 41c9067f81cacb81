"""`cdp ingest` as a process: through a running server, and killed in the middle."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cdp.app.settings import load
from cdp.app.system import build
from cdp.events.event import Event
from tests.processes.running import REPOSITORY, Server, command, until

ROWS = 30_000
MAP = """\
id: {column: n}
type: {column: kind}
occurred_at: {column: at, format: seconds}
who: [{type: phone, value: {column: phone}}]
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "cdp.toml").write_text("", encoding="utf-8")
    (tmp_path / "map.yaml").write_text(MAP, encoding="utf-8")
    return tmp_path


def visits(workspace: Path, rows: int, bad: int) -> Path:
    file = workspace / "visits.csv"
    kinds = ("mall.visited", "live.entered")
    lines = [f"{n},{kinds[n % 2]},{'?' if n % bad == 0 else 1781352900 + n},199{n % 1000:08}" for n in range(rows)]
    file.write_text("n,kind,at,phone\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return file


def counts(result: subprocess.CompletedProcess[str]) -> dict[str, int]:
    (row,) = json.loads(result.stdout)["files"]
    return {key: row[key] for key in ("accepted", "duplicate", "failed", "resumed_after")}


def logged(workspace: Path) -> list[Event]:
    system = build(load(workspace))
    try:
        return system.log.read(0, limit=2 * ROWS)
    finally:
        system.close()


def test_a_file_goes_through_the_server_that_holds_the_workspace(workspace: Path) -> None:
    file = visits(workspace, 2500, 500)
    with (workspace / "own.jsonl").open("w", encoding="utf-8") as own:
        own.write(json.dumps({"id": "1", "type": "mall.visited", "occurred_at": "2026-06-13T20:15:00Z"}) + "\n")
    server = Server(workspace)
    try:
        arguments = ("ingest", str(file), "--map", str(workspace / "map.yaml"), "--source", "till", "--json")
        first, again = (command(*arguments, workspace=workspace, check=False) for _ in range(2))
        assert (first.returncode, counts(first)) == (
            1, {"accepted": 2495, "duplicate": 0, "failed": 5, "resumed_after": 0}
        ), first.stderr  # fmt: skip
        assert counts(again)["duplicate"] == 2495
        own_lines = command("ingest", str(workspace / "own.jsonl"), "--source", "pos", "--json", workspace=workspace)
        assert counts(own_lines)["accepted"] == 1
        failures = server.ask("inbox.list")["failures"]
        assert {(f["name"], f["reason"], f["path"]) for f in failures} == {("till", "mapping", "$.occurred_at")}
    finally:
        server.stop()
    assert {e.source for e in logged(workspace) if e.type == "mall.visited"} == {"till", "pos"}


def test_a_terminal_shows_how_far_it_is_and_a_pipe_hears_nothing_of_it(workspace: Path) -> None:
    arguments = [
        "ingest",
        str(visits(workspace, 200, 500)),
        "--map",
        str(workspace / "map.yaml"),
        "--workspace",
        str(workspace),
    ]
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cdp.app.cli", *arguments], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(theirs)
    out, _ = process.communicate(timeout=100)
    shown = b""
    with contextlib.suppress(OSError):  # the end of a terminal is an error
        while piece := os.read(ours, 65536):
            shown += piece
    os.close(ours)
    assert b"100%" in shown
    assert b"%" not in out
    assert command(*arguments[:-2], workspace=workspace, check=False).stderr.count("%") == 0


def killed_in_the_middle(workspace: Path, arguments: list[str], rows: int) -> bool:
    """Whether an import could be killed once it had done so many rows."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cdp.app.cli", *arguments],
        cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def far_enough() -> bool | None:
        kept = list((workspace / "data" / "imports").glob("*.json"))
        done = json.loads(kept[0].read_bytes())["rows"] if kept else 0
        return True if done >= rows or process.poll() is not None else None

    until(far_enough, every=0.005)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("kill_after", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_a_killed_import_goes_on_and_nothing_is_lost_or_doubled(workspace: Path, kill_after: int) -> None:
    file = visits(workspace, ROWS, 7919)
    bad = len(range(0, ROWS, 7919))
    arguments = ["ingest", str(file), "--map", str(workspace / "map.yaml"), "--json", "--workspace", str(workspace)]
    # On a busy machine it may be through before it is killed; taking the file again is then interrupted.
    assert any(killed_in_the_middle(workspace, arguments, kill_after * 5000) for _ in range(5))
    result = command(*arguments[:-2], workspace=workspace, check=False)
    told = counts(result)
    assert told["resumed_after"] >= kill_after * 5000
    assert (told["accepted"] + told["duplicate"], told["failed"]) == (ROWS - bad, bad)
    failed = (workspace / "visits.csv.failed.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["line"] for line in failed] == [n + 2 for n in range(0, ROWS, 7919)]
    ids = [e.id for e in logged(workspace) if e.source == "file"]
    assert (len(ids), len(set(ids))) == (ROWS - bad, ROWS - bad)
