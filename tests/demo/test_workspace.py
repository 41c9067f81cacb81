"""The demo's workspace and the playbooks: settings load, definitions pass the check, taken directories are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdp.app.configure import recorded_settings
from cdp.app.demo.story.acts import Story
from cdp.app.demo.template import HISTORY, Addresses, write_workspace
from cdp.app.playbooks import PLAYBOOKS, init_workspace
from cdp.app.settings import Settings, load
from cdp.app.workspace import definition_files
from cdp.errors import UsageError, WorkspaceError
from connectors.registry import connector
from journeys.check import check

STORY = Story(
    seed=1, opening=1_781_344_800_000_000, history=({"id": "1"},), evening=(), after=(), contacts=(), neighbours=0
)


def demo_workspace(directory: Path) -> Settings:
    write_workspace(directory, STORY, Addresses(8420, 8421))
    return load(directory)


def problems(settings: Settings) -> list[object]:
    return list(check(definition_files(settings.directory), recorded_settings(settings)))


def test_the_demo_workspace_loads_with_a_driven_clock_that_starts_when_the_history_ends(tmp_path: Path):
    settings = demo_workspace(tmp_path / "shop")
    assert settings.workspace.clock == "driven"
    assert settings.workspace.clock_start == "2026-06-13T10:00:00Z"
    assert settings.workspace.demo
    assert (tmp_path / "shop" / HISTORY).read_text() == '{"id":"1"}\n'


def test_the_demo_workspace_has_no_blank_left_to_fill(tmp_path: Path):
    demo_workspace(tmp_path)
    assert "$" not in (tmp_path / "cdp.toml").read_text()


def test_the_demo_accounts_satisfy_their_connectors(tmp_path: Path):
    settings = demo_workspace(tmp_path)
    for kind, accounts in settings.connectors.items():
        for name, options in accounts.items():
            assert connector(kind, name, options, lambda content: content[:16]).kind == kind


def test_the_journeys_of_the_demo_pass_the_check(tmp_path: Path):
    settings = demo_workspace(tmp_path)
    assert sorted(f for f in definition_files(tmp_path) if f.startswith("journeys/")) == [
        "journeys/duanwu-welcome.yaml",
        "journeys/vip-invitation.yaml",
        "journeys/zongzi-serving.yaml",
    ]
    assert problems(settings) == []


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_playbook_loads_and_its_journeys_pass_the_check(playbook: str, tmp_path: Path):
    written = init_workspace(tmp_path / playbook, playbook)
    names = {str(path.relative_to(tmp_path / playbook)) for path in written}
    assert {"cdp.toml", "traits.yaml", "journeys/welcome.yaml"} <= names
    assert problems(load(tmp_path / playbook)) == []


def test_an_unknown_playbook_is_refused_by_name(tmp_path: Path):
    with pytest.raises(UsageError, match="there are fresh, bakery, baby"):
        init_workspace(tmp_path / "shop", "pharmacy")


def test_a_directory_that_is_not_empty_is_refused_and_left_as_it_was(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(WorkspaceError, match="is not empty"):
        init_workspace(tmp_path)
    with pytest.raises(WorkspaceError, match="is not empty"):
        write_workspace(tmp_path, STORY, Addresses(1, 2))
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_path_that_is_a_file_is_refused_in_one_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="choose another directory") as refused:
        init_workspace(tmp_path / "file")
    assert "\n" not in str(refused.value)
