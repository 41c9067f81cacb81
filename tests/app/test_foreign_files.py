"""Files of `data/` that are damaged, somebody else's or gone: one sentence that says what to do, and nothing is changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cdp.app.settings import load
from cdp.app.system import build
from cdp.errors import WorkspaceError
from cdp.events.touchpoint import Identifier
from cdp.inbox.file import APPLICATION_ID, SCHEMA_VERSION
from cdp.inbox.store import Inbox
from cdp.ports import Callback

GARBAGE = b"this is not what you think it is\n" * 400
BODY = Callback("POST", {}, {}, b"<xml/>", 1)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace that was used and closed."""
    (tmp_path / "cdp.toml").write_text("[workspace]\n", encoding="utf-8")
    build(load(tmp_path)).close()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("inbox.sqlite", r"cannot be used as an inbox .*: restore it from a backup, or move it away"),
        ("keys.json", r"cannot be read as access keys .*: restore it from a backup, or delete it and make new keys"),
        ("projections.duckdb", r"cannot be opened as a table file .*: delete it and run `cdp rebuild`"),
        ("vault.sqlite", r"cannot be used as a vault .*: restore it from a backup"),
    ],
)
def test_a_file_that_is_garbage_is_named_with_what_to_do(workspace: Path, name: str, advice: str) -> None:
    for file in (workspace / "data").glob(f"{name}*"):
        file.unlink()
    (workspace / "data" / name).write_bytes(GARBAGE)
    with pytest.raises(WorkspaceError, match=advice) as told:
        build(load(workspace))
    assert "\n" not in str(told.value)
    assert str(workspace / "data" / name) in str(told.value)
    assert (workspace / "data" / name).read_bytes() == GARBAGE


@pytest.mark.parametrize("text", ["{}", "[1]", '[{"id": "a"}]', ""])
def test_a_file_of_keys_must_hold_keys(workspace: Path, text: str) -> None:
    (workspace / "data" / "keys.json").write_text(text)
    with pytest.raises(WorkspaceError, match="cannot be read as access keys"):
        build(load(workspace))


def test_after_the_advice_for_the_tables_the_workspace_opens(workspace: Path) -> None:
    tables = workspace / "data" / "projections.duckdb"
    tables.write_bytes(GARBAGE)
    with pytest.raises(WorkspaceError, match="delete it"):
        build(load(workspace))
    tables.unlink()
    build(load(workspace)).close()


def test_an_inbox_of_another_program_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "inbox.sqlite"
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE mail (subject TEXT)")
    before = file.read_bytes()
    with pytest.raises(WorkspaceError, match="belongs to another program: choose another directory"):
        Inbox(file)
    assert file.read_bytes() == before


def test_an_inbox_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "inbox.sqlite"
    Inbox(file).close()
    with closing(sqlite3.connect(file)) as newer:
        newer.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    with pytest.raises(WorkspaceError, match=f"has schema {SCHEMA_VERSION + 1}.*use the one that wrote it"):
        Inbox(file)


def test_an_inbox_from_before_inboxes_were_marked_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "inbox.sqlite"
    with closing(Inbox(file)) as inbox:
        inbox.store("wecom", "main", BODY)
    with closing(sqlite3.connect(file)) as unmarked:
        unmarked.execute("PRAGMA application_id=0")
        unmarked.execute("PRAGMA user_version=0")
    with closing(Inbox(file)) as inbox:
        assert [raw.callback.body for raw in inbox.pending(10)] == [BODY.body]
    with closing(sqlite3.connect(file)) as marked:
        assert marked.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert marked.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


@pytest.mark.parametrize("filled", ["vault.sqlite", "inbox.sqlite"])
@pytest.mark.parametrize("how", ["deleted", "empty"])
def test_a_log_that_is_gone_is_not_replaced_by_a_new_one(workspace: Path, filled: str, how: str) -> None:
    with closing(build(load(workspace))) as system:
        if filled == "vault.sqlite":
            system.vault.surrogates([Identifier(type="phone", value="13800000000")])
        else:
            system.inbox.store("wecom", "main", BODY)
    log = workspace / "data" / "log.sqlite"
    log.unlink()
    if how == "empty":
        log.touch()
    for _ in range(2):
        with pytest.raises(
            WorkspaceError, match=rf"log\.sqlite is missing, and {filled} .*: restore it .* with `cdp restore`"
        ):
            build(load(workspace))
    assert log.exists() == (how == "empty")


def test_a_log_is_begun_where_nothing_came_with_one(workspace: Path) -> None:
    (workspace / "data" / "log.sqlite").unlink()
    with closing(build(load(workspace))) as system:
        assert system.log.head() == 0
