"""cdp.toml: every mistake at once, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cdp.app.cli.main import app
from cdp.app.configure import recorded_settings
from cdp.app.operations.recorded import as_toml
from cdp.app.settings import load
from cdp.errors import SettingsError


def write(directory: Path, text: str) -> Path:
    (directory / "cdp.toml").write_text(text, encoding="utf-8")
    return directory


def test_an_empty_file_gives_the_documented_defaults(tmp_path: Path) -> None:
    settings = load(write(tmp_path, ""))
    assert settings.workspace.timezone == "Asia/Shanghai"
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8420)
    assert settings.gates.quiet == "21:30-08:30"
    assert settings.data == tmp_path / "data"


def test_all_mistakes_are_named_at_once_with_their_lines(tmp_path: Path) -> None:
    text = '[workspace]\nname = 5\ncolour = "red"\n\n[server]\nport = 99999\n\n[shop]\nx = 1\n'
    with pytest.raises(SettingsError) as error:
        load(write(tmp_path, text))
    assert [(p.line, p.path) for p in error.value.problems] == [
        (2, "workspace.name"),
        (3, "workspace.colour"),
        (6, "server.port"),
        (8, "shop"),
    ]


def test_a_missing_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cdp init"):
        load(tmp_path)


def test_text_that_is_not_toml_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not TOML"):
        load(write(tmp_path, "[workspace\n"))


def test_secrets_may_come_from_the_environment(tmp_path: Path) -> None:
    text = '[connectors.wecom.main]\nsecret = "env:WECOM_SECRET"\n'
    settings = load(write(tmp_path, text), environment={"WECOM_SECRET": "s3cret"})
    assert settings.connectors["wecom"]["main"]["secret"] == "s3cret"
    with pytest.raises(SettingsError, match="the environment has no WECOM_SECRET"):
        load(tmp_path, environment={})


def test_a_driven_clock_is_refused_beyond_loopback(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="driven clock"):
        load(write(tmp_path, '[workspace]\nclock = "driven"\n[server]\nhost = "0.0.0.0"\n'))


def test_an_unknown_time_zone_and_an_account_without_a_name_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        load(write(tmp_path, '[workspace]\ntimezone = "Asia/Atlantis"\n[connectors.youzan]\nclient_id = "x"\n'))
    assert [p.path for p in error.value.problems] == ["workspace.timezone", "connectors.youzan"]


def test_an_address_given_later_is_held_against_the_driven_clock_too(tmp_path: Path) -> None:
    settings = load(write(tmp_path, '[workspace]\nclock = "driven"\n'))
    assert settings.at("::1").server.host == "::1"
    with pytest.raises(SettingsError, match="driven clock"):
        settings.at("0.0.0.0")


def test_the_command_line_cannot_serve_a_driven_clock_beyond_loopback(tmp_path: Path) -> None:
    write(tmp_path, '[workspace]\nclock = "driven"\n')
    answer = CliRunner().invoke(app, ["serve", "--workspace", str(tmp_path), "--host", "0.0.0.0", "--port", "0"])
    assert isinstance(answer.exception, SettingsError)
    assert not (tmp_path / "data").exists()


def test_cut_points_that_do_not_rise_and_a_margin_that_is_none_are_named(tmp_path: Path) -> None:
    text = "[customers]\ngross_margin = 1.2\n[rfm]\nrecency_days = [7, 7, 30, 60]\nfrequency = [1, 2, 3]\n"
    with pytest.raises(SettingsError) as error:
        load(write(tmp_path, text))
    assert [(p.line, p.path) for p in error.value.problems] == [
        (2, "customers.gross_margin"),
        (5, "rfm.frequency"),
        (4, "rfm.recency_days"),
    ]
    assert "must rise" in error.value.problems[-1].message


def test_what_tables_depend_on_is_recorded_and_can_be_read_back(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    text = '[customers]\ngross_margin = 0.35\n[rfm]\nmethod = "quartiles"\nmonetary_fen = [1, 2, 3, 4]\n'
    for given in (text, ""):
        settings = load(write(tmp_path, given))
        recorded = {name: recorded_settings(settings)[name] for name in ("customers", "rfm")}
        again = load(write(tmp_path / "again", as_toml(recorded)))
        assert (again.customers, again.rfm) == (settings.customers, settings.rfm)
    assert recorded["customers"] == {"least_support": 5}
