"""The sandbox as a process of its own: it says where it is, and killing it loses no receipt that was answered for."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdp.ports import Delivered
from tests.sandbox.acting import channels, tagging
from tests.sandbox.running import NOON, Running

SETTINGS = """
[workspace]
name = "菜场老王"
clock = "driven"
[connectors.wecom.main]
corp_id = "wwdemo"
token = "wecomtoken"
aes_key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
secret = "wecomsecret"
"""


@contextmanager
def process(workspace: Path) -> Iterator[tuple[subprocess.Popen[str], Running]]:
    command = [sys.executable, "-m", "cdp.app.cli", "sandbox", "--workspace", str(workspace), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        url = child.stdout.readline().strip()
        running = Running(url)
        try:
            with running.http:
                running.to(NOON)
                yield child, running
        finally:
            child.kill()


def test_a_killed_sandbox_remembers_everything_it_answered_for(tmp_path):
    (tmp_path / "cdp.toml").write_text(SETTINGS)
    reached = 0
    for round_ in range(3):
        with process(tmp_path) as (child, running):
            assert len(running.receipts(effect="tagged")) == reached
            running.befriend("wm1")
            sink = channels(running)["wecom.tag"]
            for n in range(5):
                (outcome,) = sink.deliver([tagging(action=f"{round_}-{n}", add=[f"tag {round_}"])])
                assert isinstance(outcome, Delivered)
                reached += 1
            child.send_signal(signal.SIGKILL)
            child.wait()

    assert reached == 15


def test_a_sandbox_that_is_asked_to_stop_stops(tmp_path):
    (tmp_path / "cdp.toml").write_text(SETTINGS)
    with process(tmp_path) as (child, _):
        child.send_signal(signal.SIGTERM)

        assert child.wait(10) in (0, -signal.SIGTERM)
