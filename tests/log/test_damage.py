"""Files that are not a log of ours are refused with a sentence that says what to do."""

from __future__ import annotations

import os
import shutil
import sqlite3

import pytest

from cdp.errors import LogDamaged, LogError
from cdp.log import open_log, sqlite_keys
from cdp.testing import event, fixed_clock


def test_a_file_of_another_program_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "log.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(LogDamaged, match="belongs to another program: choose another directory"):
        open_log(path, fixed_clock())
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "log.sqlite"
    path.write_bytes(b"this is a shopping list\n" * 100)
    with pytest.raises(LogDamaged, match="restore it from a backup"):
        open_log(path, fixed_clock())


@pytest.mark.parametrize(("version", "age"), [(99, "a newer"), (0, "an older")])
def test_a_log_of_another_schema_is_refused(tmp_path, version, age):
    path = tmp_path / "log.sqlite"
    open_log(path, fixed_clock()).close()
    with sqlite3.connect(path) as file:
        file.execute(f"PRAGMA user_version={version}")
    file.close()
    with pytest.raises(LogDamaged, match=f"written by {age} version"):
        open_log(path, fixed_clock())


def test_a_directory_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LogError, match="unable to open database file"):
        open_log(tmp_path / "nowhere" / "log.sqlite", fixed_clock())


def test_an_empty_file_becomes_a_log(tmp_path):
    path = tmp_path / "log.sqlite"
    path.touch()
    with open_log(path, fixed_clock()) as log:
        assert log.append([event()])[0].position == 1


def test_an_address_that_is_no_path_is_refused():
    with pytest.raises(LogError, match="mysql:// is not supported"):
        open_log("mysql://localhost/log", fixed_clock())


def test_check_names_what_is_missing(tmp_path):
    path = tmp_path / "log.sqlite"
    with open_log(path, fixed_clock()) as log:
        log.append([event(id=f"e{n}") for n in range(10)])
        log.decide([], follower="journeys", position=10)
    with sqlite3.connect(path) as file:
        file.execute("DELETE FROM stored_events WHERE rowid IN (4, 10)")
    file.close()
    with open_log(path, fixed_clock()) as log:
        wrong = log.check()
    assert wrong == [
        "1 positions are missing",
        "1 streams have a gap in their versions",
        "1 followers are ahead of the log",
        "2 keys point to an event that is not there or has another key",
    ]


@pytest.mark.parametrize(
    ("harm", "wrong"),
    [
        ("DELETE FROM event_keys WHERE position = 2", "1 events have no key"),
        ("DELETE FROM key_segments", "2 events have no key"),
        ("UPDATE event_keys SET position = 1", "3 events have no key"),
        ("DELETE FROM key_runs", "4 keys stand twice"),
        (
            "UPDATE event_keys SET digest = (SELECT digest FROM event_keys LIMIT 1), run = position",
            "3 keys stand twice",
        ),
    ],
)
def test_check_finds_what_is_wrong_with_the_keys(tmp_path, monkeypatch, harm, wrong):
    path = tmp_path / "log.sqlite"
    monkeypatch.setattr(sqlite_keys, "FRESH_MOST", 4)
    with open_log(path, fixed_clock()) as log:
        for number in range(4):
            log.append([event(id=f"e{number}")])
        monkeypatch.setattr(sqlite_keys, "FRESH_MOST", 2)
        log.append([event(id="e4"), event(id="e5")])
        assert log.check() == []
    with sqlite3.connect(path) as file:
        file.execute(harm)
    file.close()
    with open_log(path, fixed_clock()) as log:
        assert wrong in log.check()


def test_a_page_that_was_overwritten_is_noticed(tmp_path):
    path = tmp_path / "log.sqlite"
    with open_log(path, fixed_clock()) as log:
        log.append([event(data={"padding": "x" * 500}) for _ in range(400)])
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\xff" * 8192)
    with open_log(path, fixed_clock()) as log:
        assert log.check() != []
        with pytest.raises(LogDamaged, match="restore a backup"):
            log.read(0, 1000)


@pytest.mark.parametrize("harm", ["cut", "garbled"])
def test_a_broken_end_of_the_write_ahead_log_leaves_whole_appends_only(tmp_path, harm):
    path, copy = tmp_path / "log.sqlite", tmp_path / "copy.sqlite"
    with open_log(path, fixed_clock()) as log:
        for number in range(20):
            log.append([event(id=f"{number}.{part}") for part in range(3)])
        shutil.copy(path, copy)
        wal = (tmp_path / "log.sqlite-wal").read_bytes()
    broken = wal[:-1000] if harm == "cut" else wal[:-1000] + b"\xa5" * 1000
    (tmp_path / "copy.sqlite-wal").write_bytes(broken)
    with open_log(copy, fixed_clock()) as log:
        assert log.check() == []
        assert [e.id for e in log.read(0)] == [
            f"{number}.{part}" for number in range(log.head() // 3) for part in range(3)
        ]
        assert 0 < log.head() < 60
        assert log.append([event()])[0].position == log.head()


def test_the_file_is_durable_and_overwrites_what_is_deleted(tmp_path):
    with open_log(tmp_path / "log.sqlite", fixed_clock()) as log:
        log.append([event()])
        with log.factory.datastore.transaction(commit=True) as c:
            settings = {
                name: c.sqlite_cursor.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("synchronous", "secure_delete", "journal_mode")
            }
    assert settings == {"synchronous": 2, "secure_delete": 1, "journal_mode": "wal"}


def test_a_full_disk_refuses_the_append_whole_and_later_ones_go_on(tmp_path):
    with open_log(tmp_path / "log.sqlite", fixed_clock()) as log:
        log.append([event()])
        _limit_pages(log, 40)
        with pytest.raises(LogError, match="free disk space"):
            log.append([event(data={"padding": "x" * 900}) for _ in range(500)])
        assert (log.head(), log.check()) == (1, [])
        _limit_pages(log, 1_000_000)
        assert [o.position for o in log.append([event(), event()])] == [2, 3]
        assert log.check() == []


def _limit_pages(log, pages):
    with log.factory.datastore.get_connection(commit=True) as connection:
        connection.cursor().execute(f"PRAGMA max_page_count={pages}")


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write everything")
    open_log(tmp_path / "log.sqlite", fixed_clock()).close()
    tmp_path.chmod(0o500)
    with pytest.raises(LogError, match="writable"), open_log(tmp_path / "log.sqlite", fixed_clock()) as log:
        log.append([event()])
