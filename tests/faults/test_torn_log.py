"""A log whose write-ahead log ends in rubbish: every frame before the torn one counts, the torn one and those after it do not.

The guarantee is SQLite's: a commit is a chain of checksummed frames, and on opening the chain is followed as far as it
holds. What was acknowledged had been synced before, so a crash can only tear what nobody was told of. A disk that alters
bytes it had already confirmed can take away the last commits; they are then missing whole, never half.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from cdp.clock import SystemClock
from cdp.log import open_log
from tests.faults.acknowledging import Client, nothing_is_lost, orders_in_log
from tests.processes.running import Server, serving

FRAME = 24 + 4096


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Client]:
    """A workspace whose server was killed after some acknowledged orders, with its write-ahead log as it lay."""
    workspace = tmp_path_factory.mktemp("killed")
    (workspace / "cdp.toml").write_text("[workspace]\n", encoding="utf-8")
    server = Server(workspace)
    client = Client(server)
    for _ in range(40):
        assert client.post().status_code == 200
    server.kill()
    return workspace, client


def _copy(killed: Path, to: Path) -> Path:
    shutil.copytree(killed, to)
    return to / "data" / "log.sqlite-wal"


@pytest.mark.parametrize("seed", range(8))
def test_rubbish_after_the_last_commit_costs_nothing(killed: tuple[Path, Client], tmp_path: Path, seed: int) -> None:
    workspace, client = killed
    wal = _copy(workspace, tmp_path / "torn")
    dice = random.Random(seed)
    with wal.open("ab") as file:
        file.write(dice.randbytes(dice.randrange(1, 2 * FRAME)))
    nothing_is_lost(tmp_path / "torn", client)


@pytest.mark.parametrize("seed", range(8))
def test_a_torn_last_frame_takes_its_own_commit_and_no_earlier_one(
    killed: tuple[Path, Client], tmp_path: Path, seed: int
) -> None:
    workspace, client = killed
    wal = _copy(workspace, tmp_path / "torn")
    size, dice = wal.stat().st_size, random.Random(seed)
    with wal.open("r+b") as file:
        file.seek(size - dice.randrange(1, FRAME))
        file.write(dice.randbytes(dice.randrange(16, 4096)))
    found = orders_in_log(tmp_path / "torn")
    # One order was one commit, so what is missing is at most the end, and nothing is there in part.
    kept = client.acknowledged[: len(found)]
    assert set(found) == set(kept)
    assert len(client.acknowledged) - len(kept) <= 1


def test_a_log_cut_anywhere_opens_with_the_commits_before_the_cut(killed: tuple[Path, Client], tmp_path: Path) -> None:
    workspace, client = killed
    size = (workspace / "data" / "log.sqlite-wal").stat().st_size
    for number, cut in enumerate(range(0, size, size // 12)):
        wal = _copy(workspace, tmp_path / str(number))
        with wal.open("r+b") as file:
            file.truncate(cut)
        found = orders_in_log(tmp_path / str(number))
        assert set(found) == set(client.acknowledged[: len(found)])


def test_the_server_goes_on_after_a_torn_frame(killed: tuple[Path, Client], tmp_path: Path) -> None:
    workspace, client = killed
    wal = _copy(workspace, tmp_path / "torn")
    with wal.open("ab") as file:
        file.write(b"\xff" * FRAME)
    with serving(tmp_path / "torn") as server:
        assert Client(server).post().json()["duplicate"] == 1
        server.settled()
    nothing_is_lost(tmp_path / "torn", client)


def test_positions_go_on_where_the_intact_log_ends(killed: tuple[Path, Client], tmp_path: Path) -> None:
    workspace, _ = killed
    wal = _copy(workspace, tmp_path / "torn")
    with wal.open("ab") as file:
        file.write(b"\0" * 100)
    with open_log(tmp_path / "torn" / "data" / "log.sqlite", SystemClock()) as log:
        head = log.head()
        assert [event.position for event in log.read(0, 100_000)] == list(range(1, head + 1))
