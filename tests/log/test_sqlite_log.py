"""The contract of a log, over SQLite in a file and in memory."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from cdp.log import sqlite_keys
from tests.log.contract import EventLogContract, SharedLogContract
from tests.log.moving import MovableLogContract


class TestLogInAFile(SharedLogContract, MovableLogContract):
    @pytest.fixture
    def place(self, tmp_path):
        return str(tmp_path / "log.sqlite")

    def lose(self, place, position):
        with closing(sqlite3.connect(place)) as connection, connection:
            connection.execute("DELETE FROM stored_events WHERE rowid = ?", (position,))


class TestLogInMemory(EventLogContract):
    @pytest.fixture
    def place(self):
        return ":memory:"


class TestLogThatSettlesItsKeysOften(TestLogInAFile):
    @pytest.fixture(autouse=True)
    def few_fresh_keys(self, monkeypatch):
        monkeypatch.setattr(sqlite_keys, "FRESH_MOST", 3)
