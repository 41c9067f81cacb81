"""`cdp doctor` looks into every file, and whether they belong together."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from typer.testing import CliRunner

from cdp.app.cli.main import app
from tests.operations.shop import CONTROL, DOOMED, live_through, open_shop


def run(workspace: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["doctor", *arguments, "--workspace", str(workspace)])
    return result.exit_code, result.stdout


def test_a_workspace_that_is_whole_is_well(tmp_path: Path) -> None:
    with open_shop(tmp_path) as shop:
        live_through(shop, CONTROL)
        found = shop.ask("doctor")
    assert found == {"problems": [], "checked": ["log", "vault", "inbox", "numbers", "stages", "channels"]}
    assert run(tmp_path) == (0, "all is well\n")


def test_damage_in_any_file_is_told(tmp_path: Path) -> None:
    with open_shop(tmp_path) as shop:
        live_through(shop, CONTROL)
    for name, statement in (
        ("log", "DELETE FROM stored_events WHERE rowid = 3"),
        ("vault", "UPDATE identifiers SET sealed = zeroblob(60) WHERE surrogate = 1"),
        ("inbox", "INSERT INTO items (raw_id, n, outcome) VALUES (999, 0, 'failed')"),
    ):
        with closing(sqlite3.connect(tmp_path / "data" / f"{name}.sqlite")) as connection, connection:
            connection.execute(statement)
    code, told = run(tmp_path)
    assert code == 1
    for words in (
        "1 positions are missing", "vault: 1 identifiers do not open", "inbox: 1 rows belong to a body that is not there"
    ):  # fmt: skip
        assert words in told


def test_a_vault_that_is_older_than_the_log_is_told_and_mended(tmp_path: Path) -> None:
    """As when the vault alone was lost and put back from a copy: new people must not get numbers of others."""
    with open_shop(tmp_path) as shop:
        live_through(shop, CONTROL)
    data = tmp_path / "data"
    shutil.copy(data / "vault.sqlite", tmp_path / "copy.sqlite")
    with open_shop(tmp_path) as shop:
        live_through(shop, DOOMED)
        known, texts = shop.system.vault.last_numbers()
    shutil.copy(tmp_path / "copy.sqlite", data / "vault.sqlite")

    code, told = run(tmp_path)
    assert code == 1
    assert f"the log knows {known} (texts {texts})" in told
    assert run(tmp_path, "--mend") == (0, "all is well\n")
    with open_shop(tmp_path) as shop:
        assert shop.system.vault.last_numbers() == (known, texts)
        who = [{"type": "phone", "value": "15900000000"}]
        event = {
            "id": "new",
            "source": "site",
            "type": "person.profile_changed",
            "occurred_at": "2026-06-19T19:00:00+08:00",
        }
        shop.post({**event, "who": who, "data": {"nickname": "新邻居"}})
        assert shop.ask("person.find", identifier="phone:15900000000", reveal=True)["profile"] == {"nickname": "新邻居"}
