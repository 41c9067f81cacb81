"""Who holds a workspace, and where its server answers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cdp.app.cli.call import opened
from cdp.app.workspace import (
    Hold,
    definition_files,
    is_held,
    read_definition_files,
    read_run_info,
    server_of,
    write_run_info,
)
from cdp.errors import DefinitionError, WorkspaceError
from tests.processes.running import Server, command, until


def note_of_a_dead_one(data: Path) -> None:
    """What a server leaves that was killed."""
    write_run_info(data, "http://127.0.0.1:8420")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    note = data / "run.json"
    note.write_text(note.read_text().replace(str(os.getpid()), str(gone.pid)))


def test_a_second_process_is_told_who_holds_the_workspace(tmp_path: Path) -> None:
    hold = Hold(tmp_path / "data")
    info = write_run_info(tmp_path / "data", "http://127.0.0.1:8420")
    with pytest.raises(WorkspaceError, match=rf"held by the server with pid {os.getpid()} at http://127.0.0.1:8420"):
        Hold(tmp_path / "data")
    assert read_run_info(tmp_path / "data") == info
    hold.release()


def test_the_note_of_a_server_that_died_is_not_believed(tmp_path: Path) -> None:
    hold = Hold(tmp_path / "data")
    write_run_info(tmp_path / "data", "http://127.0.0.1:8420")
    hold.release()
    assert not is_held(tmp_path / "data")
    assert read_run_info(tmp_path / "data") is None


def test_the_note_of_a_server_that_died_names_nobody(tmp_path: Path) -> None:
    hold = Hold(tmp_path / "data")
    note_of_a_dead_one(tmp_path / "data")
    with pytest.raises(WorkspaceError, match=r"is held by another command; stop it first"):
        Hold(tmp_path / "data")
    hold.release()


def test_a_hold_of_a_moment_is_waited_for(tmp_path: Path) -> None:
    first = Hold(tmp_path / "data")
    soon = threading.Timer(0.1, first.release)
    soon.start()
    Hold(tmp_path / "data").release()
    soon.join()


def test_a_server_that_is_coming_up_is_waited_for(tmp_path: Path) -> None:
    hold = Hold(tmp_path / "data")
    note_of_a_dead_one(tmp_path / "data")
    soon = threading.Timer(0.1, write_run_info, (tmp_path / "data", "http://127.0.0.1:8420"))
    soon.start()
    found = server_of(tmp_path / "data")
    soon.join()
    assert found == read_run_info(tmp_path / "data")
    assert found is not None
    assert found.pid == os.getpid()
    hold.release()


def test_a_workspace_that_is_free_or_held_by_a_silent_process_has_no_server(tmp_path: Path) -> None:
    assert server_of(tmp_path / "data") is None
    hold = Hold(tmp_path / "data")
    assert server_of(tmp_path / "data", patience=0.1) is None
    note_of_a_dead_one(tmp_path / "data")
    assert server_of(tmp_path / "data", patience=0.1) is None
    soon = threading.Timer(0.1, hold.release)
    soon.start()
    assert server_of(tmp_path / "data") is None
    soon.join()
    assert not is_held(tmp_path / "data")


def test_a_command_waits_for_the_server_that_was_just_started(tmp_path: Path) -> None:
    (tmp_path / "cdp.toml").write_text("")
    starting = threading.Thread(target=lambda: servers.append(Server(tmp_path)))
    servers: list[Server] = []
    starting.start()
    until(lambda: True if is_held(tmp_path / "data") else None)
    assert command("status", "--json", workspace=tmp_path).returncode == 0
    starting.join()
    servers[0].stop()


def test_a_server_that_stopped_leaves_no_note(tmp_path: Path) -> None:
    (tmp_path / "cdp.toml").write_text("")
    server = Server(tmp_path)
    assert (tmp_path / "data" / "run.json").exists()
    server.stop()
    assert not (tmp_path / "data" / "run.json").exists()


def test_the_token_is_for_the_owner_alone(tmp_path: Path) -> None:
    write_run_info(tmp_path, "http://127.0.0.1:1")
    assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o600


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a directory")
    with pytest.raises(WorkspaceError, match="cannot be written"):
        Hold(tmp_path / "data")


def test_definition_files_are_read_whole_and_others_left_alone(tmp_path: Path) -> None:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "a.yaml").write_text("journey: a\n")
    (tmp_path / "traits.yaml").write_text("x: 1\n")
    (tmp_path / "notes.yaml").write_text("x\n")
    assert definition_files(tmp_path) == {"journeys/a.yaml": "journey: a\n", "traits.yaml": "x: 1\n"}


def test_what_a_command_writes_into_a_workspace_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        (tmp_path / "cdp.toml").write_text("", encoding="utf-8")
        with opened(tmp_path):
            written = [tmp_path / "data", *(tmp_path / "data").rglob("*")]
    finally:
        os.umask(before)
    assert (tmp_path / "data" / "log.sqlite") in written
    assert {path.name for path in written if path.exists() and path.stat().st_mode & 0o077} == set()


def test_definition_files_that_cannot_be_read_are_all_named(tmp_path: Path) -> None:
    (tmp_path / "journeys" / "b.yaml").mkdir(parents=True)
    (tmp_path / "journeys" / "a.yaml").write_bytes("journey: a\nname: 老王\n".encode("gb18030"))
    (tmp_path / "tags.yaml").mkdir()
    (tmp_path / "traits.yaml").write_text("x: 1\n")
    with pytest.raises(DefinitionError) as told:
        definition_files(tmp_path)
    assert [(p.file, p.line) for p in told.value.problems] == [
        ("journeys/a.yaml", 2),
        ("journeys/b.yaml", 0),
        ("tags.yaml", 0),
    ]
    files, problems = read_definition_files(tmp_path)
    assert (list(files), tuple(problems)) == (["traits.yaml"], told.value.problems)
