"""The machine's clock jumps back and forth: `recorded_at` never goes back, every event is taken, every stage goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdp.clock import DAY, HOUR, MINUTE, SystemClock
from cdp.log import open_log
from tests.faults.acknowledging import Client, nothing_is_lost
from tests.processes.running import Server

JUMPS = (0, -HOUR, 2 * HOUR, -3 * DAY, 2 * DAY, MINUTE, -400 * DAY, 0)


@pytest.mark.slow
def test_law_recorded_at_never_goes_back_whatever_the_clock_does(tmp_path: Path) -> None:
    (tmp_path / "cdp.toml").write_text("[workspace]\n", encoding="utf-8")
    server = Server(tmp_path, module="tests.faults.faulty")
    try:
        client = Client(server)
        for jump in JUMPS:
            (tmp_path / "clock").write_text(str(jump))
            for _ in range(5):
                assert client.post().status_code == 200
        status = server.settled()
        assert not any(stage["error"] for stage in status["stages"].values())
        assert server.http.get("/readyz").status_code == 200
    finally:
        server.stop()
    with open_log(tmp_path / "data" / "log.sqlite", SystemClock()) as log:
        recorded = [event.recorded_at for event in log.read(0, 100_000)]
    assert recorded == sorted(recorded)
    nothing_is_lost(tmp_path, client)


@pytest.mark.slow
def test_an_event_ahead_of_a_clock_that_went_back_is_kept_for_replay(tmp_path: Path) -> None:
    (tmp_path / "cdp.toml").write_text("[workspace]\n", encoding="utf-8")
    server = Server(tmp_path, module="tests.faults.faulty")
    try:
        client = Client(server)
        (tmp_path / "clock").write_text(str(-1000 * DAY))
        answer = client.post().json()["events"][0]
        assert (answer["outcome"], answer["reason"]) == ("failed", "clock")
        (tmp_path / "clock").unlink()
        assert server.ask("inbox.replay")["replayed"] == 1
        server.settled()
        assert server.ask("inbox.list")["failures"] == []
    finally:
        server.stop()
    with open_log(tmp_path / "data" / "log.sqlite", SystemClock()) as log:
        assert [event.id for event in log.read(0, 1000) if event.source == "mall"] == ["order-1"]
