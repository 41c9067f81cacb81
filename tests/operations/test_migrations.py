"""The schema of a workspace: new ones get the present number, others are refused in one sentence, steps are taken in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdp.app.migrations.ladder import LADDER, Step, migrate, require_current
from cdp.app.migrations.version import read_version, write_version
from cdp.errors import WorkspaceError
from tests.operations.shop import open_shop
from tests.processes.running import command

NOW = LADDER[-1].to


def old_workspace(tmp_path: Path) -> Path:
    """A workspace from before schemas were numbered."""
    with open_shop(tmp_path) as shop:
        shop.settle()
    (tmp_path / "data" / "version").unlink()
    return tmp_path


def ladder(marks: Path, broken: int = 0) -> tuple[Step, ...]:
    """Three steps that write down that they were taken; `broken` stops half-way."""

    def work(number: int):
        def mark(data: Path) -> None:
            with marks.open("a") as file:
                file.write(f"{number}")
            if number == broken:
                raise OSError("killed half-way")

        return mark

    return tuple(Step(n, f"step {n}", work(n)) for n in (1, 2, 3))


def test_a_new_workspace_gets_the_present_number(tmp_path: Path) -> None:
    with open_shop(tmp_path):
        assert read_version(tmp_path / "data") == NOW
    assert (tmp_path / "data" / "version").read_text() == f"linli-cdp {NOW}\n"


def test_an_old_one_is_refused_until_it_is_migrated(tmp_path: Path) -> None:
    old_workspace(tmp_path)
    refused = command("status", workspace=tmp_path, check=False)
    assert refused.returncode == 2
    assert f"run `cdp migrate --workspace {tmp_path}`" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert "schema gets its number" in command("migrate", workspace=tmp_path).stdout
    assert command("status", workspace=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("version", "says"),
    [
        (f"linli-cdp {NOW + 1}\n", "use the newer version"),
        ("other-product 1\n", "choose another directory"),
        ("", "choose"),
    ],
)
def test_newer_and_foreign_directories_are_refused_and_left_alone(tmp_path: Path, version: str, says: str) -> None:
    (tmp_path / "version").write_text(version)
    with pytest.raises(WorkspaceError, match=says) as refused:
        require_current(tmp_path)
    assert "\n" not in str(refused.value)
    with pytest.raises(WorkspaceError, match=says):
        migrate(tmp_path)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("version", version)]


def test_a_directory_with_another_programs_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_text("")
    with pytest.raises(WorkspaceError, match=r"files of another program \(shop.db\): choose another directory"):
        require_current(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["shop.db"]


def test_files_to_be_taken_in_make_no_directory_foreign(tmp_path: Path) -> None:
    for name in ("history.jsonl", "server.log", "lock", "vault.key"):
        (tmp_path / name).write_text("")
    require_current(tmp_path)
    assert read_version(tmp_path) == NOW


@pytest.mark.parametrize(("found", "taken"), [(0, "123"), (1, "23"), (2, "3"), (3, "")])
def test_the_missing_steps_are_taken_in_order(tmp_path: Path, found: int, taken: str) -> None:
    data, marks = tmp_path / "data", tmp_path / "marks"
    data.mkdir()
    marks.touch()
    write_version(data, found)
    assert [str(step.to) for step in migrate(data, ladder(marks))] == list(taken)
    assert marks.read_text() == taken
    assert read_version(data) == 3
    require_current(data, ladder(marks))


def test_a_step_cut_short_is_taken_again_and_those_before_it_are_not(tmp_path: Path) -> None:
    data, marks = tmp_path / "data", tmp_path / "marks"
    data.mkdir()
    write_version(data, 0)
    with pytest.raises(OSError, match="killed"):
        migrate(data, ladder(marks, broken=2))
    assert read_version(data) == 1
    migrate(data, ladder(marks))
    assert marks.read_text() == "1223"


def test_the_steps_of_the_product_lead_from_nothing_to_the_present_without_a_gap() -> None:
    assert [step.to for step in LADDER] == list(range(1, len(LADDER) + 1))
