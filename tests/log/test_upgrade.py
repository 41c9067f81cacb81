"""A log of an older schema is refused until it is brought up to date, and then knows every key it knew."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cdp.errors import LogDamaged
from cdp.log import open_log
from cdp.log.sqlite_keys import unpack
from cdp.log.sqlite_upgrade import keep_keys_in_runs
from cdp.testing import event, fixed_clock

GIVEN = [event(id=f"e{n}") for n in range(40)]
MARKS = [b"map1" + bytes([n]) * 12 for n in range(1, 41)]


def log_of_schema_2(path: Path) -> None:
    """Forty events; the keys of the lower half of the key space are settled, the others stand in segments."""
    with open_log(path, fixed_clock()) as log:
        log.append(GIVEN, MARKS)
    with sqlite3.connect(path) as file:
        ((first, packed),) = file.execute("SELECT first, packed FROM key_segments").fetchall()
        file.executescript(
            "DROP TABLE event_keys; DROP TABLE key_runs;"
            "CREATE TABLE event_keys (digest BLOB PRIMARY KEY, position INTEGER NOT NULL, fingerprint BLOB) WITHOUT ROWID;"
            "CREATE TABLE settled_slices (slice INTEGER PRIMARY KEY, position INTEGER NOT NULL);"
        )
        settled = [key for key in unpack(first, packed) if key[0][0] < 128]
        assert 0 < len(settled) < 40
        file.executemany("INSERT INTO event_keys VALUES (?,?,?)", settled)
        file.executemany("INSERT INTO settled_slices VALUES (?, 40)", [(n,) for n in range(8)])
        file.execute("PRAGMA user_version=2")
    file.close()


def test_every_key_is_known_afterwards(tmp_path):
    path = tmp_path / "log.sqlite"
    log_of_schema_2(path)
    with pytest.raises(LogDamaged, match="an older version"):
        open_log(path, fixed_clock())
    for _ in range(2):
        keep_keys_in_runs(path)
        with open_log(path, fixed_clock()) as log:
            assert log.check() == []
            assert {o.outcome for o in log.append(GIVEN, MARKS)} == {"duplicate"}
            assert {o.outcome for o in log.append(GIVEN, MARKS[::-1])} == {"conflict"}
            assert log.head() == 40


def test_an_empty_log_comes_along(tmp_path):
    path = tmp_path / "log.sqlite"
    with open_log(path, fixed_clock()):
        pass
    with sqlite3.connect(path) as file:
        file.executescript(
            "DROP TABLE key_runs; CREATE TABLE settled_slices (slice INTEGER PRIMARY KEY, position INTEGER NOT NULL);"
            "DROP TABLE event_keys;"
            "CREATE TABLE event_keys (digest BLOB PRIMARY KEY, position INTEGER NOT NULL, fingerprint BLOB) WITHOUT ROWID;"
            "PRAGMA user_version=2"
        )
    file.close()
    keep_keys_in_runs(path)
    with open_log(path, fixed_clock()) as log:
        assert log.check() == []
        assert log.append(GIVEN[:1])[0].outcome == "accepted"


def test_a_log_that_is_not_there_or_is_no_log_is_left_alone(tmp_path):
    keep_keys_in_runs(tmp_path / "none.sqlite")
    assert not (tmp_path / "none.sqlite").exists()
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as file:
        file.execute("CREATE TABLE event_keys (mine TEXT)")
        file.execute("PRAGMA user_version=2")
    file.close()
    keep_keys_in_runs(other)
    with sqlite3.connect(other) as file:
        assert file.execute("SELECT name FROM sqlite_master").fetchall() == [("event_keys",)]
    file.close()
