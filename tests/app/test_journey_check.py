"""`cdp journey check`: every mistake of every file, whatever is wrong with the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdp.app.operations.definitions import check
from cdp.errors import SettingsError
from tests.processes.running import command


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with one mistake in each of its files."""
    (tmp_path / "cdp.toml").write_text('[server]\nport = "many"\n[workspace]\ntimezone = "Asia/Nowhere"\n')
    (tmp_path / "journeys" / "folder.yaml").mkdir(parents=True)
    (tmp_path / "journeys" / "a.yaml").write_text("journey: a\nentry: {event: order.payed}\nsteps: [{leave: done}]\n")
    (tmp_path / "journeys" / "b.yaml").write_bytes("# 注意\njourney: b\n".encode("gb18030"))
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "campaigns" / "c.yaml").write_text("a: 1\nb: [}\n")
    (tmp_path / "tags.yaml").write_text("- vip\n")
    (tmp_path / "traits.yaml").write_text("spent: {agg: total, event: order.paid}\n")
    return tmp_path


def test_mistakes_of_all_files_are_told_in_one_go(workspace: Path) -> None:
    assert [(p["file"], p["line"]) for p in check(workspace)["problems"]] == [
        ("campaigns/c.yaml", 2),
        ("cdp.toml", 2),
        ("cdp.toml", 4),
        ("journeys/a.yaml", 2),
        ("journeys/b.yaml", 1),
        ("journeys/folder.yaml", 0),
        ("tags.yaml", 1),
        ("traits.yaml", 1),
    ]


def test_settings_that_are_not_toml_hide_nothing(workspace: Path) -> None:
    (workspace / "cdp.toml").write_text("[workspace\n")
    problems = check(workspace)["problems"]
    assert len(problems) == 7
    [toml] = [p for p in problems if p["file"] == "cdp.toml"]
    assert "is not TOML" in toml["message"]


def test_a_directory_without_settings_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is no workspace"):
        check(tmp_path)


def test_the_command_prints_them_and_says_no(workspace: Path) -> None:
    done = command("journey", "check", workspace=workspace, check=False)
    assert done.returncode == 1
    assert done.stderr == ""
    assert [line.partition(": ")[0] for line in done.stdout.splitlines()][:2] == ["campaigns/c.yaml:2", "cdp.toml:2"]


def test_what_needs_the_files_ends_with_all_that_cannot_be_read(workspace: Path) -> None:
    (workspace / "cdp.toml").write_text("")
    done = command("status", workspace=workspace, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "journeys/b.yaml:1: " in done.stderr
    assert "journeys/folder.yaml: cannot be read" in done.stderr
