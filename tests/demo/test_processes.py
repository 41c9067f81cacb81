"""The demo's processes: what they say when they do not come up, and that none outlives its block."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cdp.app.demo.processes import Child
from cdp.errors import CdpError


def test_a_process_that_does_not_come_up_is_reported_with_its_last_words(tmp_path: Path):
    with (
        pytest.raises(CdpError, match=r"the server did not start: .*no-such-command"),
        Child("the server", ["no-such-command"], tmp_path / "log") as child,
    ):
        child.until(lambda: False)


def test_a_process_ends_with_its_block(tmp_path: Path):
    with Child("python", ["--help"], tmp_path / "log") as child:
        pid = child.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_ending_twice_is_ending_once(tmp_path: Path):
    child = Child("python", ["--help"], tmp_path / "log")
    child.end()
    child.end()
    assert child.wait() is not None
