"""Backups of a log in PostgreSQL are drilled too, into a database, into a file, and out of one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("psycopg")

from cdp.app.operations.restore import restore
from cdp.app.settings import load
from cdp.errors import LogError, WorkspaceError
from tests.log.postgres import Server as Postgres
from tests.log.postgres import binaries, server
from tests.operations.shop import CONTROL, DOOMED, SETTINGS, live_through, open_shop
from tests.operations.test_backup import backed_up, meanwhile, visit
from tests.processes.running import command, serving

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(binaries() is None, reason="no PostgreSQL server under /usr/lib/postgresql"),
]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with server() as running:
        yield running


def on(directory: Path, url: str) -> Path:
    directory.mkdir()
    (directory / "cdp.toml").write_text(f'{SETTINGS}[log]\nurl = "{url}"\n', encoding="utf-8")
    (directory / "journeys").mkdir()
    return directory


def test_a_backup_made_while_events_come_in_restores_into_another_database_and_verifies(
    tmp_path: Path, postgres: Postgres
) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "cdp.toml").write_text(f'[log]\nurl = "{postgres.new_database()}"\n', encoding="utf-8")
    with serving(shop) as running:

        def bring(number: int) -> None:
            running.http.post("/v1/events", json=[visit(number)], timeout=30).raise_for_status()

        with meanwhile(bring):
            told = command("backup", str(tmp_path / "b.zip"), "--with-keys", "--json", workspace=shop)
    made, url = json.loads(told.stdout), postgres.new_database()
    again = restore(tmp_path / "b.zip", tmp_path / "again", log_url=url)

    assert again["position"] == again["tables"] - 1 == made["position"] > 10
    assert load(tmp_path / "again").log.url == url
    assert not (tmp_path / "again" / "data" / "log.sqlite").exists()
    with open_shop(tmp_path / "again") as restored:
        assert restored.ask("verify")["ok"]
        assert restored.ask("doctor")["problems"] == []
        assert restored.ask("outbox.list")["held"]
        facts = [e for e in restored.system.log.read(0, 100_000) if e.type == "person.profile_changed"]
        assert len(restored.system.vault.open([e.data["nickname"] for e in facts])) == len(facts) > 5
        assert restored.post(visit(1))["duplicate"] == 1


def test_a_workspace_moves_from_a_file_into_a_database_and_back(tmp_path: Path, postgres: Postgres) -> None:
    with open_shop(tmp_path / "first") as shop:
        live_through(shop, CONTROL)
        live_through(shop, DOOMED)
        backed_up(shop, tmp_path / "first.zip", with_keys=True)
        before = shop.system.log.read(0, 10_000)
    restore(tmp_path / "first.zip", on(tmp_path / "second", postgres.new_database()))
    with open_shop(tmp_path / "second") as shop:
        assert shop.system.log.read(0, 10_000)[: len(before)] == before
        shop.ask("outbox.release")
        shop.ask("person.erase", person=shop.ask("person.find", identifier=f"phone:{DOOMED.phone}")["person_id"])
        backed_up(shop, tmp_path / "second.zip", with_keys=True)
        after = shop.system.log.read(0, 10_000)
    restore(tmp_path / "second.zip", tmp_path / "third")
    with open_shop(tmp_path / "third") as shop:
        assert shop.system.log.read(0, 10_000)[: len(after)] == after
        assert shop.ask("verify")["ok"]
        known = shop.ask("person.find", identifier=f"phone:{CONTROL.phone}", reveal=True)
        assert known["profile"]["name"] == CONTROL.texts()["name"]


def test_a_database_that_holds_a_log_is_left_alone(tmp_path: Path, postgres: Postgres) -> None:
    with open_shop(on(tmp_path / "shop", postgres.new_database())) as shop:
        live_through(shop, CONTROL)
        backed_up(shop, tmp_path / "b.zip", with_keys=True)
        shop.post(visit(1), visit(2), visit(3))
        head = shop.system.log.head()
    url = load(tmp_path / "shop").log.url
    with pytest.raises(LogError, match=f"the log holds {head} events already: give an empty database"):
        restore(tmp_path / "b.zip", tmp_path / "again", log_url=url)
    assert not (tmp_path / "again" / "data").exists()


def test_a_restore_that_was_cut_short_goes_on_in_the_database_that_it_had_filled(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_shop(tmp_path / "shop") as shop:
        live_through(shop, CONTROL)
        made = backed_up(shop, tmp_path / "b.zip", with_keys=True)
    url = postgres.new_database()

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("cdp.app.operations.restore.write_recorded", fails)
        with pytest.raises(WorkspaceError, match="No space left"):
            restore(tmp_path / "b.zip", tmp_path / "again", log_url=url)
    assert not (tmp_path / "again" / "data").exists()
    assert restore(tmp_path / "b.zip", tmp_path / "again", log_url=url)["tables"] == made["position"] + 1
    with open_shop(tmp_path / "again") as shop:
        assert shop.ask("verify")["ok"]


def test_without_a_database_that_answers_nothing_is_restored(tmp_path: Path) -> None:
    with open_shop(tmp_path / "shop") as shop:
        backed_up(shop, tmp_path / "b.zip", with_keys=True)
    with pytest.raises(LogError, match="no PostgreSQL answers for the log"):
        restore(tmp_path / "b.zip", tmp_path / "again", log_url="postgresql://nobody@127.0.0.1:1/nothing")
    assert not (tmp_path / "again" / "data").exists()
