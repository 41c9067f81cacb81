"""A PostgreSQL server of the test run's own, in a directory of its own, gone afterwards."""

from __future__ import annotations

import itertools
import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_numbers = itertools.count(1)


def binaries() -> Path | None:
    """Where Debian keeps the newest server's programs, if one is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class Server:
    """A running server that listens on a socket in its directory only."""

    def __init__(self, programs: Path, directory: Path, durable: bool):
        self._programs, self._directory, self._durable = programs, directory, durable

    def new_database(self) -> str:
        """The address of a new, empty database."""
        name = f"log{next(_numbers)}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._address(name)

    def start(self) -> None:
        """Start, and come back when it answers."""
        # Tests stop the server, not the machine; and after a crash it would first sync every file of every database.
        options = (
            f"-c fsync={'on' if self._durable else 'off'} -c listen_addresses='' "
            f"-c unix_socket_directories='{self._directory}' -c max_connections=200"
        )
        _as_postgres(
            self._programs / "pg_ctl",
            "start",
            "-w",
            "-D",
            self._directory / "data",
            "-l",
            self._directory / "log",
            "-o",
            options,
        )

    def stop(self) -> None:
        """Stop at once, as a crash would."""
        _as_postgres(self._programs / "pg_ctl", "stop", "-w", "-m", "immediate", "-D", self._directory / "data")

    def _address(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._directory}"


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """A server that lives as long as the block; `durable` waits for the disk, as one does that is not for tests."""
    programs = binaries()
    assert programs is not None
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        directory = Path(name)
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(directory, owner.pw_uid, owner.pw_gid)
        _as_postgres(
            programs / "initdb", "-D", directory / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        running = Server(programs, directory, durable)
        running.start()
        try:
            yield running
        finally:
            running.stop()


def _as_postgres(*command: Path | str) -> None:
    # The server refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    subprocess.run(
        list(map(str, command)), check=True, user=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
