"""The disk is full: requests are refused with a problem document, nothing acknowledged is lost, and it all goes on later."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.acknowledging import Client, nothing_is_lost
from tests.processes.running import Server, command, serving, until

MEGABYTE = 1024 * 1024
SIZE = 48 * MEGABYTE
NO_LIMITS = "[limits]\nevents_per_second = 0\n"


@dataclass
class Disk:
    """A disk that can be filled up and freed while a server works on it."""

    workspace: Path
    fill: Callable[[Server], None]
    free: Callable[[Server], None]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of its own, of a few megabytes; needs the right to mount."""
    mount = tmp_path / "disk"
    mount.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(mount)]
    if os.geteuid() != 0 or subprocess.run(mounting, capture_output=True, check=False).returncode != 0:
        pytest.skip("a disk of its own needs the right to mount")
    ballast = mount / "ballast"

    def fill(_: Server) -> None:
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass

    try:
        yield Disk(mount, fill, lambda _: ballast.unlink())
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=True)


@pytest.fixture
def bounded_files(tmp_path: Path) -> Disk:
    """No file may grow beyond a size: what a quota does, without the right to mount."""

    def limit(server: Server, size: int) -> None:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    return Disk(tmp_path, lambda server: limit(server, 1), lambda server: limit(server, resource.RLIM_INFINITY))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["small_disk", "bounded_files"])
def test_a_full_disk_refuses_and_recovers(kind: str, request: pytest.FixtureRequest) -> None:
    disk: Disk = request.getfixturevalue(kind)
    (disk.workspace / "cdp.toml").write_text(NO_LIMITS, encoding="utf-8")
    with serving(disk.workspace) as server:
        client = Client(server)
        for _ in range(20):
            assert client.post().status_code == 200
        disk.fill(server)
        refusals = until(lambda: _refused(client))
        assert set(refusals) == {503}
        assert server.http.get("/healthz").status_code == 200
        disk.free(server)
        assert client.post().status_code == 200
        until(lambda: True if server.http.get("/readyz").status_code == 200 else None)
        assert not server.settled()["inbox_pending"]
        rows = server.ask("sql", sql="SELECT count(*) AS n FROM touchpoints WHERE type = 'order.paid'", limit=1)
        assert rows[0]["n"] >= len(client.acknowledged)
    nothing_is_lost(disk.workspace, client)
    assert command("verify", workspace=disk.workspace).returncode == 0


def _refused(client: Client) -> list[int] | None:
    """Five refusals in a row; before, what still fits into open pages may be taken."""
    statuses = [client.post(weight=100).status_code for _ in range(5)]
    return statuses if 200 not in statuses else None
