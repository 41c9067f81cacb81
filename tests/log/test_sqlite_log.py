"""The contract of a log, over SQLite in a file and in memory."""

from __future__ import annotations

import pytest

from tests.log.contract import DurableLogContract, EventLogContract


class TestLogInAFile(DurableLogContract):
    @pytest.fixture
    def place(self, tmp_path):
        return str(tmp_path / "log.sqlite")


class TestLogInMemory(EventLogContract):
    @pytest.fixture
    def place(self):
        return ":memory:"
