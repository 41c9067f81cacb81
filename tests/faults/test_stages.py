"""A stage that fails keeps its place and says so; the doors stay open, and when it is mended it goes on from there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.acknowledging import Client
from tests.processes.running import Server, until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "cdp.toml").write_text("[workspace]\n", encoding="utf-8")
    running = Server(tmp_path, module="tests.faults.faulty")
    try:
        yield running
    finally:
        running.stop()


def _readiness(server: Server) -> tuple[int, dict[str, Any]]:
    answer = server.http.get("/readyz")
    return answer.status_code, answer.json()["stages"]


def _failing(server: Server, stage: str) -> dict[str, Any] | None:
    status, stages = _readiness(server)
    return stages[stage] if status == 503 and stages[stage]["error"] else None


_SLOW = [pytest.param(stage, marks=pytest.mark.slow) for stage in ("advance", "deliver", "lookup")]


@pytest.mark.parametrize("stage", ["project", *_SLOW])
def test_a_failing_stage_keeps_its_place_and_goes_on_when_mended(server: Server, stage: str) -> None:
    client = Client(server)
    assert client.post().status_code == 200
    server.settled()
    place = _readiness(server)[1][stage]["position"]

    fault = server.workspace / f"broken-{stage}"
    fault.touch()
    assert [client.post().status_code for _ in range(5)] == [200] * 5
    broken = until(lambda: _failing(server, stage))
    assert "OSError" in broken["error"]
    assert broken["position"] == place
    others = {name: s for name, s in _readiness(server)[1].items() if name != stage}
    assert not any(s["error"] for s in others.values())

    fault.unlink()
    until(lambda: True if _readiness(server)[0] == 200 else None)
    server.settled()
    assert _readiness(server)[1][stage]["position"] > place
